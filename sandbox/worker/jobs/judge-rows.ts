import { type ColumnChunk, decodeColumnChunk, encodeColumnChunk, isPresent } from '../../wire/column-chunk.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { judgeTexts, purposesCover, regionCovers } from '../rights/covers.ts';
import { BlockSet, keyedBlocks, wordsOf } from '../rights/sought-blocks.ts';

type Spec = JobSpec & { kind: 'judge-rows' };
type Judge = (row: number) => boolean;

/** Judges rows block by block: by the consent that they carry, and by whether somebody in them is sought. */
export function judgeRows(job: Spec): void {
  const sought = job.columns.map(() => new BlockSet());
  let block: ColumnChunk[] = [];
  let rows = 0;
  const ends = new Ends(job.day);
  for (const { table, column, bytes } of receiveChunks()) {
    const chunk = decodeColumnChunk(bytes);
    if (table === 0) {
      addBlocks(sought[column] as BlockSet, chunk);
      continue;
    }
    block.push(chunk);
    if (block.length < job.columns.length) continue;
    answer({ kind: 'chunk', column: 0, bytes: verdictsOf(job, { block, sought, ends }) });
    rows += chunk.rowCount;
    block = [];
  }
  if (ends.first !== null) answer({ kind: 'chunk', column: 1, bytes: dayChunk(ends.first) });
  answer({ kind: 'done', rows, rejected: 0 });
}

/** Puts the sought identifiers of a chunk in a set. */
export function addBlocks(set: BlockSet, { values }: ColumnChunk): void {
  const blocks = values as BigUint64Array;
  const words = wordsOf(new Uint8Array(blocks.buffer, blocks.byteOffset, blocks.byteLength));
  for (let row = 0; row * 2 < blocks.length; row += 1) set.add(words, row);
}

function verdictsOf(
  job: Spec,
  { block, sought, ends }: { block: readonly ColumnChunk[]; sought: readonly BlockSet[]; ends: Ends },
): Uint8Array {
  const rowCount = block[0]?.rowCount ?? 0;
  const judges = block.map((chunk, index) => judgeOf(job, index, { chunk, sought: sought[index] as BlockSet }));
  const until = block.find((_, index) => job.columns[index]?.role === 'until');
  const values = new BigInt64Array(Math.ceil(rowCount / 64));
  const bits = new Uint8Array(values.buffer);
  for (let row = 0; row < rowCount; row += 1) {
    if (!judges.every((counts) => counts(row))) continue;
    bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
    if (until !== undefined && isPresent(until, row)) ends.note((until.values as Int32Array)[row] as number);
  }
  return encodeColumnChunk({ type: { kind: 'integer' }, rowCount: values.length, validity: null, values });
}

function judgeOf(job: Spec, index: number, of: { chunk: ColumnChunk; sought: BlockSet }): Judge {
  const { chunk, sought } = of;
  switch (job.columns[index]?.role) {
    case 'purpose':
      return judgeTexts(chunk, (text) => purposesCover(text, job.purpose));
    case 'region':
      return judgeTexts(chunk, (text) => regionCovers(text, job.regions));
    case 'until':
      return (row) => !isPresent(chunk, row) || ((chunk.values as Int32Array)[row] as number) >= job.day;
    default: {
      if (sought.size === 0) return () => true;
      const words = keyedBlocks(chunk.values as Uint8Array, Buffer.from(job.keyHex, 'hex'));
      return (row) => !isPresent(chunk, row) || sought.placeOf(words, row) < 0;
    }
  }
}

// A row whose last day is today ceases to count tomorrow.
class Ends {
  readonly #day: number;
  first: number | null = null;

  constructor(day: number) {
    this.#day = day;
  }

  note(lastDay: number): void {
    const day = Math.max(lastDay, this.#day) + 1;
    if (this.first === null || day < this.first) this.first = day;
  }
}

function dayChunk(day: number): Uint8Array {
  return encodeColumnChunk({ type: { kind: 'date' }, rowCount: 1, validity: null, values: Int32Array.of(day) });
}
