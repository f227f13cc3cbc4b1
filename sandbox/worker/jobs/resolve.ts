import { type ColumnChunk, decodeColumnChunk, isPresent } from '../../wire/column-chunk.ts';
import { type JobSpec, PART_GROUPS_COUNT, type SpineInput } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { EntryTable, wordsOf } from '../spine/entry-table.ts';
import { decodeNodes } from '../spine/row-names.ts';
import { Spine } from '../spine/spine.ts';
import { tellMember } from '../spine/told-spine.ts';

type ResolveJob = JobSpec & { kind: 'resolve' };

/** Decides who is one person, and answers who is called otherwise than by its own node, member by member. */
export function resolve(job: ResolveJob): void {
  const spine = new Spine(job.aloneKeysHex.length, job.unit);
  const earlier = new Map<number, EntryTable>();
  for (const { table, bytes } of receiveChunks()) {
    const input = job.inputs[table];
    if (input === undefined) throw new Error('a chunk of no input');
    const chunk = decodeColumnChunk(bytes);
    if (input.kind === 'earlier') entriesOf(earlier, input.member).add(chunk);
    else take(spine, input, { chunk, isCounting: job.isCounting });
  }
  spine.resolve();
  let rows = 0;
  let changedGroups = 0;
  for (const [member, keyHex] of job.aloneKeysHex.entries()) {
    const known = { member, aloneKey: Buffer.from(keyHex, 'hex'), earlier: earlier.get(member) };
    const told = tellMember(spine, known, (bytes) => answer({ kind: 'chunk', column: member, bytes }));
    rows += told.rows;
    changedGroups |= told.changedGroups;
  }
  answer({ kind: 'resolved', changedGroups: changedGroups >>> 0, counts: spine.counts });
  answer({ kind: 'done', rows, rejected: 0 });
}

function entriesOf(earlier: Map<number, EntryTable>, member: number): EntryTable {
  const entries = earlier.get(member) ?? new EntryTable();
  earlier.set(member, entries);
  return entries;
}

function take(
  spine: Spine,
  { kind, member, part, ranks }: SpineInput,
  { chunk, isCounting }: { chunk: ColumnChunk; isCounting: boolean },
): void {
  const group = 1 << (part % PART_GROUPS_COUNT);
  const rankAt = (place: number): number => ranks[place] as number;
  if (kind === 'links') {
    const { top, other, words } = decodeNodes(chunk);
    spine.addLinks(member, [rankAt(top), rankAt(other)], words, group);
    return;
  }
  const { top, words } = kind === 'singles' ? decodeNodes(chunk) : { top: 0, words: presentNodes(chunk) };
  if (isCounting) spine.addCounted(member, rankAt(top), words);
  else spine.addPresent(member, words, group);
}

function presentNodes(chunk: ColumnChunk): Uint32Array {
  const words = wordsOf(chunk.values as BigUint64Array);
  if (chunk.validity === null) return words;
  const kept: number[] = [];
  for (let row = 0; row < chunk.rowCount; row += 1) {
    if (isPresent(chunk, row)) kept.push(words[row * 2] as number, words[row * 2 + 1] as number);
  }
  return Uint32Array.from(kept);
}
