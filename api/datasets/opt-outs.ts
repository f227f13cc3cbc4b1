// An opt-out is a digest under a key of its member: it can be looked up and not read. What stands beside it in rows and
// names the same person is found behind the wall and kept likewise.
import { createCipheriv } from 'node:crypto';
import type { IdentifierKind, SoughtIdentifiers } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { readColumnChunks } from './column-file.ts';
import { columnsOf, identifiersOf } from './dataset-columns.ts';
import { inTurn } from './in-turn.ts';
import { columnPlace } from './places.ts';

/** Longest time to search all parts of a member: a hundred million rows, twice. */
const LINKING_DEADLINE_MS = 1_800_000;
/** Bytes of a digest that the block is made of; the rest makes no two identifiers easier to tell apart. */
const BLOCK_BYTES = 16;
/** Kinds from the one that names persons best; custom ones come last, by name. */
const BY_PRECISION = ['member_id', 'email', 'phone', 'card_number', 'device_id'];

/** Identifiers of one kind, by their digests. */
export interface DigestsOfKind {
  readonly kind: IdentifierKind;
  readonly digests: readonly Uint8Array[];
}

/** The key under which a member's opt-outs are kept. */
export function optOutKey(kitchen: Kitchen, member: string): Uint8Array {
  return kitchen.vault.deriveKey(`opt-outs/${member}`).export();
}

/** What a digest is looked up as. */
export function blockOf(key: Uint8Array, digest: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return cipher.update(digest.subarray(0, BLOCK_BYTES));
}

/** Digests as they are sought behind the wall. */
export function soughtOf(key: Uint8Array, identifiers: readonly DigestsOfKind[]): SoughtIdentifiers[] {
  return identifiers.map(({ kind, digests }) => ({ kind, blocks: Buffer.concat(digests.map((d) => blockOf(key, d))) }));
}

/** The opt-outs of a member that count at a version; those alone that somebody asked for, where they are wanted. */
export async function readOptOuts(
  kitchen: Kitchen,
  { member, version, isAsked = false }: { member: string; version: number; isAsked?: boolean },
): Promise<SoughtIdentifiers[]> {
  const all = kitchen.store.db.selectFrom('opt_outs');
  const rows = await (isAsked ? all.where('is_linked', '=', 0) : all)
    .select(['kind', 'block'])
    .distinct()
    .where('member', '=', member)
    .where('from_version', '<=', version)
    .where((where) => where.or([where('to_version', 'is', null), where('to_version', '>', version)]))
    .execute();
  const byKind = Map.groupBy(rows, (row) => row.kind);
  return [...byKind].map(([kind, found]) => ({
    kind: kind as IdentifierKind,
    blocks: Buffer.concat(found.map(({ block }) => block)),
  }));
}

/** Counts a change of what counts of a member's data. */
export async function nextCountingVersion(db: Database, member: string): Promise<number> {
  const row = await db
    .insertInto('counting_versions')
    .values({ member, version: 1 })
    .onConflict((conflict) =>
      conflict.column('member').doUpdateSet((update) => ({ version: update('counting_versions.version', '+', 1) })),
    )
    .returning('version')
    .executeTakeFirstOrThrow();
  return row.version;
}

/**
 * Counts an upload of a member who has opt-outs: what it brings may tie other identifiers to them. Whether it does must not
 * show, so that it counts always.
 */
export async function noteUploadForOptOuts(db: Database, datasetId: string): Promise<void> {
  const { owner } = await db
    .selectFrom('datasets')
    .select('owner')
    .where('dataset_id', '=', datasetId)
    .executeTakeFirstOrThrow();
  await db
    .updateTable('counting_versions')
    .set((update) => ({ version: update('version', '+', 1) }))
    .where('member', '=', owner)
    .execute();
}

/** A part with what is needed to search it. */
export interface SearchedPart {
  readonly partId: string;
  readonly datasetId: string;
  readonly columns: string;
}

/** The parts of a member that some snapshot has. */
export async function partsOfMember(kitchen: Kitchen, member: string): Promise<readonly SearchedPart[]> {
  return await kitchen.store.db
    .selectFrom('parts')
    .innerJoin('datasets', 'datasets.dataset_id', 'parts.dataset_id')
    .select(['parts.part_id as partId', 'datasets.dataset_id as datasetId', 'datasets.columns'])
    .where('datasets.owner', '=', member)
    .orderBy('parts.created_at_ms')
    .orderBy('parts.part_id')
    .execute();
}

