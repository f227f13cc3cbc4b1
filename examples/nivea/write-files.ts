import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Need, needs, type Shopper } from './market.ts';
import { chanceOf } from './seeded-random.ts';

/** The two files that the story begins with. */
export interface Files {
  /** The platform's: who looks at what. */
  readonly shoppers: string;
  /** The brand's: who bought what, a row an order. */
  readonly orders: string;
}

/** The last day of the brand's file: rules count back from it, so that the story is the same in any year. */
export const LAST_DAY = '2026-10-31';
const DAY_MS = 86_400_000;
const DAYS_OF_ORDERS_COUNT = 365;
const LEAST_CENTS = 2_900;
const CENTS_OF_CHOICE = 20_000;

/** Writes the files of a market into a folder. */
export function writeFiles(folder: string, seed: number, shoppers: readonly Shopper[]): Files {
  const files = { shoppers: join(folder, 'shoppers.csv'), orders: join(folder, 'orders.csv') };
  const looks = shoppers.map(({ email, need, ageBand }) => `${email},${need ?? 'none'},${ageBand}`);
  writeFileSync(files.shoppers, `email,need,age_band\n${looks.join('\n')}\n`, { mode: 0o600 });
  const orders = shoppers.flatMap((shopper, person) => ordersOf(seed, shopper, person));
  writeFileSync(files.orders, `email,category,ordered_on,amount\n${orders.join('\n')}\n`, { mode: 0o600 });
  return files;
}

// The brand's own spelling: what both sides know as one person is written differently by each.
function ordersOf(seed: number, { email, orderCount, need }: Shopper, person: number): string[] {
  return Array.from({ length: orderCount }, (_, index) => {
    const chance = (topic: string): number => chanceOf(seed, `${topic} ${index}`, person);
    const day = new Date(Date.parse(LAST_DAY) - Math.floor(chance('day') * DAYS_OF_ORDERS_COUNT) * DAY_MS);
    const category: Need = need ?? needs[Math.floor(chance('category') * needs.length)] ?? 'cleansing';
    const cents = LEAST_CENTS + Math.floor(chance('amount') * CENTS_OF_CHOICE);
    return `${email.toUpperCase()},${category},${day.toISOString().slice(0, 10)},${(cents / 100).toFixed(2)}`;
  });
}
