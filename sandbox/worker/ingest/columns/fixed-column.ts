import { encodeColumnChunk, type FixedValues } from '../../../wire/column-chunk.ts';
import type { Cell, ColumnType } from '../../../wire/column-type.ts';
import type { IngestColumn } from '../../../wire/jobs.ts';
import type { RejectReason } from '../../../wire/reasons.ts';
import type { RawValue } from '../raw-value.ts';
import { acceptValue } from '../raw-values.ts';
import { isRejection } from '../text-values.ts';
import { plainBoolean, plainDate, plainDecimal, plainInteger, plainTimestamp } from './plain-values.ts';
import { Presence } from './presence.ts';
import type { RunColumn } from './run-column.ts';

const WORD_SIZE = 4_294_967_296;

/** How values of a type lie in memory, and how their plain form is read. */
interface Layout {
  width: 1 | 4 | 8;
  plain: (bytes: Uint8Array, start: number, end: number) => number;
}

/** A column whose values all take the same room: numbers, days, moments, truth values. */
export class FixedColumn implements RunColumn {
  readonly #column: IngestColumn;
  readonly #width: Layout['width'];
  readonly #plain: Layout['plain'];
  readonly #presence = new Presence();
  #bytes = new Uint8Array(0);
  /** The same memory as whole numbers of 32 bits: a bigint for each value would be most of the time of a large file. */
  #words = new Uint32Array(0);

  constructor(column: IngestColumn) {
    this.#column = column;
    ({ width: this.#width, plain: this.#plain } = layoutOf(column.type));
  }

  reserve(rowCapacity: number): void {
    this.#presence.reserve(rowCapacity);
    if (rowCapacity * this.#width <= this.#bytes.byteLength) return;
    const bytes = new Uint8Array(Math.ceil((rowCapacity * this.#width) / 8) * 8);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#words = new Uint32Array(bytes.buffer);
  }

  setText(row: number, bytes: Buffer, start: number, end: number): RejectReason | null {
    const value = this.#plain(bytes, start, end);
    // What is not plain is told apart by the exact reader, bytes that are no text included.
    if (Number.isNaN(value)) return this.setRaw(row, bytes.toString('utf8', start, end));
    this.#presence.set(row, true);
    this.#store(row, value);
    return null;
  }

  setRaw(row: number, raw: RawValue): RejectReason | null {
    const cell = acceptValue(this.#column, raw);
    if (isRejection(cell)) return cell.reject;
    this.#presence.set(row, cell !== null);
    this.#storeCell(row, cell);
    return null;
  }

  has(row: number): boolean {
    return this.#presence.has(row);
  }

  textBytes(): number {
    return 0;
  }

  encode(rows: Uint32Array): Uint8Array {
    const { type } = this.#column;
    return encodeColumnChunk({
      type,
      rowCount: rows.length,
      validity: this.#presence.bitmap(rows),
      values: this.#gather(rows),
    });
  }

  clear(): void {
    // Each row is set before it is read.
  }

  #store(row: number, value: number): void {
    if (this.#width === 8) {
      // Little-endian halves of a two's complement; exact for every safe integer.
      const high = Math.floor(value / WORD_SIZE);
      this.#words[2 * row] = value - high * WORD_SIZE;
      this.#words[2 * row + 1] = high;
    } else if (this.#width === 4) this.#words[row] = value;
    else this.#bytes[row] = value;
  }

  #storeCell(row: number, cell: Cell): void {
    if (typeof cell === 'bigint') {
      this.#words[this.#width === 8 ? 2 * row : row] = Number(BigInt.asUintN(32, cell));
      if (this.#width === 8) this.#words[2 * row + 1] = Number(BigInt.asUintN(32, cell >> 32n));
    } else this.#store(row, cell === true ? 1 : 0);
  }

  #gather(rows: Uint32Array): FixedValues {
    const words = this.#words;
    if (this.#width === 1) {
      const values = new Uint8Array(rows.length);
      for (let index = 0; index < rows.length; index += 1) values[index] = this.#bytes[rows[index] as number] as number;
      return values;
    }
    if (this.#width === 4) {
      const values = new Int32Array(rows.length);
      for (let index = 0; index < rows.length; index += 1) values[index] = words[rows[index] as number] as number;
      return values;
    }
    const values = new Uint32Array(rows.length * 2);
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as number;
      values[2 * index] = words[2 * row] as number;
      values[2 * index + 1] = words[2 * row + 1] as number;
    }
    return new BigInt64Array(values.buffer);
  }
}

function layoutOf(type: ColumnType): Layout {
  switch (type.kind) {
    case 'boolean':
      return { width: 1, plain: plainBoolean };
    case 'date':
      return { width: 4, plain: plainDate };
    case 'timestamp':
      return { width: 8, plain: plainTimestamp };
    case 'decimal':
      return { width: 8, plain: (bytes, start, end) => plainDecimal(bytes, start, end, type.scale) };
    case 'integer':
      return { width: 8, plain: plainInteger };
    case 'person':
      // A person may not be negative and may be above every safe integer.
      return { width: 8, plain: () => Number.NaN };
    default:
      throw new TypeError(`a column of kind \`${type.kind}\` has no fixed width`);
  }
}
