import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { INTERVAL_ENDINGS, keyColumn, measureColumn } from '../plan/question-tree.ts';
import { Coins } from './coins.ts';
import { DiscreteGaussian, type RandomBits } from './discrete-gaussian.ts';
import { NoisyTree } from './noisy-tree.ts';
import { type Cell, type RawGroup, RawGroups } from './raw-groups.ts';
import { measureKind, type NoisyStatistic, noiseFacts, releasedCells } from './released-measure.ts';

declare const minted: unique symbol;

/** A column of a released table. */
export interface ReleaseColumn {
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'double' | 'boolean' | 'date' | 'timestamp';
}

/** Marks a release of threshold mode: exact, and not differentially private. */
export interface ThresholdNote {
  /** Persons of the groups that were withheld, rounded; `null` when there are none or too few to say. */
  readonly suppressedPersons: number | null;
}

/**
 * What leaves: noisy groups with their intervals, which only {@link protect} makes, or in threshold mode exact ones,
 * which only `protectThreshold` makes.
 */
export interface Release {
  readonly [minted]: 'Release';
  readonly columns: readonly ReleaseColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** `null` when the release is differentially private. */
  readonly threshold: ThresholdNote | null;
}

/**
 * Adds noise to every statistic and withholds groups below the threshold.
 *
 * Groups with public keys all get noise, whether the data has them or not, and the noisy count alone decides. Groups
 * with protected keys must also have `minGroupSize` persons exactly: the engine returned no others, and the threshold
 * is above that by what the noise may add.
 */
export function protect(aggregate: PlannedAggregate, raw: RawGroups, bits: RandomBits): Release {
  const slices = protectInSlices(aggregate, raw, bits);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}

/** Draws between two pauses: about ten milliseconds, so that nobody else's call waits longer. */
const SLICE_DRAWS = 4_096;

/** The same with pauses, for a service that has other callers: goes on at each `next`. */
export function* protectInSlices(
  aggregate: PlannedAggregate,
  raw: RawGroups,
  bits: RandomBits,
): Generator<void, Release, void> {
  const rows: (readonly Cell[])[] = [];
  const facts = noiseFacts(aggregate);
  const noise = new Noise(aggregate, bits);
  for (const group of groupsToShow(aggregate, RawGroups.open(raw))) {
    if (noise.draws > SLICE_DRAWS) {
      noise.draws = 0;
      yield;
    }
    const noisy = group.statistics.map((exact, index) => noise.add(exact, index));
    if (noisySize(noisy) < aggregate.releaseThreshold) continue;
    rows.push([...group.keys, ...aggregate.measures.flatMap((m) => releasedCells(m, noisy, facts))]);
  }
  return { columns: releaseColumns(aggregate), rows, threshold: null } as unknown as Release;
}

/** Noise of the planned variances, and how much of it was drawn. */
class Noise {
  draws = 0;
  readonly #aggregate: PlannedAggregate;
  readonly #gaussians: readonly DiscreteGaussian[];

  constructor(aggregate: PlannedAggregate, bits: RandomBits) {
    const coins = new Coins(bits);
    this.#aggregate = aggregate;
    this.#gaussians = aggregate.noise.map((variance) => new DiscreteGaussian(variance, bits, coins));
  }

  /** A statistic with its noise; of a histogram, with what each node gets when it is looked at. */
  add(exact: RawGroup['statistics'][number], index: number): NoisyStatistic {
    if (typeof exact === 'bigint') return exact + this.#draw(index);
    const statistic = this.#aggregate.statistics[index];
    if (statistic?.kind !== 'histogram') throw new TypeError('a number came as a histogram');
    return new NoisyTree(exact, statistic.bins, () => this.#draw(index));
  }

  #draw(index: number): bigint {
    const gaussian = this.#gaussians[index];
    if (gaussian === undefined) throw new TypeError('a statistic has no noise');
    this.draws += 1;
    return gaussian.draw();
  }
}

/** The noisy number of persons, which alone decides whether a group shows. */
function noisySize(noisy: readonly NoisyStatistic[]): bigint {
  const [size] = noisy;
  if (typeof size !== 'bigint') throw new TypeError('a group has no number of persons');
  return size;
}

function groupsToShow(aggregate: PlannedAggregate, groups: readonly RawGroup[]): readonly RawGroup[] {
  if (aggregate.publicGroups === null) {
    const known = groups.filter(({ statistics: [size] }) => {
      return typeof size === 'bigint' && size >= BigInt(aggregate.minGroupSize);
    });
    // By key, as the engine's own order may depend on rows.
    return known
      .map((group) => ({ group, text: keyText(group.keys) }))
      .toSorted((a, b) => (a.text < b.text ? -1 : 1))
      .map(({ group }) => group);
  }
  const found = new Map(groups.map((g) => [keyText(g.keys), g]));
  const nothing = aggregate.statistics.map((s) => (s.kind === 'histogram' ? new Map<number, bigint>() : 0n));
  return aggregate.publicGroups.map((keys) => found.get(keyText(keys)) ?? { keys, statistics: nothing });
}

function keyText(keys: readonly Cell[]): string {
  return JSON.stringify(keys.map((k) => (typeof k === 'bigint' ? k.toString().padStart(20, '0') : k)));
}

/** The columns of a released table: keys, then each measure with the ends of its interval. */
export function releaseColumns(aggregate: PlannedAggregate): readonly ReleaseColumn[] {
  const keys = aggregate.keys.map((key, index): ReleaseColumn => {
    const { kind } = key.type;
    const isPlain = kind === 'integer' || kind === 'boolean' || kind === 'date' || kind === 'timestamp';
    return { name: keyColumn(index), kind: isPlain ? kind : 'text' };
  });
  const measures = aggregate.measures.flatMap((measure, index): ReleaseColumn[] => {
    const kind = measureKind(measure);
    const name = measureColumn(index);
    return ['', INTERVAL_ENDINGS.low, INTERVAL_ENDINGS.high].map((ending) => ({ name: name + ending, kind }));
  });
  return [...keys, ...measures];
}
