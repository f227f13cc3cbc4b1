// A part without the rows of some persons: its columns chunk by chunk, its original as its owner would have written it.
import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { countKept, type FileLayout, keepRows, type SoughtIdentifiers } from '../../sandbox/index.ts';
import { type Kitchen, newId } from '../kitchen/index.ts';
import { readColumnChunks, writeColumnChunk } from './column-file.ts';
import { columnsOf, identifiersOf, ingestColumnsOf } from './dataset-columns.ts';
import { keyedDigest } from './make-part.ts';
import type { SearchedPart } from './opt-outs.ts';
import { appendToOriginal, giveOriginal, openOriginal, removeOriginal } from './original.ts';
import { columnPlace, type PartRef, partDirectory } from './places.ts';
import type { PartRow } from './snapshot-parts.ts';

/** Longest time to rewrite one part: a hundred million rows. */
const REWRITING_DEADLINE_MS = 3_600_000;
const KEY_BYTES = 32;

/** Who is sought in parts, under a key of this search alone. */
export interface Search {
  readonly member: string;
  readonly key: Uint8Array;
  readonly sought: SoughtIdentifiers[];
}

/** A part that was made of another; nothing names it yet. */
export interface RewrittenPart {
  readonly old: PartRow;
  readonly made: PartRow;
}

/** A key for one search. */
export function searchKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/**
 * Makes a part without the rows of those who are sought; null when it has none of them, nor refused rows in its original,
 * of which nobody knows whom they name. After a failure nothing is left.
 */
export async function rewritePart(kitchen: Kitchen, part: SearchedPart, search: Search): Promise<RewrittenPart | null> {
  const old = await kitchen.store.db
    .selectFrom('parts')
    .selectAll()
    .where('part_id', '=', part.partId)
    .executeTakeFirstOrThrow();
  const verdicts = await judge(kitchen, part, search);
  const keptCount = verdicts.reduce((sum, verdict) => sum + countKept(verdict), 0);
  if (keptCount === old.row_count && old.rejected_count === 0) return null;
  const partId = newId('part');
  const originalId = newId('up');
  try {
    const columns = await copyColumns(kitchen, { part, partId, verdicts });
    const original = await redactOriginal(kitchen, { part, old, originalId, search });
    // INVARIANT: rows are judged by the same identifiers, so that columns and original keep the same ones.
    if (original.rows !== keptCount)
      throw new Error(`part \`${part.partId}\` and its original disagree about its rows`);
    const made = {
      part_id: partId,
      dataset_id: old.dataset_id,
      original_id: originalId,
      original_digest: original.digest,
      layout: JSON.stringify(original.layout),
      row_count: keptCount,
      rejected_count: 0,
      rejects: JSON.stringify({}),
      column_digests: JSON.stringify(columns.digests),
      chunk_count: columns.chunkCount,
      created_at_ms: old.created_at_ms,
    };
    return { old, made };
  } catch (cause) {
    await dropPart(kitchen, { part_id: partId, original_id: originalId });
    throw cause;
  }
}

/** Removes the files of a part that nothing names, or names any more. */
export async function dropPart(kitchen: Kitchen, part: Pick<PartRow, 'part_id' | 'original_id'>): Promise<void> {
  await rm(partDirectory(kitchen, part.part_id), { recursive: true, force: true });
  await removeOriginal(kitchen, part.original_id);
}

// A bit a row: a hundred million rows are twelve megabytes.
async function judge(kitchen: Kitchen, part: SearchedPart, search: Search): Promise<readonly Uint8Array[]> {
  const columns = identifiersOf(columnsOf(part.columns)).map(({ index, kind }) => ({
    role: 'identifier' as const,
    kind,
    chunks: () => readColumnChunks(kitchen, columnPlace(kitchen, part, index)),
  }));
  const { key, sought, member } = search;
  const job = { columns, purpose: '', regions: [], day: 0, key, sought };
  const verdicts: Uint8Array[] = [];
  for await (const event of kitchen.wall.judgeRows(job, { deadlineMs: REWRITING_DEADLINE_MS, lane: member })) {
    if (event.kind === 'chunk') verdicts.push(event.bytes);
  }
  return verdicts;
}

async function copyColumns(
  kitchen: Kitchen,
  of: { readonly part: SearchedPart; readonly partId: string; readonly verdicts: readonly Uint8Array[] },
): Promise<{ readonly digests: Record<string, string>; readonly chunkCount: number }> {
  const { part, partId, verdicts } = of;
  const digests: Record<string, string> = {};
  let chunkCount = 0;
  for (const [index, { name }] of columnsOf(part.columns).entries()) {
    const place = columnPlace(kitchen, { partId, datasetId: part.datasetId }, index);
    const copied = await copyColumn(kitchen, { from: { part, index }, place, verdicts });
    digests[name] = keyedDigest(kitchen, partId, copied.sha256);
    chunkCount = copied.chunkCount;
  }
  return { digests, chunkCount };
}

async function copyColumn(
  kitchen: Kitchen,
  of: {
    readonly from: { readonly part: PartRef; readonly index: number };
    readonly place: ReturnType<typeof columnPlace>;
    readonly verdicts: readonly Uint8Array[];
  },
): Promise<{ readonly sha256: string; readonly chunkCount: number }> {
  const { from, place, verdicts } = of;
  const file = await kitchen.vault.createFile(place);
  try {
    let block = 0;
    let chunkCount = 0;
    for await (const chunk of readColumnChunks(kitchen, columnPlace(kitchen, from.part, from.index))) {
      const verdict = verdicts[block];
      if (verdict === undefined) throw new Error(`part \`${from.part.partId}\` has more chunks than verdicts`);
      block += 1;
      const kept = keepRows(chunk, verdict);
      if (kept === null) continue;
      await writeColumnChunk(file, kept);
      chunkCount += 1;
    }
    return { sha256: (await file.finish()).sha256, chunkCount };
  } finally {
    await file.abandon();
  }
}

async function redactOriginal(
  kitchen: Kitchen,
  of: { readonly part: SearchedPart; readonly old: PartRow; readonly originalId: string; readonly search: Search },
): Promise<{ readonly rows: number; readonly digest: string; readonly layout: FileLayout }> {
  const { part, old, originalId, search } = of;
  const layout = JSON.parse(old.layout) as FileLayout;
  const columns = ingestColumnsOf(columnsOf(part.columns));
  const { key, sought, member } = search;
  const file = await openOriginal(kitchen, old.original_id);
  const events = kitchen.wall.redact({ layout, columns, key, sought }, file, {
    deadlineMs: REWRITING_DEADLINE_MS,
    lane: member,
  });
  const hash = createHash('sha256');
  let rows = 0;
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    for await (const event of events) {
      if (event.kind === 'done') rows = event.rows;
      else {
        hash.update(event.bytes);
        yield event.bytes;
      }
    }
  }
  await appendToOriginal(kitchen, originalId, bytes());
  await giveOriginal(kitchen, originalId, old.dataset_id);
  return { rows, digest: hash.digest('hex'), layout: redactedLayout(layout) };
}

/** How a redacted original is written: text as UTF-8, whatever it was, and tables as lines of JSON. */
function redactedLayout({ encoding: _, ...layout }: FileLayout): FileLayout {
  const isText = layout.format === 'csv' || layout.format === 'ndjson';
  return isText ? layout : { ...layout, format: 'ndjson' };
}
