import { setTimeout as sleep } from 'node:timers/promises';
import type { EntryKind } from '../../audit/index.ts';
import { refreshSpine, removeFormerPersons } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Runs } from '../queries/index.ts';
import { eraseDataset, eraseMember } from './erase-dataset.ts';
import type { Leftovers } from './erase-persons.ts';
import { erasePersons } from './erase-persons.ts';
import { eraseNamingDetails, eraseTouchingDetails } from './erase-records.ts';
import type { ErasureRow } from './erasure-record.ts';

/** How long an erasure that came to nothing waits for its next attempt: what it needs is rarely there at once. */
const RETRY_MS = 10_000;

const KINDS = {
  persons: 'person-erased',
  dataset: 'dataset-erased',
  member: 'member-erased',
} as const satisfies Record<ErasureRow['scope'], EntryKind>;

const CARRY_OUT = { persons: erasePersons, dataset: eraseDataset, member: eraseMember } as const;

interface Tools {
  readonly runs: Runs;
  readonly onSwitched: () => void;
  /** Takes all that is derived from the tables of some collaborations away. */
  readonly forgetLayouts: (collaborationIds: readonly string[]) => Promise<void>;
  /** What is to be removed of erasures that are switched and not done. */
  readonly leftovers: Map<string, Leftovers>;
}

/** The loop that carries erasures out, one after another, until each is done. */
export interface Erasures {
  /** Looks for erasures now. */
  readonly nudge: () => void;
  /** Waits until an erasure is done, but no longer than so. */
  readonly wait: (erasureId: string, maxMs: number) => Promise<void>;
  /** Stops, and waits for the one under way; what it has not done is done after the next start. */
  readonly close: () => Promise<void>;
}

/** Starts with what is not done yet. */
export function startErasures(kitchen: Kitchen, given: Omit<Tools, 'leftovers'>): Erasures {
  const of = { ...given, leftovers: new Map<string, Leftovers>() };
  const stop = new AbortController();
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  let wake = Promise.withResolvers<void>();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const open = await findOpen(kitchen).catch((cause: unknown) => {
        kitchen.operatorLog.error({ err: cause }, 'erasures could not be read');
        return [];
      });
      for (const id of open) {
        if (stop.signal.aborted) return;
        if (await attempt(kitchen, id, of)) waiting.get(id)?.resolve();
      }
      const timer = setTimeout(() => wake.resolve(), RETRY_MS);
      await wake.promise;
      clearTimeout(timer);
      wake = Promise.withResolvers<void>();
    }
  };
  const ended = run();
  return {
    nudge: () => wake.resolve(),
    wait: async (erasureId, maxMs) => {
      const done = waiting.get(erasureId) ?? Promise.withResolvers<void>();
      waiting.set(erasureId, done);
      const timer = new AbortController();
      if ((await readErasureRow(kitchen, erasureId))?.state !== 'done') {
        wake.resolve();
        await Promise.race([done.promise, sleep(maxMs, undefined, { signal: timer.signal }).catch(() => {})]);
      }
      timer.abort();
      waiting.delete(erasureId);
    },
    close: async () => {
      stop.abort();
      wake.resolve();
      await ended;
    },
  };
}

async function findOpen(kitchen: Kitchen): Promise<readonly string[]> {
  const rows = await kitchen.store.db
    .selectFrom('erasures')
    .select('erasure_id')
    .where('state', '!=', 'done')
    .orderBy('requested_at_ms')
    .execute();
  return rows.map((row) => row.erasure_id);
}

/** Whether it is done now. What stands in the way is the operator's to see: an erasure fails for nobody's fault. */
async function attempt(kitchen: Kitchen, erasureId: string, of: Tools): Promise<boolean> {
  try {
    await carryOut(kitchen, erasureId, of);
    return true;
  } catch (cause) {
    kitchen.operatorLog.error({ err: cause, erasureId }, 'an erasure is not done yet, and will be tried again');
    return false;
  }
}

async function carryOut(kitchen: Kitchen, erasureId: string, of: Tools): Promise<void> {
  const { runs, onSwitched, forgetLayouts, leftovers } = of;
  const requested = await readErasureRow(kitchen, erasureId);
  if (requested === undefined) return;
  if (requested.state === 'requested') {
    // Before the switch, which forgets whom it was asked for. A question that names them later is a later question.
    await eraseNamingDetails(kitchen, requested);
    leftovers.set(erasureId, await CARRY_OUT[requested.scope](kitchen, requested));
  }
  onSwitched();
  const erasure = await readErasureRow(kitchen, erasureId);
  if (erasure === undefined) return;
  const collaborationIds = await collaborationsTouched(kitchen, erasure);
  // Before the receipt says that the rows are gone: layouts are copies of them.
  await forgetLayouts(collaborationIds);
  await writeReceipt(kitchen, erasure);
  for (const collaborationId of collaborationIds) await refreshSpine(kitchen, collaborationId);
  // All of these collaborations, as persons of other tables may have been told apart by rows that are gone.
  await runs.interrupt(collaborationIds);
  // Once more: what was made meanwhile is of persons as they were.
  await forgetLayouts(collaborationIds);
  // Kept over attempts that came to nothing behind the switch; after a crash there the start has removed them.
  await leftovers.get(erasureId)?.();
  leftovers.delete(erasureId);
  await removeFormerPersons(kitchen, collaborationIds);
  await eraseTouchingDetails(kitchen, erasure);
  if (erasure.scope !== 'persons') await destroyKeys(kitchen, erasure);
  await kitchen.store.db
    .updateTable('erasures')
    .set({ state: 'done', done_at_ms: kitchen.nowMs() })
    .where('erasure_id', '=', erasureId)
    .execute();
}

async function readErasureRow(kitchen: Kitchen, erasureId: string): Promise<ErasureRow | undefined> {
  return await kitchen.store.db
    .selectFrom('erasures')
    .selectAll()
    .where('erasure_id', '=', erasureId)
    .executeTakeFirst();
}

async function writeReceipt(kitchen: Kitchen, erasure: ErasureRow): Promise<void> {
  if (erasure.leaf_index !== null) return;
  const { leafIndex } = await kitchen.log.append({
    kind: KINDS[erasure.scope],
    at: new Date(kitchen.nowMs()).toISOString(),
    actor: { principal: erasure.principal, member: erasure.member },
    collaboration: null,
    subject: JSON.parse(erasure.receipt ?? '{}'),
  });
  await kitchen.store.db
    .updateTable('erasures')
    .set({ leaf_index: leafIndex })
    .where('erasure_id', '=', erasure.erasure_id)
    .execute();
}

async function collaborationsTouched(kitchen: Kitchen, erasure: ErasureRow): Promise<readonly string[]> {
  const bindings = kitchen.store.db.selectFrom('bindings').select('collaboration_id').distinct();
  const touched =
    erasure.dataset_id === null
      ? bindings.where('owner', '=', erasure.member)
      : bindings.where('dataset_id', '=', erasure.dataset_id);
  return (await touched.execute()).map((row) => row.collaboration_id);
}

/** Whatever copies of the data there are elsewhere, in backups for one, cannot be opened after this. */
async function destroyKeys(kitchen: Kitchen, erasure: ErasureRow): Promise<void> {
  const { datasets } = JSON.parse(erasure.receipt ?? '{}') as { datasets?: readonly string[] };
  for (const datasetId of datasets ?? []) await kitchen.vault.destroyDatasetKey(datasetId);
}
