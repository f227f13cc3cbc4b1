import type { IngestColumn } from '../../wire/jobs.ts';
import type { Reject, WorkerMessage } from '../../wire/messages.ts';
import { FURTHER_REJECTS_COUNT, type RejectReason } from '../../wire/reasons.ts';
import { RowRun } from './columns/row-run.ts';
import type { RunColumn } from './columns/run-column.ts';
import type { RawValue } from './raw-value.ts';
import { RefusedInput } from './refused-input.ts';

/** Rejects sent at once. */
const REJECTS_PER_MESSAGE_COUNT = 1_024;

/** Rows between two words about progress: a second of a slow file. */
const ROWS_PER_PROGRESS_COUNT = 65_536;

/** Most that is made of a byte of the file: tables of constants shrink to a hundredth or so, only bombs to less. */
const MAX_GROWTH_RATIO = 200;

/** What is made before growth is judged: a small file of equal rows is no bomb. */
const MIN_JUDGED_BYTES = 67_108_864;

/** What a row weighs whatever is in it, one that is left out included: each takes time. */
const ROW_BYTES = 8;

/** What a writer of an upload needs to know. */
export interface WriterOptions {
  columns: readonly IngestColumn[];
  maxRejects: number;
  sortKey: Uint8Array;
  /** Says something to the host. */
  say: (message: WorkerMessage) => void;
}

/** Who takes the rows of a format with types, and counts the bytes that were read for them. */
export interface RowTaker {
  readBytes: number;
  /** Takes one row, `rawOf` giving the value of each column that was asked for. */
  addRow(line: number, rawOf: (column: number) => RawValue): void;
}

/** Takes rows value by value, keeps the good ones in runs, tells of the bad ones by place and reason. */
export class UploadWriter implements RowTaker {
  readonly #options: WriterOptions;
  readonly #run: RowRun;
  #rejects: Reject[] = [];
  #rows = 0;
  #rejected = 0;
  #writtenBytes = 0;
  /** Bytes of the file read so far. */
  readBytes = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#run = new RowRun(options.columns, options.sortKey);
  }

  /** The columns of the job, whose values of the row {@link row} are to be set before it is kept. */
  get columns(): readonly RunColumn[] {
    return this.#run.columns;
  }

  /** The number of the row that is being set. */
  get row(): number {
    return this.#run.rowCount;
  }

  /**
   * Takes one row, `rawOf` giving the value of each column of the job.
   *
   * @throws {RefusedInput} when it is one reject too many
   */
  addRow(line: number, rawOf: (column: number) => RawValue): void {
    const { columns, row } = this;
    for (let index = 0; index < columns.length; index += 1) {
      const reason = (columns[index] as RunColumn).setRaw(row, rawOf(index));
      if (reason !== null) {
        this.rejectValue(line, index, reason);
        return;
      }
    }
    this.keepRow(line);
  }

  /** Keeps the row whose values have been set; one without any identifier is nobody's and is left out. */
  keepRow(line: number): void {
    if (!this.#run.hasIdentifier()) {
      this.reject({ line, column: '', reason: 'no-identifier' });
      return;
    }
    this.#rows += 1;
    if (this.#run.keep()) this.#flush();
    else if (this.#rows % ROWS_PER_PROGRESS_COUNT === 0) this.#tellProgress();
  }

  /** Leaves one row out for one of its values. */
  rejectValue(line: number, column: number, reason: RejectReason): void {
    this.reject({ line, column: this.#options.columns[column]?.name ?? '', reason });
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
    if (this.#rejected > this.#options.maxRejects + FURTHER_REJECTS_COUNT) this.#refuse();
    if (this.#run.isHeavy()) this.#flush();
  }

  /** Sends what is left and says that all is done. */
  finish(): void {
    this.#flush();
    this.#flushRejects();
    if (this.#rejected > this.#options.maxRejects) this.#refuse();
    this.#options.say({ kind: 'done', rows: this.#rows, rejected: this.#rejected });
  }

  #refuse(): never {
    this.#flushRejects();
    throw new RefusedInput('too-many-rejects');
  }

  #flush(): void {
    for (const { column, bytes } of this.#run.take()) {
      this.#writtenBytes += bytes.byteLength;
      this.#options.say({ kind: 'chunk', column, bytes });
    }
    this.#tellProgress();
  }

  #tellProgress(): void {
    this.#flushRejects();
    this.#judgeGrowth();
    this.#options.say({ kind: 'progress', rows: this.#rows, bytes: this.readBytes });
  }

  // A page of a few bytes may stand for millions of rows: what fits a limit by itself fills a disk when it is repeated.
  #judgeGrowth(): void {
    const made = this.#writtenBytes + (this.#rows + this.#rejected) * ROW_BYTES;
    if (made > MIN_JUDGED_BYTES && made > this.readBytes * MAX_GROWTH_RATIO) throw new RefusedInput('too-large');
  }

  #flushRejects(): void {
    if (this.#rejects.length > 0) this.#options.say({ kind: 'rejects', rejects: this.#rejects });
    this.#rejects = [];
  }
}
