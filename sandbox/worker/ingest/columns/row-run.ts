import { MAX_CHUNK_ROWS } from '../../../wire/column-chunk.ts';
import type { IngestColumn } from '../../../wire/jobs.ts';
import { DigestColumn } from './digest-column.ts';
import { FixedColumn } from './fixed-column.ts';
import { MAX_ORDERED_ROWS, orderRows } from './order-rows.ts';
import type { HeldBytes, RunColumn } from './run-column.ts';
import { TextColumn } from './text-column.ts';

/** What the rows of a run may take beside their texts: a million rows of ten columns, a twentieth of a worker's memory. */
const MAX_RUN_FIXED_BYTES = 100_663_296;

/** The same of their texts, each counted as often as it is kept. */
const MAX_RUN_TEXT_BYTES = 67_108_864;

/** Texts of one column of a chunk: with its offsets far below the cap of a chunk. */
const MAX_BLOCK_TEXT_BYTES = 16_777_216;

const FIRST_CAPACITY_ROWS = 4_096;

/** Room of a value in a run: its width, its presence, and for texts where they begin and how long they are. */
const DIGEST_ROOM_BYTES = 33;
const TEXT_ROOM_BYTES = 13;
const FIXED_ROOM_BYTES = 9;

/**
 * Rows that are held to be ordered, as many as fit the limits: the longer a run, the more rows of a person lie together.
 *
 * Shape: what is left out never reaches a chunk; a run gives whole blocks, one chunk of every column each.
 */
export class RowRun {
  readonly columns: readonly RunColumn[];
  readonly #identifiers: readonly DigestColumn[];
  readonly #held: HeldBytes = { count: 0 };
  readonly #maxRows: number;
  readonly #sortKey: Uint8Array;
  #capacity = 0;
  /** Rows that are kept, and the number of the row that is being set. */
  rowCount = 0;

  constructor(columns: readonly IngestColumn[], sortKey: Uint8Array) {
    this.columns = columns.map((column) => runColumnOf(column, this.#held));
    this.#identifiers = this.columns.filter((column) => column instanceof DigestColumn);
    this.#maxRows = maxRowsOf(columns);
    this.#sortKey = sortKey;
    this.#grow();
  }

  /** Whether the row that is being set can be told from all others: without an identifier it belongs to nobody. */
  hasIdentifier(): boolean {
    const { rowCount } = this;
    return this.#identifiers.length === 0 || this.#identifiers.some((column) => column.has(rowCount));
  }

  /** Keeps the row that has been set; tells whether the run is full. */
  keep(): boolean {
    this.rowCount += 1;
    if (this.rowCount >= this.#maxRows) return true;
    if (this.rowCount === this.#capacity) this.#grow();
    return this.isHeavy();
  }

  /** Whether the texts of the run are as many as it may hold; those of rows left out count until they are given back. */
  isHeavy(): boolean {
    return this.#held.count >= MAX_RUN_TEXT_BYTES;
  }

  /** Gives the chunks of all rows, block by block, and forgets the rows. */
  *take(): Generator<{ column: number; bytes: Uint8Array }, void, undefined> {
    const order = this.#order();
    for (let from = 0; from < order.length; from += MAX_CHUNK_ROWS) {
      yield* this.#blocks(order.subarray(from, from + MAX_CHUNK_ROWS));
    }
    for (const column of this.columns) column.clear();
    this.#held.count = 0;
    this.rowCount = 0;
  }

  *#blocks(rows: Uint32Array): Generator<{ column: number; bytes: Uint8Array }, void, undefined> {
    if (rows.length > 1 && this.columns.some((column) => column.textBytes(rows) > MAX_BLOCK_TEXT_BYTES)) {
      const half = rows.length >> 1;
      yield* this.#blocks(rows.subarray(0, half));
      yield* this.#blocks(rows.subarray(half));
      return;
    }
    for (const [index, column] of this.columns.entries()) yield { column: index, bytes: column.encode(rows) };
  }

  #order(): Uint32Array {
    if (this.#identifiers.length > 0) return orderRows(this.#identifiers, this.rowCount, this.#sortKey);
    return Uint32Array.from({ length: this.rowCount }, (_, row) => row);
  }

  #grow(): void {
    this.#capacity = Math.min(this.#maxRows, Math.max(FIRST_CAPACITY_ROWS, this.#capacity * 2));
    for (const column of this.columns) column.reserve(this.#capacity);
  }
}

function runColumnOf(column: IngestColumn, held: HeldBytes): RunColumn {
  if (column.identifier !== undefined) return new DigestColumn(column);
  return column.type.kind === 'text' ? new TextColumn(column, held) : new FixedColumn(column);
}

// Whole chunks where there is room for one; rows of nobody stay as they come, so that more than a chunk serves nothing.
function maxRowsOf(columns: readonly IngestColumn[]): number {
  const room = columns.reduce((sum, { type, identifier }) => {
    if (identifier !== undefined) return sum + DIGEST_ROOM_BYTES;
    return sum + (type.kind === 'text' ? TEXT_ROOM_BYTES : FIXED_ROOM_BYTES);
  }, 0);
  const fitting = Math.max(1, Math.floor(MAX_RUN_FIXED_BYTES / Math.max(1, room)));
  const whole = fitting - (fitting > MAX_CHUNK_ROWS ? fitting % MAX_CHUNK_ROWS : 0);
  const hasIdentifier = columns.some(({ identifier }) => identifier !== undefined);
  return Math.min(whole, hasIdentifier ? MAX_ORDERED_ROWS : MAX_CHUNK_ROWS);
}
