import { randomOf } from './seeded-random.ts';

/** How big the made-up market is: people of the platform, and the seed that everything follows from. */
export interface Market {
  readonly people: number;
  readonly seed: number;
}

/** What a member of the brand was sent before the sale. */
export type Arm = 'coupon' | 'gift' | 'control';

const givenNames = [
  'wei',
  'fang',
  'na',
  'min',
  'jing',
  'li',
  'qiang',
  'lei',
  'jun',
  'yang',
  'yan',
  'tao',
  'ming',
  'chao',
  'xia',
  'ping',
] as const;
const familyNames = [
  'wang',
  'li',
  'zhang',
  'liu',
  'chen',
  'yang',
  'zhao',
  'huang',
  'zhou',
  'wu',
  'xu',
  'sun',
  'hu',
  'zhu',
  'gao',
  'lin',
] as const;

// Of ten platform people three are members of the brand, and the brand has two more whom the platform does not know:
// half as many members as people, and of the members 60 % known to both.
const block = 10;
const sharedPerBlock = 3;
const outsidersPerBlock = 2;

/** The number of members the brand has, unusable addresses not counted. */
export function memberCount({ people }: Market): number {
  return Math.floor(people / block) * (sharedPerBlock + outsidersPerBlock);
}

/** Tells whether a platform person is a member of the brand as well. */
export function isMember(personIndex: number): boolean {
  return personIndex % block < sharedPerBlock;
}

/** The person behind the brand's n-th member: from 0 up to `people` known to the platform, from `people` on not. */
export function personOfMember({ people }: Market, memberIndex: number): number {
  const perBlock = sharedPerBlock + outsidersPerBlock;
  const blockIndex = Math.floor(memberIndex / perBlock);
  const place = memberIndex % perBlock;
  if (place < sharedPerBlock) return blockIndex * block + place;
  return people + blockIndex * outsidersPerBlock + (place - sharedPerBlock);
}

/** A person's address as the platform knows it: clean, unique, and of a domain that belongs to nobody. */
export function emailOf({ people, seed }: Market, personIndex: number): string {
  const random = randomOf(seed, 'name', personIndex);
  const domain = personIndex < people ? 'example.com' : 'example.net';
  return `${random.pick(givenNames)}.${random.pick(familyNames)}.${personIndex}@${domain}`;
}

/** What a member was sent, by lot. */
export function armOf({ seed }: Market, personIndex: number): Arm {
  return randomOf(seed, 'arm', personIndex).pick(['coupon', 'gift', 'control']);
}
