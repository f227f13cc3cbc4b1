import { unpack } from '../codecs/unpack.ts';
import { MAX_BATCH_BYTES, MAX_PART_ROWS } from '../limits.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import type { FlatTable } from './flat-table.ts';
import type { ArrowField } from './schema.ts';

/** The buffers of one flat column of a batch, unpacked. */
export interface ColumnBuffers {
  length: number;
  /** One bit a row, null when every row has a value. */
  validity: Uint8Array | null;
  /** Values; or offsets and bytes. */
  buffers: Uint8Array[];
}

const NODE_BYTES = 16;
const BUFFER_BYTES = 16;
const VARIADIC_BYTES = 8;
const LENGTH_PREFIX_BYTES = 8;
const NOT_PACKED = -1n;

/** Reads a batch: finds the buffers of its columns and gives those that are asked for. */
export class RecordBatch {
  readonly #batch: FlatTable;
  readonly #body: Uint8Array;
  readonly #codec: 'zstd' | 'lz4-frame' | null;
  readonly rowCount: number;
  #unpackedBytes = 0;

  /** @throws {RefusedInput} when it has more rows than may be, or is packed in an unknown way */
  constructor(batch: FlatTable, body: Uint8Array) {
    this.#batch = batch;
    this.#body = body;
    this.rowCount = batch.count(0);
    if (this.rowCount > MAX_PART_ROWS) throw new RefusedInput('part-too-large');
    const compression = batch.table(3);
    this.#codec = compression === null ? null : codecOf(compression);
  }

  /**
   * Gives the buffers of the columns at `places`.
   *
   * @throws {RefusedInput} when a buffer lies outside the body or the batch has fewer of them than its columns need
   */
  columns(fields: readonly ArrowField[], places: readonly number[]): ColumnBuffers[] {
    const found = new Map<number, ColumnBuffers>();
    const wanted = new Set(places);
    const next = { node: 0, buffer: 0, variadic: 0 };
    for (const [place, field] of fields.entries()) {
      if (wanted.has(place)) found.set(place, this.#column(field, next.node, next.buffer));
      this.#pass(field, next);
    }
    return places.map((place) => found.get(place) ?? refuseUnreadable());
  }

  // Nodes and buffers of all columns stand in one row, children after their parents.
  #pass(field: ArrowField, next: { node: number; buffer: number; variadic: number }): void {
    next.node += 1;
    next.buffer += field.bufferCount;
    if (field.isView) {
      next.buffer += this.#batch.countOf(4, VARIADIC_BYTES, next.variadic);
      next.variadic += 1;
    }
    for (const child of field.children) this.#pass(child, next);
  }

  #column(field: ArrowField, node: number, firstBuffer: number): ColumnBuffers {
    const length = this.#batch.countOf(1, NODE_BYTES, node);
    if (length !== this.rowCount) refuseUnreadable();
    if (field.type.kind === 'null' && field.dictionary === null) return { length, validity: null, buffers: [] };
    const validity = this.#buffer(firstBuffer);
    if (validity.byteLength > 0 && validity.byteLength < Math.ceil(length / 8)) refuseUnreadable();
    // A column without gaps may leave the bits out; one that counts gaps may not.
    if (validity.byteLength === 0 && length > 0 && this.#batch.countOf(1, NODE_BYTES, node, 8) > 0) refuseUnreadable();
    const buffers = Array.from({ length: field.bufferCount - 1 }, (_, index) => this.#buffer(firstBuffer + 1 + index));
    return { length, validity: validity.byteLength === 0 ? null : validity, buffers };
  }

  #buffer(index: number): Uint8Array {
    const offset = this.#batch.countOf(2, BUFFER_BYTES, index);
    const end = offset + this.#batch.countOf(2, BUFFER_BYTES, index, 8);
    if (end > this.#body.byteLength) refuseUnreadable();
    const bytes = this.#body.subarray(offset, end);
    return this.#codec === null || bytes.byteLength === 0 ? bytes : this.#unpack(this.#codec, bytes);
  }

  #unpack(codec: 'zstd' | 'lz4-frame', bytes: Uint8Array): Uint8Array {
    const unpackedBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(0, true);
    const packed = bytes.subarray(LENGTH_PREFIX_BYTES);
    if (unpackedBytes === NOT_PACKED) return packed;
    if (unpackedBytes < 0n) refuseUnreadable();
    this.#unpackedBytes += Number(unpackedBytes);
    if (this.#unpackedBytes > MAX_BATCH_BYTES) throw new RefusedInput('part-too-large');
    return unpack(codec, packed, Number(unpackedBytes));
  }
}

function codecOf(compression: FlatTable): 'zstd' | 'lz4-frame' {
  const codec = compression.int(0, 1);
  if (codec > 1 || compression.int(1, 1) !== 0) throw new RefusedInput('not-supported');
  return codec === 1 ? 'zstd' : 'lz4-frame';
}
