import {
  POINT_BYTES,
  PointList,
  pointOfDigest,
  randomPoint,
  scalarFor,
  sortPoints,
  times,
} from '../../../points/index.ts';
import { type MatchStep, MULTIPLES_COUNT } from '../../wire/matching.ts';

// The protocol, and why it is this one, is docs/decisions/0023. In short: each person is one point under a secret scalar,
// and stands there MULTIPLES_COUNT times, under secret multiples. The other side multiplies all points by a secret of its
// own and gives them back in another order. Whoever treats some of them otherwise, so that one person counts more than
// once, must find the multiples of one person among all points, which nobody can.

/** Points between two words on progress: a few tenths of a second. */
const STEP_POINTS_COUNT = 2_048;

/** The secret scalars of one session. */
class SessionScalars {
  /** Hides digests. */
  readonly hiding: Uint8Array;
  /** Make the further multiples of each point from its first. */
  readonly multipliers: readonly Uint8Array[];

  constructor(secret: Uint8Array) {
    this.hiding = scalarFor(secret, 'hiding');
    const indexes = Array.from({ length: MULTIPLES_COUNT - 1 }, (_, index) => index);
    this.multipliers = indexes.map((index) => scalarFor(secret, `multiplier ${index}`));
  }
}

/** Digests, no two alike. */
export interface DigestList {
  readonly count: number;
  at(index: number): Uint8Array;
}

/** What a hidden set is made of. */
export interface HiddenSetFacts {
  readonly secret: Uint8Array;
  readonly identifier: string;
  /** Points that are nobody's, beside those of the digests. */
  readonly padding: number;
  readonly onStep: (step: MatchStep) => void;
}

/** Hides digests among points that are nobody's: all of them with their multiples, in the order of their bytes. */
export function hideDigests(digests: DigestList, facts: HiddenSetFacts): Uint8Array {
  const { secret, identifier, padding, onStep } = facts;
  const { hiding, multipliers } = new SessionScalars(secret);
  const baseCount = digests.count + padding;
  const total = baseCount * MULTIPLES_COUNT;
  const points = new Uint8Array(total * POINT_BYTES);
  const steps = new Steps(total, onStep);
  for (let index = 0; index < baseCount; index += 1) {
    // Padding takes the same steps as persons: the time must tell their sum and no more.
    const own = index < digests.count ? pointOfDigest(digests.at(index), identifier) : randomPoint();
    const base = times(hiding, own);
    points.set(base, index * MULTIPLES_COUNT * POINT_BYTES);
    multipliers.forEach((multiplier, further) => {
      points.set(times(multiplier, base), (index * MULTIPLES_COUNT + 1 + further) * POINT_BYTES);
    });
    steps.add(MULTIPLES_COUNT);
  }
  return sortPoints(points);
}

/**
 * Counts the points of the other side's own set that are also persons of the hidden one.
 *
 * @throws {Error} for points that are none, that are twice there, or that were not all multiplied by one secret
 */
export function countHidden(
  raised: Uint8Array,
  own: Uint8Array,
  { secret, onStep }: Pick<HiddenSetFacts, 'secret' | 'onStep'>,
): number {
  const scalars = new SessionScalars(secret);
  const list = new PointList(raised);
  const theirs = new PointList(own);
  const steps = new Steps(list.count + theirs.count, onStep);
  const isBase = findBases(list, scalars, steps);
  let matches = 0;
  for (let index = 0; index < theirs.count; index += 1) {
    const place = list.indexOf(times(scalars.hiding, theirs.at(index)));
    if (place >= 0 && isBase[place] === 1) matches += 1;
    steps.add(1);
  }
  return matches;
}

/** Finds the first of each person's points, and holds every point to being a multiple of exactly one such. */
function findBases(list: PointList, { multipliers }: SessionScalars, steps: Steps): Uint8Array {
  const isBase = new Uint8Array(list.count);
  const isMultiple = new Uint8Array(list.count);
  const [first, ...others] = multipliers;
  if (first === undefined) throw new RangeError('a point has multiples');
  for (let index = 0; index < list.count; index += 1) {
    // What is a multiple of another point is not the first of its own.
    if (isMultiple[index] === 1) continue;
    const point = list.at(index);
    const next = list.indexOf(times(first, point));
    steps.add(1);
    if (next < 0) continue;
    isBase[index] = 1;
    for (const place of [next, ...others.map((multiplier) => list.indexOf(times(multiplier, point)))]) {
      if (place < 0 || isMultiple[place] === 1) throw new RangeError('points were not multiplied alike');
      isMultiple[place] = 1;
    }
  }
  const isPartitioned = isBase.every((base, index) => base + (isMultiple[index] as number) === 1);
  if (!isPartitioned) throw new RangeError('points were not multiplied alike');
  return isBase;
}

/** Says how far the work is, now and then. */
class Steps {
  readonly #total: number;
  readonly #onStep: (step: MatchStep) => void;
  #done = 0;
  #said = 0;

  constructor(total: number, onStep: (step: MatchStep) => void) {
    this.#total = total;
    this.#onStep = onStep;
    onStep({ done: 0, total });
  }

  add(count: number): void {
    this.#done += count;
    if (this.#done - this.#said < STEP_POINTS_COUNT) return;
    this.#said = this.#done;
    this.#onStep({ done: this.#done, total: this.#total });
  }
}
