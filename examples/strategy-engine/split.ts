// The hold-out is drawn first, by a hash of its own, so that no change of the arms moves anybody into it or out of it.
// Among the arms it is weighted rendezvous: each draws a number for the person, and the lowest wins. So the split needs
// no memory, is the same on every machine, and a change of weights moves only as many persons as it must.
import { hash } from 'node:crypto';
import { HOLD_OUT, type Strategy } from './strategy.ts';

/** Bits of the hash that make a number between 0 and 1; a double holds no more. */
const DRAW_BITS = 52n;
const DRAW_RANGE = 2 ** Number(DRAW_BITS);

/**
 * The arm of a person in a strategy, or `hold-out`.
 *
 * Shape: arm i is drawn with probability (1 - holdOut) * weight_i / sum of weights, independently over strategies.
 * Source: Schindelhauer, Schomaker, "Weighted Distributed Hash Tables" (2005), the logarithmic method.
 */
export function drawArm({ name, holdOut, arms }: Strategy, token: Uint8Array): string {
  if (draw(name, HOLD_OUT, token) < holdOut) return HOLD_OUT;
  let winner = HOLD_OUT;
  let lowest = Number.POSITIVE_INFINITY;
  for (const arm of arms) {
    const drawn = -Math.log(draw(name, arm.name, token)) / arm.weight;
    if (drawn < lowest) [winner, lowest] = [arm.name, drawn];
  }
  return winner;
}

/** A number between 0 and 1 that strategy, arm and person determine. */
function draw(strategy: string, arm: string, token: Uint8Array): number {
  const names = JSON.stringify([strategy, arm]);
  const digest = hash('sha256', Buffer.concat([Buffer.from(names), token]), 'buffer');
  const bits = digest.readBigUInt64BE() >> (64n - DRAW_BITS);
  return (Number(bits) + 0.5) / DRAW_RANGE;
}
