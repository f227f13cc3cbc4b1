import type { PlannedAggregate } from '../plan/protected-plan.ts';

declare const minted: unique symbol;

/** A value that is safe to carry: what the wall's output gate lets through. */
export type Cell = string | bigint | number | boolean | null;

/** One group as counted: never to be seen. */
export interface RawGroup {
  readonly keys: readonly Cell[];
  readonly statistics: readonly bigint[];
}

/**
 * Exact groups from the engine, on their way to the noise.
 *
 * They are held where nothing reaches them by accident: turning them into text or JSON, or printing them, throws or
 * shows nothing. Only `protect` reads them.
 */
export class RawGroups {
  declare readonly [minted]: 'RawGroups';
  readonly #groups: readonly RawGroup[];

  private constructor(groups: readonly RawGroup[]) {
    this.#groups = groups;
  }

  /** Reads the worker's rows against the plan they answer. A hostile engine may send anything of the right shape. */
  static read(aggregate: PlannedAggregate, rows: readonly (readonly Cell[])[]): RawGroups {
    return new RawGroups(rows.map((row) => readGroup(aggregate, row)));
  }

  /** For `protect` alone. */
  static open(raw: RawGroups): readonly RawGroup[] {
    return raw.#groups;
  }

  toJSON(): never {
    throw new TypeError('raw groups never leave');
  }

  toString(): string {
    return 'RawGroups';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return 'RawGroups';
  }
}

const WHOLE_NUMBER = /^-?\d{1,39}$/;

function readGroup(aggregate: PlannedAggregate, row: readonly Cell[]): RawGroup {
  const keys = row.slice(0, aggregate.keys.length);
  const statistics = row.slice(aggregate.keys.length).map((cell) => {
    // A sum over no persons is NULL in SQL and 0 here: only the one group of a question without keys can be empty.
    if (cell === null) return 0n;
    if (typeof cell !== 'string' || !WHOLE_NUMBER.test(cell)) throw new TypeError('a count is not a whole number');
    return BigInt(cell);
  });
  if (statistics.length !== aggregate.statistics.length) throw new TypeError('a row has the wrong length');
  return { keys, statistics };
}
