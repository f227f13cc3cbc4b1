// Made-up people whose tier at the brand is drawn anew from time to time: what an audience of a tier must hold at a
// destination follows from the numbers here, and from nothing that the service says.
import { createHash } from 'node:crypto';

/** Tiers that the brand knows. */
export const TIER_COUNT = 4;

/** The address of the person of a number, as normalised. */
export function emailOf(person: number): string {
  return `person${person}@example.com`;
}

/** The tier of somebody in a round; half of all have another one in the next. */
function tierOf(seed: number, round: number, person: number): number {
  return (createHash('sha256').update(`${seed} ${round} ${person}`).digest()[0] ?? 0) % TIER_COUNT;
}

/** The platform's file: everybody. */
export function shoppersCsv(count: number): string {
  return `email,city\n${everybody(count, (person) => `${emailOf(person)},hangzhou`)}`;
}

/** The brand's file in a round: everybody, with the tier. */
export function tiersCsv(seed: number, round: number, count: number): string {
  return `email,tier\n${everybody(count, (person) => `${emailOf(person)},${tierOf(seed, round, person)}`)}`;
}

/** Who is in the audience of a tier in a round. */
export function membersOf(seed: number, round: number, count: number, tier: number): readonly string[] {
  const people = Array.from({ length: count }, (_, person) => person);
  return people.filter((person) => tierOf(seed, round, person) === tier).map(emailOf);
}

function everybody(count: number, lineOf: (person: number) => string): string {
  return Array.from({ length: count }, (_, person) => `${lineOf(person)}\n`).join('');
}
