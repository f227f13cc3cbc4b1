// What a worker answers is judged here, on the trusted side: an exploited engine can lie, but only in the shape
// that was asked for.
import { type ReleasedKind, type ScoringCheck, WallError } from '../wall.ts';
import { cellsOfChunk } from '../wire/cells.ts';
import { type ColumnChunk, decodeColumnChunk } from '../wire/column-chunk.ts';
import { type Cell, isSameType, type WireType } from '../wire/column-type.ts';
import type { NamedKind } from '../wire/messages.ts';
import { MAX_SUBJECT_CHARS, type ScoringFault } from '../wire/scoring.ts';

/** Most bytes of a result of groups: a table people read, not an export. */
const MAX_RESULT_BYTES = 268_435_456;

/** Most columns and most characters of a column name a composed table may have. */
const MAX_COMPOSED_COLUMNS = 1_600;
const MAX_NAME_LENGTH_CHARS = 1_024;

/** What may be released; nobody outside knows another kind. */
const RELEASED_KINDS: readonly ReleasedKind[] = ['text', 'integer', 'double', 'boolean', 'date', 'timestamp'];

/** Faults of one scoring function that are told: a screenful. */
const MAX_FAULTS_COUNT = 50;

/** A subject may be text of whoever wrote the code, and is shown to people: nothing in it that a terminal obeys. */
const SUBJECT = /^[A-Za-z0-9 _.$()'-]*$/;

/** Takes the chunks of row blocks, in order of columns. */
export class BlockGate {
  readonly #types: readonly WireType[];
  #nextColumn = 0;
  #blockRows = 0;
  #byteCount = 0;
  /** Rows of all complete blocks. */
  rowCount = 0;

  constructor(types: readonly WireType[]) {
    this.#types = types;
  }

  /**
   * Judges one chunk.
   *
   * @throws {WallError} RUN_FAILED when it is not the next column, not of its type, not as long as its neighbours,
   * or not a chunk at all
   */
  accept(column: number, bytes: Uint8Array): ColumnChunk {
    const type = this.#types[column];
    const chunk = decodeOrFail(bytes);
    if (type === undefined || column !== this.#nextColumn || !isSameType(type, chunk.type)) fail();
    if (column > 0 && chunk.rowCount !== this.#blockRows) fail();
    this.#byteCount += bytes.byteLength;
    this.#blockRows = chunk.rowCount;
    this.#nextColumn = (column + 1) % this.#types.length;
    if (this.#nextColumn === 0) this.rowCount += chunk.rowCount;
    return chunk;
  }

  /** Whether the last chunk was the last of its block. */
  get isWhole(): boolean {
    return this.#nextColumn === 0;
  }

  /** Bytes of all chunks so far. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Judges the end: no half a block, and as many rows as the worker says. */
  finish(rowCount: number): void {
    if (!this.isWhole || rowCount !== this.rowCount) fail();
  }
}

/** Collects a result of groups as rows of cells, within its caps. */
export class RowGate {
  readonly #blocks: BlockGate;
  readonly #maxRows: number;
  #block: ColumnChunk[] = [];
  /** Characters of all texts, each as often as it is in a row. */
  #textChars = 0;
  readonly rows: Cell[][] = [];

  constructor(types: readonly WireType[], maxRows: number) {
    this.#blocks = new BlockGate(types);
    this.#maxRows = maxRows;
  }

  /** Judges one chunk; see {@link BlockGate.accept}. */
  accept(column: number, bytes: Uint8Array): void {
    this.#block.push(this.#blocks.accept(column, bytes));
    if (this.#blocks.byteCount > MAX_RESULT_BYTES || this.#blocks.rowCount > this.#maxRows) fail();
    if (!this.#blocks.isWhole) return;
    const block = this.#block;
    this.#block = [];
    const columns = block.map(cellsOfChunk);
    this.#textChars += columns.reduce((sum, cells) => sum + lengthOfTexts(cells), 0);
    if (this.#textChars > MAX_RESULT_BYTES) fail();
    for (let row = 0; row < (block[0]?.rowCount ?? 0); row += 1) {
      this.rows.push(columns.map((cells) => cells[row] as Cell));
    }
  }

  /** Judges the end; see {@link BlockGate.finish}. */
  finish(rowCount: number): void {
    this.#blocks.finish(rowCount);
  }
}

// A dictionary says a text once and uses it in every row: short on the wire, and a flood for whoever writes it out.
function lengthOfTexts(cells: readonly Cell[]): number {
  return cells.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 0), 0);
}

/** Collects persons, and nothing else. */
export class PersonGate {
  readonly #blocks = new BlockGate([{ kind: 'person' }]);
  readonly #maxRows: number;
  readonly #parts: BigUint64Array[] = [];

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  /** Judges one chunk; a missing person fails it, since nobody can be selected by no name. */
  accept(column: number, bytes: Uint8Array): void {
    const chunk = this.#blocks.accept(column, bytes);
    if (this.#blocks.rowCount > this.#maxRows || chunk.validity !== null) fail();
    this.#parts.push(chunk.values as BigUint64Array);
  }

  /** Judges the end and gives all persons in result order. */
  finish(rowCount: number): BigUint64Array {
    this.#blocks.finish(rowCount);
    const persons = new BigUint64Array(rowCount);
    let at = 0;
    for (const part of this.#parts) {
      persons.set(part, at);
      at += part.length;
    }
    return persons;
  }
}

/** Judges the columns of a composed table: a released kind each, a bounded number of bounded names. */
export function checkComposedColumns(columns: readonly NamedKind[]): ComposedColumn[] {
  if (columns.length === 0 || columns.length > MAX_COMPOSED_COLUMNS) fail();
  return columns.map(({ name, kind }) => {
    const released = RELEASED_KINDS.find((one) => one === kind);
    if (name.length > MAX_NAME_LENGTH_CHARS || released === undefined) fail();
    return { name, kind: released };
  });
}

/** Judges what a compiler says of code: a bounded number of faults, each in bounded, plain words. */
export function checkFaults(faults: readonly ScoringFault[]): ScoringCheck {
  if (faults.length > MAX_FAULTS_COUNT) fail();
  for (const { subject } of faults) if (subject.length > MAX_SUBJECT_CHARS || !SUBJECT.test(subject)) fail();
  return faults.length === 0 ? { ok: true } : { ok: false, faults: [...faults] };
}

/** A column of a composed table that has passed. */
export interface ComposedColumn {
  name: string;
  kind: ReleasedKind;
}

/** Ends a job whose worker lied. */
export function fail(): never {
  throw new WallError('RUN_FAILED');
}

/** Decodes a chunk of a worker. */
export function decodeOrFail(bytes: Uint8Array): ColumnChunk {
  try {
    return decodeColumnChunk(bytes);
  } catch {
    fail();
  }
}
