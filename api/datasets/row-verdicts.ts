// Verdicts over the rows of a part: made once for each state of what counts, sealed, and looked up by questions.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type JudgedColumn, keepRows } from '../../sandbox/index.ts';
import { type Kitchen, newId } from '../kitchen/index.ts';
import type { SealedPlace } from '../vault/index.ts';
import { readColumnChunks, writeColumnChunk } from './column-file.ts';
import type { CountingState } from './counting-state.ts';
import { columnsOf, identifiersOf } from './dataset-columns.ts';
import { ensureOptOutsLinked, optOutKey, readOptOuts } from './opt-outs.ts';
import { columnPlace, type PartRef } from './places.ts';

/** Longest time to judge the rows of one part: a hundred million. */
const JUDGING_DEADLINE_MS = 1_800_000;
/** How long verdicts that were replaced are kept for questions that were asked before: longer than any runs. */
const KEPT_MS = 3_600_000;
const LABEL = 'consent-days';
const ROLES = { consent_purpose: 'purpose', consent_region: 'region', consent_until: 'until' } as const;

const underWay = new Map<string, Promise<unknown>>();

/** The folder of all verdicts. */
function verdictsDirectory(kitchen: Kitchen): string {
  return join(kitchen.config.dataDirectory, 'verdicts');
}

function verdictPlace(kitchen: Kitchen, fileName: string, { datasetId }: Pick<PartRef, 'datasetId'>): SealedPlace {
  return { path: join(verdictsDirectory(kitchen), fileName), fileId: `verdicts/${fileName}`, dataset: datasetId };
}

/** Makes the verdicts over some parts in a state, unless they are there. */
export async function ensureVerdicts(kitchen: Kitchen, state: CountingState, parts: readonly PartRef[]): Promise<void> {
  if (state.version > 0) await ensureOptOutsLinked(kitchen, state.member);
  for (const part of parts) {
    const key = [state.collaborationId, part.partId, state.version, state.day].join('/');
    const running = underWay.get(key) ?? makeUnlessThere(kitchen, state, part);
    underWay.set(key, running);
    try {
      await running;
    } finally {
      underWay.delete(key);
    }
  }
}

/** The rows of a part's stored chunks that count; all of them where there is no state. */
export async function* countingChunks(
  kitchen: Kitchen,
  of: { readonly state: CountingState | null; readonly part: PartRef },
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  if (of.state === null) return yield* chunks;
  const fileName = await findVerdicts(kitchen, of.state, of.part);
  // INVARIANT: whoever reads a table has made sure of its verdicts.
  if (fileName === undefined) throw new Error(`part \`${of.part.partId}\` has no verdicts`);
  const verdicts = readColumnChunks(kitchen, verdictPlace(kitchen, fileName, of.part));
  try {
    for await (const chunk of chunks) {
      const verdict = await verdicts.next();
      if (verdict.done) throw new Error(`part \`${of.part.partId}\` has more chunks than verdicts`);
      const kept = keepRows(chunk, verdict.value);
      if (kept !== null) yield kept;
    }
  } finally {
    await verdicts.return();
  }
}

async function findVerdicts(kitchen: Kitchen, state: CountingState, part: PartRef): Promise<string | undefined> {
  const rows = await kitchen.store.db
    .selectFrom('consent_columns')
    .selectAll()
    .where('collaboration_id', '=', state.collaborationId)
    .where('part_id', '=', part.partId)
    .where('version', '=', state.version)
    .execute();
  return rows.find((row) => {
    const days = kitchen.vault.openBytes({ label: LABEL, id: row.file_name }, row.days_sealed);
    const { from, changesOn } = JSON.parse(Buffer.from(days).toString()) as { from: number; changesOn: number | null };
    return from <= state.day && (changesOn === null || state.day < changesOn);
  })?.file_name;
}

async function makeUnlessThere(kitchen: Kitchen, state: CountingState, part: PartRef): Promise<void> {
  if ((await findVerdicts(kitchen, state, part)) !== undefined) return;
  const fileName = `${newId('verdicts')}.sealed`;
  const changesOn = await judge(kitchen, state, { part, fileName });
  const days = Buffer.from(JSON.stringify({ from: state.day, changesOn }).padEnd(64));
  await kitchen.store.db
    .insertInto('consent_columns')
    .values({
      collaboration_id: state.collaborationId,
      part_id: part.partId,
      version: state.version,
      file_name: fileName,
      days_sealed: kitchen.vault.sealBytes({ label: LABEL, id: fileName }, days),
      made_at_ms: kitchen.nowMs(),
    })
    .execute();
  await removeReplaced(kitchen, state, part);
}

