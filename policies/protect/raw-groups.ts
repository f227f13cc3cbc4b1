import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { Bins, Statistic } from '../plan/question-tree.ts';

declare const minted: unique symbol;

/** A value that is safe to carry: what the wall's output gate lets through. */
export type Cell = string | bigint | number | boolean | null;

/** Rows by bin; bins that hold none are left out. */
export type RawHistogram = ReadonlyMap<number, bigint>;

/** One group as counted, a histogram for a statistic that is one, else a number: never to be seen. */
export interface RawGroup {
  readonly keys: readonly Cell[];
  readonly statistics: readonly (bigint | RawHistogram)[];
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

  /** Reads the persons of each bin of magnitude: the bin as the key, its persons as the only statistic. */
  static readBins(rows: readonly (readonly Cell[])[]): RawGroups {
    return new RawGroups(
      rows.map(([bin = null, persons = null]) => ({ keys: [bin], statistics: [readCount(persons)] })),
    );
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
const BIN = /^(\d{1,4}):(\d{1,18})$/;
/** Longest text of one bin: four digits, a colon and eighteen digits, and the comma after them. */
const MAX_BIN_CHARACTERS = 24;

function readGroup(aggregate: PlannedAggregate, row: readonly Cell[]): RawGroup {
  const keys = row.slice(0, aggregate.keys.length);
  const cells = row.slice(aggregate.keys.length);
  if (cells.length !== aggregate.statistics.length) throw new TypeError('a row has the wrong length');
  return { keys, statistics: aggregate.statistics.map((statistic, i) => readStatistic(statistic, cells[i] ?? null)) };
}

function readStatistic(statistic: Statistic, cell: Cell): bigint | RawHistogram {
  return statistic.kind === 'histogram' ? readHistogram(statistic.bins, cell) : readCount(cell);
}

function readCount(cell: Cell): bigint {
  // Over no persons a sum is NULL in SQL and 0 here, and so is a count of values where nobody brings any.
  if (cell === null) return 0n;
  if (typeof cell !== 'string' || !WHOLE_NUMBER.test(cell)) throw new TypeError('a count is not a whole number');
  return BigInt(cell);
}

/** Bins in rising order, each once: a worker that lies about them must not make one count twice. */
function readHistogram(bins: Bins, cell: Cell): RawHistogram {
  if (cell === null) return new Map();
  if (typeof cell !== 'string' || cell.length > bins.count * MAX_BIN_CHARACTERS) throw notBins();
  let last = -1;
  const entries = cell.split(',').map((text): [number, bigint] => {
    const [, bin, count] = BIN.exec(text) ?? [];
    if (bin === undefined || count === undefined || Number(bin) <= last || Number(bin) >= bins.count) throw notBins();
    last = Number(bin);
    return [last, BigInt(count)];
  });
  return new Map(entries);
}

function notBins(): TypeError {
  return new TypeError('a histogram is not bins with whole numbers');
}
