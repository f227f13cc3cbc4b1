import type { Cell } from '../protect/raw-groups.ts';
import type { RawThreshold, RawThresholdGroup, Share } from './raw-threshold-groups.ts';
import type { ThresholdAggregate } from './threshold-plan.ts';

/** A share as a ratio of whole numbers: a millionth is finer than any rule. */
const RATIO_PARTS = 1_000_000n;

/** Suppressed groups of one total, from which their sum says nothing of either. */
const FEWEST_SUPPRESSED_GROUPS = 2;

/**
 * Decides which groups may leave: those that pass every test by themselves, less those that would give away, by
 * subtraction from a total, one that does not.
 */
export function groupsThatPass(aggregate: ThresholdAggregate, raw: RawThreshold): readonly RawThresholdGroup[] {
  const keyCount = aggregate.keys.length;
  const near = new Set(raw.near.map(({ level, keys }) => partName(level, keyCount, keys)));
  const isNear = (group: RawThresholdGroup): boolean => near.has(partName(0, keyCount, group.keys));
  const withheld = new Set(raw.groups.filter((g) => isNear(g) || !passesAlone(aggregate, g)));
  const parts = partsOf(keyCount, raw.groups, near);
  // A group withheld for the sake of one total may lay another one open: until nothing changes any more.
  for (let isChanged = true; isChanged; ) {
    isChanged = parts.map((part) => completePart(aggregate, part, withheld)).includes(true);
  }
  return raw.groups.filter((g) => !withheld.has(g));
}

function passesAlone(aggregate: ThresholdAggregate, group: RawThresholdGroup): boolean {
  const fewest = BigInt(aggregate.minGroupSize);
  // Behind every number, not only behind the group: a FILTER of three persons is a group of three.
  if (!group.persons.every((persons) => persons >= fewest)) return false;
  if (group.inside !== null && group.inside < fewest) return false;
  return aggregate.statistics.every((statistic, index) => {
    if (statistic.kind === 'persons' || statistic.kind === 'persons-where') return true;
    return (group.shares[index] ?? []).every((share) => !isDominant(share, aggregate.threshold.dominanceRatio));
  });
}

function isDominant({ largest, whole }: Share, ratio: number): boolean {
  return largest * RATIO_PARTS > whole * BigInt(Math.floor(ratio * Number(RATIO_PARTS)));
}

/** The groups that make up one total, by size; the total need not have been asked for, as it can be asked any day. */
interface Part {
  readonly groups: readonly RawThresholdGroup[];
  /** The total itself differs from an earlier group in a few persons: it must not be summed up from this release. */
  readonly isTotalTooNear: boolean;
}

/** Every total along the keys: over all of them, and over some within each value of the others. */
function partsOf(keyCount: number, groups: readonly RawThresholdGroup[], near: ReadonlySet<string>): readonly Part[] {
  const levels = Array.from({ length: 2 ** keyCount - 1 }, (_, index) => index + 1);
  return levels.flatMap((level) =>
    [...Map.groupBy(groups, (g) => partName(level, keyCount, g.keys))].map(([name, members]) => ({
      groups: members.toSorted((a, b) => compareBySize(a, b)),
      isTotalTooNear: near.has(name),
    })),
  );
}

/** GROUPING writes a bit a key, the first key's the highest, and sets it where the key is added up. */
function partName(level: number, keyCount: number, keys: readonly Cell[]): string {
  const kept = keys.filter((_, index) => (level & (1 << (keyCount - 1 - index))) === 0);
  return `${level} ${keyText(kept)}`;
}

/** Withholds more of a part, the smallest first, until its suppressed groups hide each other; says whether it did. */
function completePart(aggregate: ThresholdAggregate, part: Part, withheld: Set<RawThresholdGroup>): boolean {
  let hidden = part.groups.filter((g) => withheld.has(g));
  if (hidden.length === 0 && !part.isTotalTooNear) return false;
  const before = withheld.size;
  for (const group of part.groups) {
    if (hideEachOther(aggregate, hidden)) break;
    if (withheld.has(group)) continue;
    withheld.add(group);
    hidden = [...hidden, group];
  }
  return withheld.size > before;
}

/** Whether suppressed groups, if their sum became known, would still hide each other. */
export function hideEachOther(aggregate: ThresholdAggregate, hidden: readonly RawThresholdGroup[]): boolean {
  return hidden.length >= FEWEST_SUPPRESSED_GROUPS && personsIn(hidden) >= BigInt(aggregate.minGroupSize);
}

/**
 * Whether all groups together differ from an earlier group in a few persons: then nothing may tell of what is hidden.
 */
export function isWholeTooNear(aggregate: ThresholdAggregate, raw: RawThreshold): boolean {
  const whole = 2 ** aggregate.keys.length - 1;
  return raw.near.some(({ level }) => level === whole);
}

/** Persons of some groups, each once a group. */
export function personsIn(groups: readonly RawThresholdGroup[]): bigint {
  return groups.reduce((sum, g) => sum + (g.persons[0] ?? 0n), 0n);
}

function compareBySize(a: RawThresholdGroup, b: RawThresholdGroup): number {
  const [x, y] = [a.persons[0] ?? 0n, b.persons[0] ?? 0n];
  if (x !== y) return x < y ? -1 : 1;
  return keyText(a.keys) < keyText(b.keys) ? -1 : 1;
}

/** Keys as one text, in which equal keys and only those are equal. */
export function keyText(keys: readonly Cell[]): string {
  return JSON.stringify(keys.map((k) => (typeof k === 'bigint' ? `n${k.toString().padStart(20, '0')}` : k)));
}