async function judge(
  kitchen: Kitchen,
  state: CountingState,
  { part, fileName }: { part: PartRef; fileName: string },
): Promise<number | null> {
  const { db } = kitchen.store;
  const [dataset, collaboration] = await Promise.all([
    db
      .selectFrom('datasets')
      .select(['columns', 'owner'])
      .where('dataset_id', '=', part.datasetId)
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('collaborations')
      .select(['purpose', 'regions'])
      .where('collaboration_id', '=', state.collaborationId)
      .executeTakeFirstOrThrow(),
  ]);
  const job = {
    columns: judgedColumns(kitchen, dataset.columns, { part, version: state.version }),
    purpose: collaboration.purpose,
    regions: JSON.parse(collaboration.regions) as string[],
    day: state.day,
    key: optOutKey(kitchen, state.member),
    sought: state.version === 0 ? [] : await readOptOuts(kitchen, state),
  };
  const file = await kitchen.vault.createFile(verdictPlace(kitchen, fileName, part));
  try {
    let changesOn: number | null = null;
    for await (const event of kitchen.wall.judgeRows(job, { deadlineMs: JUDGING_DEADLINE_MS, lane: dataset.owner })) {
      if (event.kind === 'chunk') await writeColumnChunk(file, event.bytes);
      else changesOn = event.changesOn;
    }
    await file.finish();
    return changesOn;
  } finally {
    await file.abandon();
  }
}

function judgedColumns(
  kitchen: Kitchen,
  columns: string,
  { part, version }: { part: PartRef; version: number },
): JudgedColumn[] {
  const chunksOf = (index: number) => () => readColumnChunks(kitchen, columnPlace(kitchen, part, index));
  const schema = columnsOf(columns);
  const consents = schema.flatMap(({ kind }, index) =>
    kind in ROLES ? [{ role: ROLES[kind as keyof typeof ROLES], chunks: chunksOf(index) }] : [],
  );
  if (version === 0) return consents;
  const identifiers = identifiersOf(schema).map(({ index, kind }) => ({
    role: 'identifier' as const,
    kind,
    chunks: chunksOf(index),
  }));
  return [...consents, ...identifiers];
}

// What a question that was asked before still reads stays, for as long after the first verdicts that took its place; exact
// aggregations of then are judged again when they are compared with.
async function removeReplaced(kitchen: Kitchen, state: CountingState, { partId }: PartRef): Promise<void> {
  const { db } = kitchen.store;
  const { replaced } = await db
    .selectFrom('consent_columns')
    .select(({ fn }) => fn.max<number | null>('version').as('replaced'))
    .where('collaboration_id', '=', state.collaborationId)
    .where('part_id', '=', partId)
    .where('made_at_ms', '<', kitchen.nowMs() - KEPT_MS)
    .executeTakeFirstOrThrow();
  const old = await db
    .deleteFrom('consent_columns')
    .where('collaboration_id', '=', state.collaborationId)
    .where('part_id', '=', partId)
    .where('version', '<', Math.min(replaced ?? 0, state.version))
    .where('made_at_ms', '<', kitchen.nowMs() - KEPT_MS)
    .returning('file_name')
    .execute();
  for (const { file_name: fileName } of old) await removeVerdictFile(kitchen, fileName);
}

/** Removes a file of verdicts that nothing names any more. */
export async function removeVerdictFile(kitchen: Kitchen, fileName: string): Promise<void> {
  await rm(join(verdictsDirectory(kitchen), fileName), { force: true });
}

/** Removes the files of verdicts that a crash left without their row. Run at start. */
export async function sweepVerdicts(kitchen: Kitchen): Promise<void> {
  const rows = await kitchen.store.db.selectFrom('consent_columns').select('file_name').execute();
  const kept = new Set(rows.map((row) => row.file_name));
  const found = await readdir(verdictsDirectory(kitchen)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of found) if (!kept.has(name)) await removeVerdictFile(kitchen, name);
}
