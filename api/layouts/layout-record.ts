import { createHmac } from 'node:crypto';
import type { Selectable } from 'kysely';
import { canonicalText, type LayoutSpec, type PrintedLayout } from '../../policies/index.ts';
import { countedId, type PinnedPersons, type TableSnapshot } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';
import { SealBroken } from '../vault/index.ts';
import { encodeShardIndex, type ShardIndex, StoredShardIndex } from './shard-index.ts';

/** How layouts lie on the disk: one of another form is never found, and is swept. */
const FORM_VERSION = 2;
const LABEL = 'layout-shards';

/** A layout as stored. */
export type LayoutRow = Selectable<Tables['layouts']>;

/** What a layout is made of, at one moment. */
export interface LayoutSource {
  readonly spec: LayoutSpec;
  readonly printed: PrintedLayout;
  /** Of its table, then of the table beside it. */
  readonly snapshots: readonly TableSnapshot[];
  readonly persons: PinnedPersons;
}

/**
 * Names a layout by everything that it was made of: the statements that made it, the tables as their rules have them, the
 * very rows that count, and their persons. The salt is under the same root as this key. Whoever asks finds it by the same
 * things, so that one that is out of date is not found.
 */
export function layoutName(kitchen: Kitchen, collaborationId: string, source: LayoutSource): string {
  const key = kitchen.vault.deriveKey(`layout-names/${collaborationId}`);
  const { spec, printed, snapshots, persons } = source;
  const rows = snapshots.map((snapshot) => countedId(snapshot, persons));
  const { columns, steps, sql } = printed;
  const madeOf = canonicalText({ version: FORM_VERSION, spec, columns, steps, sql, rows });
  return createHmac('sha256', key).update(madeOf).digest('hex');
}

/** What a layout is and what it was made of, as it stands in the store. */
export function madeOf({ spec, printed, snapshots }: LayoutSource): string {
  const { table, matched } = spec.base;
  const named = (view: typeof table) => ({ member: view.member, alias: view.alias });
  return JSON.stringify({
    table: named(table),
    matched: matched === null ? null : named(matched),
    dimensions: spec.dimensions,
    columns: printed.columns.map(({ name }) => name),
    contents: snapshots.map(({ contentId }) => contentId),
  });
}

/** What is read of it again. */
export interface MadeOf {
  readonly table: { readonly member: string; readonly alias: string };
  readonly matched: { readonly member: string; readonly alias: string } | null;
  readonly dimensions: readonly string[];
  /** Of its tables, as they counted. */
  readonly contents: readonly string[];
}

/** Seals what is known of a layout's shards. */
export function sealShardIndex(kitchen: Kitchen, layoutId: string, index: ShardIndex): Uint8Array {
  return kitchen.vault.sealBytes({ label: LABEL, id: layoutId }, encodeShardIndex(index));
}

/** Opens what is known of a layout's shards; null where it is broken: a layout is never worth a failed run. */
export function openShardIndex(
  kitchen: Kitchen,
  row: Pick<LayoutRow, 'layout_id' | 'details_sealed'>,
): StoredShardIndex | null {
  if (row.details_sealed === null) throw new Error(`layout \`${row.layout_id}\` is not ready`);
  try {
    return new StoredShardIndex(kitchen.vault.openBytes({ label: LABEL, id: row.layout_id }, row.details_sealed));
  } catch (cause) {
    if (cause instanceof SealBroken) return null;
    throw cause;
  }
}
