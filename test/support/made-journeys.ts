// Made-up journeys: who saw what on which day and what they bought. What a measurement must say is counted from here.

/** An exposure: a person, a channel and a day of November 2024. */
export interface MadeTouch {
  readonly person: number;
  readonly channel: 'feed' | 'search' | 'mail';
  readonly day: number;
}

/** A purchase; the day counts from the first of November 2024. */
export interface MadePurchase {
  readonly person: number;
  readonly day: number;
  readonly amount: number;
}

const PERSONS = 2_400;
const CHANNELS = ['feed', 'search', 'mail'] as const;

// A mixing of bits (MurmurHash3's finaliser).
function mixed(person: number, salt: number): number {
  let bits = Math.imul(person ^ (salt * 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

const persons = Array.from({ length: PERSONS }, (_, person) => person);

/** One to four touches a person, each on a day of its own. */
export const touches: readonly MadeTouch[] = persons.flatMap((person) =>
  Array.from({ length: 1 + (mixed(person, 1) % 4) }, (_, index) => ({
    person,
    channel: CHANNELS[mixed(person, 10 + index) % CHANNELS.length] ?? 'feed',
    day: 1 + index * 4 + (mixed(person, 20 + index) % 4),
  })),
);

/** Of every two persons one buys, one to three times, some weeks apart. */
export const purchases: readonly MadePurchase[] = persons
  .filter((person) => mixed(person, 2) % 2 === 0)
  .flatMap((person) =>
    Array.from({ length: 1 + (mixed(person, 3) % 3) }, (_, index) => ({
      person,
      day: 8 + (mixed(person, 4) % 20) + index * 25,
      amount: 10 + (mixed(person, 30 + index) % 90),
    })),
  );

/** The n-th day from the first of November 2024, as in a file. */
export function dayText(day: number): string {
  return new Date(Date.UTC(2024, 10, day)).toISOString().slice(0, 10);
}

/** The platform's file of touches. */
export function touchesCsv(): string {
  const lines = touches.map((t) => `person${t.person}@example.com,${t.channel},${dayText(t.day)}`);
  return `email,channel,day\n${lines.join('\n')}\n`;
}

/** The brand's file of purchases. */
export function purchasesCsv(): string {
  const lines = purchases.map((p) => `person${p.person}@example.com,${dayText(p.day)},${p.amount}`);
  return `email,day,amount\n${lines.join('\n')}\n`;
}
