import { parseArgs } from 'node:util';

const MILLION = 1_000_000;
const SIZES = {
  quick: [MILLION],
  usual: [2 * MILLION, 20 * MILLION],
  full: [2 * MILLION, 20 * MILLION, 100 * MILLION],
};
const SERVICE_SIZES = { quick: [], usual: [2 * MILLION], full: [2 * MILLION, 20 * MILLION] };
/** The largest size takes so much of the disk that it is not kept. */
const LARGEST_KEPT_SIZE = 20 * MILLION;
/** Rounds of a row, by the events that it is over: what takes minutes is steadier than what takes milliseconds. */
const ROUNDS = [
  { most: 2 * MILLION, count: 7 },
  { most: 20 * MILLION, count: 5 },
  { most: Number.POSITIVE_INFINITY, count: 3 },
];
const QUICK_ROUNDS = 3;

/** What a run of the bench was told. */
export interface BenchOptions {
  readonly sizes: readonly number[];
  readonly serviceSizes: readonly number[];
  readonly audienceMembers: number;
  readonly json: boolean;
  readonly roundCount: (size: number) => number;
  /** Whether a row, or a part (`service`, `real data`, `peers`), is wanted. */
  readonly wants: (name: string) => boolean;
  /** Whether the data of a size stays for the next run. */
  readonly keeps: (size: number) => boolean;
  readonly isQuick: boolean;
}

/** Reads the flags of `npm run bench`. */
export function readBenchOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      size: { type: 'string', multiple: true },
      rounds: { type: 'string' },
    },
  });
  const { quick, full, json, keep, only, size: named, rounds } = values;
  const kind = quick ? 'quick' : full ? 'full' : 'usual';
  return {
    sizes: named?.map((text) => Number(text) * MILLION) ?? SIZES[kind],
    serviceSizes: named?.map((text) => Number(text) * MILLION) ?? SERVICE_SIZES[kind],
    audienceMembers: quick ? MILLION / 10 : MILLION,
    json,
    roundCount: (size) => Number(rounds ?? (quick ? QUICK_ROUNDS : (ROUNDS.find((r) => size <= r.most)?.count ?? 1))),
    wants: (name) => only === undefined || only.some((part) => name.includes(part)),
    keeps: (size) => keep || size <= LARGEST_KEPT_SIZE,
    isQuick: quick,
  };
}
