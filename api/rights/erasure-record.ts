// An erasure is on the disk before anything is done, and is carried out until it is done, over any number of starts.
import type { Selectable } from 'kysely';
import { rights } from '../../proto/index.ts';
import type { IdentifierKind } from '../../sandbox/index.ts';
import type { DigestsOfKind } from '../datasets/index.ts';
import { type Call, notFound } from '../grpc/index.ts';
import { type Kitchen, newId } from '../kitchen/index.ts';
import type { Database, Tables } from '../store/index.ts';
import { countOf } from './read-identifiers.ts';

/** An erasure as stored. */
export type ErasureRow = Selectable<Tables['erasures']>;

/** The exact numbers of an erasure: its owner's alone. */
export interface ErasureNumbers {
  readonly rowCount: number;
  readonly refusedRowCount: number;
  readonly partCount: number;
  readonly waitingUploadCount: number;
}

const SCOPES = {
  persons: rights.ErasureScope.PERSONS,
  dataset: rights.ErasureScope.DATASET,
  member: rights.ErasureScope.MEMBER,
} as const;

/** Accepts an erasure; from here on it will happen. Answers its id. */
export async function requestErasure(
  kitchen: Kitchen,
  { principal }: Pick<Call, 'principal'>,
  what: {
    readonly scope: ErasureRow['scope'];
    readonly datasetId?: string;
    readonly identifiers?: readonly DigestsOfKind[];
  },
): Promise<string> {
  const erasureId = newId('er');
  const identifiers = what.identifiers ?? [];
  const whom = identifiers.map(({ kind, digests }) => ({
    kind,
    digests: digests.map((d) => Buffer.from(d).toString('base64')),
  }));
  await kitchen.store.db
    .insertInto('erasures')
    .values({
      erasure_id: erasureId,
      member: principal.member,
      scope: what.scope,
      dataset_id: what.datasetId ?? null,
      identifiers_sealed: kitchen.vault.sealBytes(whomPlace(erasureId), Buffer.from(JSON.stringify(whom))),
      identifier_count: countOf(identifiers),
      principal: principal.principal,
      state: 'requested',
      numbers_sealed: null,
      receipt: null,
      leaf_index: null,
      requested_at_ms: kitchen.nowMs(),
      done_at_ms: null,
    })
    .execute();
  return erasureId;
}

/** Whom an erasure is of; nobody once they are gone. */
export function identifiersOfErasure(kitchen: Kitchen, row: ErasureRow): readonly DigestsOfKind[] {
  if (row.identifiers_sealed === null) return [];
  const plain = kitchen.vault.openBytes(whomPlace(row.erasure_id), row.identifiers_sealed);
  const whom = JSON.parse(Buffer.from(plain).toString()) as { kind: IdentifierKind; digests: string[] }[];
  return whom.map(({ kind, digests }) => ({ kind, digests: digests.map((d) => Buffer.from(d, 'base64')) }));
}

/**
 * Marks an erasure as switched: from the end of the transaction on nobody is shown what it is about, and what names the
 * persons is gone. The files are left to remove.
 */
export async function markSwitched(
  kitchen: Kitchen,
  db: Database,
  { erasure_id: erasureId }: Pick<ErasureRow, 'erasure_id'>,
  { numbers, receipt }: { readonly numbers: ErasureNumbers; readonly receipt: object },
): Promise<void> {
  // To a length that says nothing of the numbers.
  const plain = Buffer.from(JSON.stringify(numbers).padEnd(256));
  await db
    .updateTable('erasures')
    .set({
      state: 'switched',
      numbers_sealed: kitchen.vault.sealBytes(numbersPlace(erasureId), plain),
      receipt: JSON.stringify(receipt),
      identifiers_sealed: null,
    })
    .where('erasure_id', '=', erasureId)
    .execute();
}

/** Reads an erasure of the caller's member. @throws {ServiceError} NOT_FOUND */
export async function readErasure(
  kitchen: Kitchen,
  call: Pick<Call, 'principal'>,
  erasureId: string,
): Promise<rights.Erasure> {
  const row = await kitchen.store.db
    .selectFrom('erasures')
    .selectAll()
    .where('erasure_id', '=', erasureId)
    .where('member', '=', call.principal.member)
    .executeTakeFirst();
  if (row === undefined) throw notFound('erasure');
  return erasureMessage(kitchen, row);
}

function erasureMessage(kitchen: Kitchen, row: ErasureRow): rights.Erasure {
  const numbers =
    row.numbers_sealed === null
      ? { rowCount: 0, refusedRowCount: 0, partCount: 0, waitingUploadCount: 0 }
      : (JSON.parse(
          Buffer.from(kitchen.vault.openBytes(numbersPlace(row.erasure_id), row.numbers_sealed)).toString(),
        ) as ErasureNumbers);
  return {
    erasureId: row.erasure_id,
    scope: SCOPES[row.scope],
    isDone: row.state === 'done',
    identifierCount: BigInt(row.identifier_count),
    rowCount: BigInt(numbers.rowCount),
    refusedRowCount: BigInt(numbers.refusedRowCount),
    partCount: BigInt(numbers.partCount),
    waitingUploadCount: BigInt(numbers.waitingUploadCount),
    requestedAt: new Date(row.requested_at_ms),
    doneAt: row.done_at_ms === null ? undefined : new Date(row.done_at_ms),
    leafIndex: row.leaf_index === null ? undefined : BigInt(row.leaf_index),
  };
}

function whomPlace(erasureId: string) {
  return { label: 'erasure-whom', id: erasureId };
}

function numbersPlace(erasureId: string) {
  return { label: 'erasure-numbers', id: erasureId };
}
