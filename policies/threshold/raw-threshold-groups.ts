import type { Cell } from '../protect/raw-groups.ts';
import { toldColumns } from './print-threshold.ts';
import type { ThresholdAggregate } from './threshold-plan.ts';

declare const minted: unique symbol;

/** The largest part of a number that is one person's or one store's, and the whole, both in magnitude. */
export interface Share {
  readonly largest: bigint;
  readonly whole: bigint;
}

/** One group as counted, with all that decides whether it may leave: never to be seen. */
export interface RawThresholdGroup {
  readonly keys: readonly Cell[];
  readonly statistics: readonly bigint[];
  /** Persons who bring something to each statistic. */
  readonly persons: readonly bigint[];
  /** Of each statistic, the shares of the largest person and of the largest store by each store column. */
  readonly shares: readonly (readonly Share[])[];
  /** Fewest persons, but some, in whom two numbers of the group differ; `null` when they differ in none. */
  readonly inside: bigint | null;
}

/** A group or total that differs from one that left before in some persons, but in fewer than may be. */
export interface NearGroup {
  readonly keys: readonly Cell[];
  /** Which keys this is a total over, as GROUPING says it; 0 for a group as asked for. */
  readonly level: number;
}

/** What the engine has told of an aggregation. */
export interface RawThreshold {
  readonly groups: readonly RawThresholdGroup[];
  readonly near: readonly NearGroup[];
}

/**
 * Exact groups from the engine, with those that are too near to earlier ones, on their way to their suppression.
 *
 * They are held like `RawGroups`: turning them into text or JSON throws or shows nothing.
 */
export class RawThresholdGroups {
  declare readonly [minted]: 'RawThresholdGroups';
  readonly #raw: RawThreshold;

  private constructor(raw: RawThreshold) {
    this.#raw = raw;
  }

  /**
   * Reads the worker's rows against the plan they answer: those of `printThreshold`, and those of `printComparison`
   * with each earlier aggregation. A hostile engine may send anything of the right shape.
   */
  static read(
    aggregate: ThresholdAggregate,
    rows: readonly (readonly Cell[])[],
    comparisons: readonly (readonly (readonly Cell[])[])[],
  ): RawThresholdGroups {
    const names = toldColumns(aggregate).map((c) => c.name);
    return new RawThresholdGroups({
      groups: rows.map((row) => readGroup(aggregate, names, row)),
      near: comparisons.flat().map((row) => readNear(aggregate, row)),
    });
  }

  /** For `protectThreshold` alone. */
  static open(raw: RawThresholdGroups): RawThreshold {
    return raw.#raw;
  }

  toJSON(): never {
    throw new TypeError('raw groups never leave');
  }

  toString(): string {
    return 'RawThresholdGroups';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return 'RawThresholdGroups';
  }
}

const WHOLE_NUMBER = /^-?\d{1,39}$/;

function readGroup(aggregate: ThresholdAggregate, names: readonly string[], row: readonly Cell[]): RawThresholdGroup {
  if (row.length !== aggregate.keys.length + names.length) throw new TypeError('a row has the wrong length');
  const told = new Map(names.map((name, index) => [name, readNumber(row[aggregate.keys.length + index] ?? null)]));
  const number = (name: string): bigint => told.get(name) ?? 0n;
  const share = (index: number, prefix: string): Share => ({
    largest: number(`${prefix}largest${index}`),
    whole: number(`${prefix}whole${index}`),
  });
  const parties = ['', ...aggregate.threshold.stores.map((_, store) => `store${store}_`)];
  return {
    keys: row.slice(0, aggregate.keys.length),
    statistics: aggregate.statistics.map((_, i) => number(`s${i}`)),
    persons: aggregate.statistics.map((_, i) => number(`c${i}`)),
    shares: aggregate.statistics.map((_, i) => parties.map((prefix) => share(i, prefix))),
    inside: told.get('inside') ?? null,
  };
}

function readNear(aggregate: ThresholdAggregate, row: readonly Cell[]): NearGroup {
  if (row.length !== aggregate.keys.length + 2) throw new TypeError('a row has the wrong length');
  return { keys: row.slice(0, aggregate.keys.length), level: Number(readNumber(row[aggregate.keys.length] ?? null)) };
}

function readNumber(cell: Cell): bigint | null {
  if (cell === null) return null;
  if (typeof cell !== 'string' || !WHOLE_NUMBER.test(cell)) throw new TypeError('a count is not a whole number');
  return BigInt(cell);
}
