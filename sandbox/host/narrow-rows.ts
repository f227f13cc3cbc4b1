// Judges a hundred million rows a question in the trusted process: typed loops over whole columns, and no object for a
// row.
import type { RowCondition } from '../wall.ts';
import { type ColumnChunk, isTextValues, type TextValues } from '../wire/column-chunk.ts';

const HALF_BITS = 32n;
const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

/** 64-bit numbers by their halves, without one of them ever made of a row. */
export class HalvesSet {
  readonly #lowers = new Map<number, Set<number>>();
  readonly isEmpty: boolean;

  constructor(values: Iterable<bigint>) {
    for (const value of values) {
      const upper = Number(BigInt.asUintN(32, value >> HALF_BITS));
      const lowers = this.#lowers.get(upper) ?? new Set();
      this.#lowers.set(upper, lowers.add(Number(BigInt.asUintN(32, value))));
    }
    this.isEmpty = this.#lowers.size === 0;
  }

  /** Whether the number of these two halves, as they are without a sign, is one of them. */
  has(upper: number, lower: number): boolean {
    return this.#lowers.get(upper)?.has(lower) ?? false;
  }
}

/** Tells of each text of a dictionary whether it is among some. */
export function keptCodes(dictionary: readonly string[], among: RowCondition['among']): Uint8Array | null {
  if (among === null) return null;
  const allowed = new Set(among.map(String));
  return Uint8Array.from(dictionary, (text) => (allowed.has(text) ? 1 : 0));
}

/**
 * Clears the rows that do not fulfil a condition; a missing value fulfils none.
 *
 * @param kept 1 for a row that is still kept
 * @param codes of a column of codes: which are allowed, all when null
 */
export function narrowRows(
  kept: Uint8Array,
  chunk: ColumnChunk,
  condition: RowCondition,
  codes: Uint8Array | null,
): void {
  const { values } = chunk;
  if (chunk.validity !== null) clearMissing(kept, chunk.validity);
  if (isTextValues(values)) {
    if (condition.among !== null) narrowTexts(kept, values, condition.among);
  } else if (chunk.type.kind === 'code') {
    if (codes !== null) narrowByVerdict(kept, values as Uint16Array, codes);
  } else if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    narrowWide(kept, values, condition);
  } else narrowSmall(kept, values, condition);
}

function clearMissing(kept: Uint8Array, validity: Uint8Array): void {
  for (let row = 0; row < kept.length; row += 1) {
    if (((validity[row >> 3] as number) & (1 << (row & 7))) === 0) kept[row] = 0;
  }
}

function narrowByVerdict(kept: Uint8Array, places: Uint16Array, verdicts: Uint8Array): void {
  for (let row = 0; row < kept.length; row += 1) if (verdicts[places[row] as number] !== 1) kept[row] = 0;
}

/** Judges each text once, also where many rows share it. */
function narrowTexts(
  kept: Uint8Array,
  { offsets, bytes, indices }: TextValues,
  among: NonNullable<RowCondition['among']>,
): void {
  const allowed = among.map((text) => Buffer.from(String(text)));
  const verdicts = new Uint8Array(offsets.length);
  for (let entry = 0; entry + 1 < offsets.length; entry += 1) {
    const from = offsets[entry] as number;
    const length = (offsets[entry + 1] as number) - from;
    if (!allowed.some((word) => word.byteLength === length)) continue;
    const text = bytes.subarray(from, from + length);
    verdicts[entry] = allowed.some((word) => word.equals(text)) ? 1 : 0;
  }
  if (indices !== null) narrowByVerdict(kept, indices, verdicts);
  else for (let row = 0; row < kept.length; row += 1) if (verdicts[row] !== 1) kept[row] = 0;
}

function narrowSmall(
  kept: Uint8Array,
  values: Exclude<ColumnChunk['values'], TextValues | BigInt64Array | BigUint64Array>,
  { atLeast, atMost, among }: RowCondition,
): void {
  const least = atLeast === null ? Number.NEGATIVE_INFINITY : Number(atLeast);
  const most = atMost === null ? Number.POSITIVE_INFINITY : Number(atMost);
  const allowed = among === null ? null : new Set(among.map(Number));
  for (let row = 0; row < kept.length; row += 1) {
    const value = values[row] as number;
    if (value < least || value > most || (allowed !== null && !allowed.has(value))) kept[row] = 0;
  }
}

function narrowWide(
  kept: Uint8Array,
  values: BigInt64Array | BigUint64Array,
  { atLeast, atMost, among }: RowCondition,
): void {
  const isSigned = values instanceof BigInt64Array;
  const [floor, ceiling] = isSigned ? [INT64_MIN, INT64_MAX] : [0n, INT64_MAX * 2n + 1n];
  const least = atLeast === null || atLeast < floor ? floor : atLeast;
  const most = atMost === null || atMost > ceiling ? ceiling : atMost;
  if (least > most) {
    kept.fill(0);
    return;
  }
  const lowers = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const uppers = isSigned ? new Int32Array(values.buffer, values.byteOffset, values.length * 2) : lowers;
  if (least > floor || most < ceiling) narrowToEnds(kept, { lowers, uppers }, [least, most]);
  if (among === null) return;
  const allowed = new HalvesSet(among.map(BigInt));
  for (let row = 0; row < kept.length; row += 1) {
    if (kept[row] === 1 && !allowed.has(lowers[2 * row + 1] as number, lowers[2 * row] as number)) kept[row] = 0;
  }
}

function narrowToEnds(
  kept: Uint8Array,
  { lowers, uppers }: { lowers: Uint32Array; uppers: Int32Array | Uint32Array },
  [least, most]: [bigint, bigint],
): void {
  const [leastUpper, leastLower] = [Number(least >> HALF_BITS), Number(BigInt.asUintN(32, least))];
  const [mostUpper, mostLower] = [Number(most >> HALF_BITS), Number(BigInt.asUintN(32, most))];
  for (let row = 0; row < kept.length; row += 1) {
    const upper = uppers[2 * row + 1] as number;
    const lower = lowers[2 * row] as number;
    const isBelow = upper < leastUpper || (upper === leastUpper && lower < leastLower);
    const isAbove = upper > mostUpper || (upper === mostUpper && lower > mostLower);
    if (isBelow || isAbove) kept[row] = 0;
  }
}
