import type { rights } from '../../proto/index.ts';
import { replaceDeliveries } from '../audiences/index.ts';
import { blockOf, type DigestsOfKind, nextCountingVersion, optOutKey } from '../datasets/index.ts';
import type { Call } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { countOf } from './read-identifiers.ts';

/**
 * Records that persons no longer count, from the next question on, and has what destinations hold follow. Answers how
 * many were not recorded before.
 */
export async function optOut(kitchen: Kitchen, call: Call, identifiers: readonly DigestsOfKind[]): Promise<number> {
  const { member } = call.principal;
  const subject = { identifiers: countOf(identifiers) };
  await record(kitchen, { kind: 'persons-opted-out', call, collaboration: null, subject });
  const key = optOutKey(kitchen, member);
  return await kitchen.store.transaction(async (db) => {
    const version = await nextCountingVersion(db, member);
    let recorded = 0;
    for (const { kind, digests } of identifiers) {
      for (const digest of digests) {
        const block = blockOf(key, digest);
        if (await stands(db, { member, kind, block })) continue;
        const facts = { member, kind, block, is_linked: 0, from_version: version, to_version: null };
        await db
          .insertInto('opt_outs')
          .values({ ...facts, recorded_at_ms: kitchen.nowMs() })
          .execute();
        recorded += 1;
      }
    }
    // What stands beside the new ones is searched for by whoever needs it next.
    await forgetLinks(db, member);
    if (recorded > 0)
      await replaceDeliveries(db, {
        ...(await datasetsOf(db, member)),
        identifierCount: recorded,
        nowMs: kitchen.nowMs(),
      });
    return recorded;
  });
}

/** Takes opt-outs back; what was found beside them is searched for anew. Answers how many stood. */
export async function withdrawOptOut(
  kitchen: Kitchen,
  call: Call,
  identifiers: readonly DigestsOfKind[],
): Promise<number> {
  const { member } = call.principal;
  const subject = { identifiers: countOf(identifiers) };
  await record(kitchen, { kind: 'opt-outs-withdrawn', call, collaboration: null, subject });
  const key = optOutKey(kitchen, member);
  return await kitchen.store.transaction(async (db) => {
    const version = await nextCountingVersion(db, member);
    const standing = db
      .updateTable('opt_outs')
      .set({ to_version: version })
      .where('member', '=', member)
      .where('to_version', 'is', null);
    let withdrawn = 0n;
    for (const { kind, digests } of identifiers) {
      for (const digest of digests) {
        const own = standing
          .where('is_linked', '=', 0)
          .where('kind', '=', kind)
          .where('block', '=', blockOf(key, digest));
        withdrawn += (await own.executeTakeFirst()).numUpdatedRows;
      }
    }
    await standing.where('is_linked', '=', 1).execute();
    await forgetLinks(db, member);
    return Number(withdrawn);
  });
}

/** Counts the opt-outs of a member by kind; those that were only found beside them are none of its own. */
export async function countOptOuts(kitchen: Kitchen, member: string): Promise<rights.OptOutCount[]> {
  const rows = await kitchen.store.db
    .selectFrom('opt_outs')
    .select(({ fn }) => ['kind', fn.countAll<number>().as('count')])
    .where('member', '=', member)
    .where('is_linked', '=', 0)
    .where('to_version', 'is', null)
    .groupBy('kind')
    .orderBy('kind')
    .execute();
  return rows.map((row) => ({ kind: row.kind, identifierCount: BigInt(row.count) }));
}

async function stands(
  db: Database,
  { member, kind, block }: { member: string; kind: string; block: Uint8Array },
): Promise<boolean> {
  const row = await db
    .selectFrom('opt_outs')
    .select('from_version')
    .where('member', '=', member)
    .where('kind', '=', kind)
    .where('block', '=', block)
    .where('is_linked', '=', 0)
    .where('to_version', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

async function forgetLinks(db: Database, member: string): Promise<void> {
  const parts = db
    .selectFrom('parts')
    .innerJoin('datasets', 'datasets.dataset_id', 'parts.dataset_id')
    .select('parts.part_id')
    .where('datasets.owner', '=', member);
  await db.deleteFrom('linked_parts').where('part_id', 'in', parts).execute();
}

async function datasetsOf(db: Database, member: string): Promise<{ datasetIds: string[] }> {
  const rows = await db.selectFrom('datasets').select('dataset_id').where('owner', '=', member).execute();
  return { datasetIds: rows.map((row) => row.dataset_id) };
}
