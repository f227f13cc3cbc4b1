import { chunkOfCells } from '../../wire/cells.ts';
import { encodeColumnChunk, MAX_CHUNK_ROWS } from '../../wire/column-chunk.ts';
import type { Cell } from '../../wire/column-type.ts';
import type { IngestColumn } from '../../wire/jobs.ts';
import type { Reject } from '../../wire/messages.ts';
import { FURTHER_REJECTS_COUNT } from '../../wire/reasons.ts';
import { answer } from '../channel.ts';
import type { RawValue } from './raw-value.ts';
import { acceptValue } from './raw-values.ts';
import { RefusedInput } from './refused-input.ts';
import { isRejection } from './text-values.ts';

/** Text characters after which a block ends early: at most three bytes each, so that no chunk reaches its cap. */
const MAX_BLOCK_TEXT_CHARS = 8_388_608;

/** The same over all columns: what a worker holds in strings, however many columns there are. */
const MAX_HELD_TEXT_CHARS = 67_108_864;

/** Rejects sent at once. */
const REJECTS_PER_MESSAGE_COUNT = 1_024;

/** Most that is made of a byte of the file: tables of constants shrink to a hundredth or so, only bombs to less. */
const MAX_GROWTH_RATIO = 200;

/** What is made before growth is judged: a small file of equal rows is no bomb. */
const MIN_JUDGED_BYTES = 67_108_864;

/** What a row weighs whatever is in it, one that is left out included: each takes time. */
const ROW_BYTES = 8;

/** Judges rows, keeps the good ones in blocks, tells of the bad ones by place and reason. */
export class UploadWriter {
  readonly #columns: readonly IngestColumn[];
  readonly #maxRejects: number;
  #cells: Cell[][];
  #textLengths: number[];
  #rejects: Reject[] = [];
  #rows = 0;
  #rejected = 0;
  #writtenBytes = 0;
  #heldChars = 0;
  /** Bytes of the file read so far. */
  readBytes = 0;

  constructor(columns: readonly IngestColumn[], maxRejects: number) {
    this.#columns = columns;
    this.#maxRejects = maxRejects;
    this.#cells = columns.map(() => []);
    this.#textLengths = columns.map(() => 0);
  }

  /**
   * Takes one row, `rawOf` giving the value of each column of the job.
   *
   * @throws {RefusedInput} when it is one reject too many
   */
  addRow(line: number, rawOf: (column: number) => RawValue): void {
    const row: Cell[] = [];
    for (const [index, column] of this.#columns.entries()) {
      const value = acceptValue(column, rawOf(index));
      if (isRejection(value)) {
        this.reject({ line, column: column.name, reason: value.reject });
        return;
      }
      row.push(value);
    }
    let isFull = (this.#cells[0]?.length ?? 0) + 1 >= MAX_CHUNK_ROWS;
    for (const [index, value] of row.entries()) {
      this.#cells[index]?.push(value);
      if (typeof value !== 'string') continue;
      const length = (this.#textLengths[index] as number) + value.length;
      this.#textLengths[index] = length;
      this.#heldChars += value.length;
      isFull ||= length >= MAX_BLOCK_TEXT_CHARS;
    }
    isFull ||= this.#heldChars >= MAX_HELD_TEXT_CHARS;
    this.#rows += 1;
    if (isFull) this.#flush();
  }

  /** Leaves one row out. */
  reject(reject: Reject): void {
    this.#rejected += 1;
    this.#rejects.push(reject);
    if (this.#rejects.length >= REJECTS_PER_MESSAGE_COUNT) {
      this.#flushRejects();
      this.#judgeGrowth();
    }
    // A sender who must mend the file wants more than its first fault.
    if (this.#rejected > this.#maxRejects + FURTHER_REJECTS_COUNT) this.#refuse();
  }

  /** Sends what is left and says that all is done. */
  finish(): void {
    this.#flush();
    this.#flushRejects();
    if (this.#rejected > this.#maxRejects) this.#refuse();
    answer({ kind: 'done', rows: this.#rows, rejected: this.#rejected });
  }

  #refuse(): never {
    this.#flushRejects();
    throw new RefusedInput('too-many-rejects');
  }

  #flush(): void {
    if ((this.#cells[0]?.length ?? 0) > 0) {
      for (const [index, { type, identifier }] of this.#columns.entries()) {
        const stored = identifier === undefined ? type : ({ kind: 'text' } as const);
        const bytes = encodeColumnChunk(chunkOfCells(stored, this.#cells[index] ?? []));
        this.#writtenBytes += bytes.byteLength;
        answer({ kind: 'chunk', column: index, bytes });
      }
    }
    this.#cells = this.#columns.map(() => []);
    this.#textLengths = this.#columns.map(() => 0);
    this.#heldChars = 0;
    this.#flushRejects();
    this.#judgeGrowth();
    answer({ kind: 'progress', rows: this.#rows, bytes: this.readBytes });
  }

  // A page of a few bytes may stand for millions of rows: what fits a limit by itself fills a disk when it is repeated.
  #judgeGrowth(): void {
    const made = this.#writtenBytes + (this.#rows + this.#rejected) * ROW_BYTES;
    if (made > MIN_JUDGED_BYTES && made > this.readBytes * MAX_GROWTH_RATIO) throw new RefusedInput('too-large');
  }

  #flushRejects(): void {
    if (this.#rejects.length > 0) answer({ kind: 'rejects', rejects: this.#rejects });
    this.#rejects = [];
  }
}
