// Made-up people, the same at every run: what a test expects is counted from them, and not from what the service says.

/** How a person reacted to a mailing, as the platform knows it. */
export interface Outcome {
  readonly email: string;
  readonly city: string;
  readonly visit: 0 | 1;
  /** Hundredths of the currency, as the file has two digits. */
  readonly spendCents: number;
}

/** Which mailing a person got, as the brand knows it. */
export interface Mailing {
  readonly email: string;
  readonly arm: 'mens' | 'womens' | 'control';
  readonly tier: number;
}

const PLATFORM_PEOPLE = 3_000;
const BRAND_FIRST_PERSON = 500;
const BRAND_PEOPLE = 3_000;
/** A city so small that it must never be seen. */
export const HAMLET = 'xiaocun';
const HAMLET_PEOPLE = 12;
const cities = ['hangzhou', 'suzhou', 'ningbo'] as const;
const arms = ['mens', 'womens', 'control'] as const;

/** The address of the person of a number, as normalised. */
export function emailOf(person: number): string {
  return `person${person}@example.com`;
}

// A mixing of bits (MurmurHash3's finaliser): even shares without a generator's state.
function mixed(person: number, salt: number): number {
  let bits = Math.imul(person ^ (salt * 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The platform's people. */
export const outcomes: readonly Outcome[] = Array.from({ length: PLATFORM_PEOPLE }, (_, person) => {
  const visit = mixed(person, 1) % 5 === 0 ? 1 : 0;
  const city = person < HAMLET_PEOPLE ? HAMLET : (cities[mixed(person, 2) % cities.length] ?? 'hangzhou');
  return { email: emailOf(person), city, visit, spendCents: visit === 1 ? mixed(person, 3) % 20_000 : 0 };
});

/** The brand's people; 2,500 of them are also the platform's. */
export const mailings: readonly Mailing[] = Array.from({ length: BRAND_PEOPLE }, (_, index) => {
  const person = BRAND_FIRST_PERSON + index;
  return { email: emailOf(person), arm: arms[mixed(person, 4) % arms.length] ?? 'control', tier: mixed(person, 5) % 4 };
});

/** A person that both sides know, with what each knows. */
export interface Matched {
  readonly outcome: Outcome;
  readonly mailing: Mailing;
}

/** The join of both on the person. */
export const matched: readonly Matched[] = mailings.flatMap((mailing) => {
  const outcome = outcomes.find(({ email }) => email === mailing.email);
  return outcome === undefined ? [] : [{ outcome, mailing }];
});

/** The platform's file. */
export function outcomesCsv(rows: readonly Outcome[] = outcomes): string {
  const lines = rows.map((o) => `${o.email},${o.city},${o.visit},${(o.spendCents / 100).toFixed(2)}`);
  return `email,city,visit,spend\n${lines.join('\n')}\n`;
}

/** The brand's file; addresses are written in every way people write them. */
export function mailingsCsv(rows: readonly Mailing[] = mailings): string {
  const lines = rows.map((m, index) => `${index % 3 === 0 ? m.email.toUpperCase() : m.email},${m.arm},${m.tier}`);
  return `email,arm,tier\n${lines.join('\n')}\n`;
}
