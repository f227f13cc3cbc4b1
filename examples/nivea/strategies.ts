import { writeFileSync } from 'node:fs';
import { shopFront } from './cast.ts';
import { armShares, type Custom, type Need, segments } from './market.ts';

/** What everybody sees who is in no audience, and those of every audience who are held out. */
const usualContent = "This week's new arrivals";

const offers: Readonly<Record<Need, string>> = {
  cleansing: 'Clean gently: the micellar set',
  'oil-control': 'Matt through the day: the oil-control gel',
  toning: 'Fresh and even: the toner with vitamin C',
  moisturising: 'A day and a night of moisture: the blue tin and its lotion',
};
const greetings: Readonly<Record<Custom, Readonly<Record<'routine' | 'offer', string>>>> = {
  new: { routine: 'Three steps to begin with', offer: '20 percent off your first order' },
  returning: { routine: 'What goes well with what you have', offer: 'Two for the price of one, for you' },
};

/**
 * Writes what the strategy engine shows whom: a shop front for each audience, of two kinds, with a hold-out.
 *
 * Format: examples/strategy-engine, docs/strategy-engine.md.
 */
export function writeStrategies(path: string): void {
  const { routine, offer, 'hold-out': holdOut } = armShares;
  const strategies = segments.map(({ name, need, custom }) => {
    const { routine: steps, offer: price } = greetings[custom];
    const arms = [
      { name: 'routine', weight: routine, content: `${steps}. ${offers[need]}` },
      { name: 'offer', weight: offer, content: `${price}. ${offers[need]}` },
    ];
    return { name: `${name}-front`, audience: name, scenes: [shopFront], holdOut, arms };
  });
  writeFileSync(path, JSON.stringify({ scenes: { [shopFront]: { default: usualContent } }, strategies }, null, 2));
}
