// Which rows of an original go is decided by the very readers and columns that an upload is read with, so that no row can
// be somebody's there and nobody's here.
import { createCipheriv } from 'node:crypto';
import type { Cell } from '../../wire/column-type.ts';
import type { IngestColumn } from '../../wire/jobs.ts';
import { DigestColumn } from '../ingest/columns/digest-column.ts';
import { RowRun } from '../ingest/columns/row-run.ts';
import type { RunColumn } from '../ingest/columns/run-column.ts';
import { sourceOf } from '../ingest/places-of.ts';
import type { RawValue } from '../ingest/raw-value.ts';
import { acceptValue } from '../ingest/raw-values.ts';
import { isRejection } from '../ingest/text-values.ts';
import { UploadWriter } from '../ingest/upload-writer.ts';
import { type BlockSet, wordsOf } from './sought-blocks.ts';

const HALF_DIGEST_BYTES = 16;
const DIGEST_WORDS = 8;
const MS_PER_DAY = 86_400_000;
const MICROS_PER_MS = 1_000n;

/** Who is sought, by the place of the column. */
export interface Sought {
  readonly key: Uint8Array;
  readonly sets: readonly BlockSet[];
}

/** Takes the rows of an original like an upload, keeps none, and notes the lines of those that go. */
export class RedactWriter extends UploadWriter {
  readonly #columns: readonly IngestColumn[];
  readonly #run: RowRun;
  readonly #sought: Sought;
  readonly #cipher: ReturnType<typeof createCipheriv>;
  readonly #onKept: ((line: string) => void) | null;
  #values: RawValue[] = [];
  /** Where the rows start that go, in order. */
  readonly goneLines: number[] = [];
  keptCount = 0;
  refusedCount = 0;

  /** @param onKept for tables that are no text: told each row that stays, as a line of JSON */
  constructor(columns: readonly IngestColumn[], sought: Sought, onKept: ((line: string) => void) | null) {
    super({ columns: [], maxRejects: 0, sortKey: sought.key, say: () => {} });
    this.#columns = columns;
    this.#run = new RowRun(columns, sought.key);
    this.#sought = sought;
    this.#cipher = createCipheriv('aes-256-ecb', sought.key, null).setAutoPadding(false);
    this.#onKept = onKept;
  }

  override get columns(): readonly RunColumn[] {
    return this.#run.columns;
  }

  // Each row is set over the one before.
  override get row(): number {
    return 0;
  }

  override addRow(line: number, rawOf: (column: number) => RawValue): void {
    this.#values = this.#columns.map((_, index) => rawOf(index));
    super.addRow(line, (column) => this.#values[column] as RawValue);
  }

  override keepRow(line: number): void {
    if (!this.#run.hasIdentifier()) {
      this.reject({ line, column: '', reason: 'no-identifier' });
      return;
    }
    if (this.columns.some((column, index) => this.#isSought(column, index))) this.goneLines.push(line);
    else {
      this.keptCount += 1;
      this.#onKept?.(lineOf(this.#columns, this.#values));
    }
    this.#forget();
  }

  // A row that was refused is kept by nobody, and may name anybody.
  override rejectValue(line: number): void {
    this.reject({ line, column: '', reason: 'missing' });
  }

  override reject({ line }: Parameters<UploadWriter['reject']>[0]): void {
    this.refusedCount += 1;
    this.goneLines.push(line);
    this.#forget();
  }

  override finish(): void {}

  #isSought(column: RunColumn, index: number): boolean {
    const set = this.#sought.sets[index];
    if (set === undefined || set.size === 0 || !(column instanceof DigestColumn) || !column.has(0)) return false;
    const words = column.words.subarray(0, DIGEST_WORDS);
    const half = new Uint8Array(words.buffer, words.byteOffset, HALF_DIGEST_BYTES);
    return set.placeOf(wordsOf(this.#cipher.update(half)), 0) >= 0;
  }

  #forget(): void {
    if (this.#run.isHeavy()) for (const _ of this.#run.take());
  }
}

/** A row as a line of JSON, by the names of the file: the values as they count. */
function lineOf(columns: readonly IngestColumn[], values: readonly RawValue[]): string {
  const fields = columns.map((column, index) => {
    const raw = values[index] as RawValue;
    return `${JSON.stringify(sourceOf(column))}:${column.identifier === undefined ? textOf(column, raw) : identifierText(raw)}`;
  });
  return `{${fields.join(',')}}\n`;
}

function identifierText(raw: RawValue): string {
  return raw === null ? 'null' : JSON.stringify(String(raw));
}

function textOf(column: IngestColumn, raw: RawValue): string {
  const value: Cell | { readonly reject: unknown } = acceptValue(column, raw);
  if (value === null || isRejection(value as Cell)) return 'null';
  switch (column.type.kind) {
    case 'decimal':
      return decimalText(value as bigint, column.type.scale);
    case 'date':
      return JSON.stringify(new Date(Number(value) * MS_PER_DAY).toISOString().slice(0, 10));
    case 'timestamp':
      return JSON.stringify(timestampText(value as bigint));
    case 'text':
      return JSON.stringify(value);
    default:
      return String(value);
  }
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function timestampText(micros: bigint): string {
  const rest = ((micros % MICROS_PER_MS) + MICROS_PER_MS) % MICROS_PER_MS;
  const text = new Date(Number((micros - rest) / MICROS_PER_MS)).toISOString();
  return `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}