/** Finds the identifiers that stand beside sought ones in the rows of some parts, and name the same persons. */
export async function findLinked(
  kitchen: Kitchen,
  member: string,
  of: { readonly parts: readonly SearchedPart[]; readonly key: Uint8Array; readonly sought: SoughtIdentifiers[] },
): Promise<readonly DigestsOfKind[]> {
  const parts = of.parts
    .map((part) => ({ part, identifiers: identifiersOf(columnsOf(part.columns)) }))
    // A row with one identifier ties nothing to anything.
    .filter(({ identifiers }) => identifiers.length > 1)
    .map(({ part, identifiers }) =>
      identifiers.map(({ index, kind }) => ({
        kind,
        chunks: () => readColumnChunks(kitchen, columnPlace(kitchen, part, index)),
      })),
    );
  if (parts.length === 0 || of.sought.length === 0) return [];
  const kinds = inPrecision([...new Set([...of.sought, ...parts.flat()].map(({ kind }) => kind))]);
  const found = new Map<IdentifierKind, Uint8Array[]>();
  const job = { kinds, parts, key: of.key, sought: of.sought };
  const limits = { deadlineMs: LINKING_DEADLINE_MS, lane: member };
  for await (const { kind, digests } of kitchen.wall.linkIdentifiers(job, limits)) {
    const known = found.get(kind) ?? [];
    for (let at = 0; at < digests.length; at += 32) known.push(digests.slice(at, at + 32));
    found.set(kind, known);
  }
  return [...found].map(([kind, digests]) => ({ kind, digests }));
}

function inPrecision(kinds: IdentifierKind[]): IdentifierKind[] {
  const rankOf = (kind: string) => (BY_PRECISION.includes(kind) ? BY_PRECISION.indexOf(kind) : BY_PRECISION.length);
  return kinds.toSorted((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
}

/** Finds what the parts of a member tie to its opt-outs, unless that is known of all of them. */
export async function ensureOptOutsLinked(kitchen: Kitchen, member: string): Promise<void> {
  await inTurn(`opt-outs/${member}`, () => linkOptOuts(kitchen, member));
}

async function linkOptOuts(kitchen: Kitchen, member: string): Promise<void> {
  while (!(await linkAsOfNow(kitchen, member))) {
    // An opt-out or an upload came while parts were searched: for it they were not.
  }
}

/** Answers false when what was found is of a state that has passed, and was not kept. */
async function linkAsOfNow(kitchen: Kitchen, member: string): Promise<boolean> {
  const { db } = kitchen.store;
  const parts = await partsOfMember(kitchen, member);
  const done = new Set((await db.selectFrom('linked_parts').select('part_id').execute()).map((row) => row.part_id));
  if (parts.every(({ partId }) => done.has(partId))) return true;
  const version = await versionOf(db, member);
  const key = optOutKey(kitchen, member);
  const found = await findLinked(kitchen, member, {
    parts,
    key,
    // What was found before is not sought by: one step would become a chain, a step longer with each upload.
    sought: await readOptOuts(kitchen, { member, version, isAsked: true }),
  });
  const facts = { member, is_linked: 1, from_version: version, to_version: null, recorded_at_ms: kitchen.nowMs() };
  const rows = found.flatMap(({ kind, digests }) => digests.map((d) => ({ ...facts, kind, block: blockOf(key, d) })));
  return await kitchen.store.transaction(async (transaction) => {
    // Were parts noted as searched that were not searched for the newest opt-out, whoever it names would go on counting
    // wherever another identifier names them.
    if ((await versionOf(transaction, member)) !== version) return false;
    // Anew: what an upload has brought may show that an identifier found before is somebody else's too.
    await transaction
      .updateTable('opt_outs')
      .set({ to_version: version })
      .where('member', '=', member)
      .where('is_linked', '=', 1)
      .where('to_version', 'is', null)
      .where('from_version', '<', version)
      .execute();
    for (const row of rows) {
      await transaction
        .insertInto('opt_outs')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    for (const { partId } of parts) await notePartLinked(transaction, partId);
    return true;
  });
}

async function versionOf(db: Database, member: string): Promise<number> {
  const query = db.selectFrom('counting_versions').select('version').where('member', '=', member);
  return (await query.executeTakeFirst())?.version ?? 0;
}

/** Unless the part has been erased meanwhile. */
async function notePartLinked(db: Database, partId: string): Promise<void> {
  const part = await db.selectFrom('parts').select('part_id').where('part_id', '=', partId).executeTakeFirst();
  if (part === undefined) return;
  await db
    .insertInto('linked_parts')
    .values({ part_id: partId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
