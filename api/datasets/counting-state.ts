// Which rows of a dataset count in a collaboration: their consent must cover its purpose, and nobody in them may have
// opted out. What decides it is named here; the verdicts over rows are made once for each such state.
import type { Kitchen } from '../kitchen/index.ts';
import { anyOf, writtenOnce } from '../store/index.ts';
import { columnsOf, type DatasetColumn, identifiersOf, isConsent } from './dataset-columns.ts';

const DAY_MS = 86_400_000;

/** A state of what counts. */
export interface CountingState {
  readonly collaborationId: string;
  /** Whose opt-outs count: the owner of the data. */
  readonly member: string;
  /** Of the owner's opt-outs; 0 before the first. */
  readonly version: number;
  /** Days since 1970 UTC where rows carry a last day; else 0, as no day changes anything. */
  readonly day: number;
}

/** The state of what counts, as far as it is named by a content. */
export type NamedState = Pick<CountingState, 'version' | 'day'>;

/** The facts that a state follows from. */
export interface CountedDataset {
  readonly owner: string;
  readonly columns: string;
}

/** Whether rows carry consent, and whether they name persons at all: public tables have nobody who could give any. */
function consentOf(columns: readonly DatasetColumn[]): {
  readonly hasConsent: boolean;
  readonly hasDays: boolean;
} {
  if (identifiersOf(columns).length === 0) return { hasConsent: false, hasDays: false };
  return { hasConsent: columns.some(isConsent), hasDays: columns.some((c) => c.kind === 'consent_until') };
}

const findVersions = writtenOnce((db, of: { readonly members: readonly string[] }) =>
  db.selectFrom('counting_versions').selectAll().where('member', 'in', anyOf(of.members)),
);

/** How often what counts of each member's data may have changed. */
export async function readVersions(kitchen: Kitchen, members: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await findVersions(kitchen.store.db, { members });
  return new Map(rows.map((row) => [row.member, row.version]));
}

/** The day of now. */
export function dayOf(nowMs: number): number {
  return Math.floor(nowMs / DAY_MS);
}

/** The state that counts now; null where every row counts, which then costs nothing. */
export function stateOf(
  dataset: CountedDataset,
  of: { readonly collaborationId: string; readonly version: number; readonly day: number },
): CountingState | null {
  const columns = columnsOf(dataset.columns);
  const { hasConsent, hasDays } = consentOf(columns);
  const version = identifiersOf(columns).length === 0 ? 0 : of.version;
  if (!hasConsent && version === 0) return null;
  return { collaborationId: of.collaborationId, member: dataset.owner, version, day: hasDays ? of.day : 0 };
}

/**
 * Names the very rows of a snapshot that count: releases and exact aggregations are named by it.
 *
 * It changes with each day where rows carry a last day, and with each opt-out of the owner, whether or not that changes a
 * row: were it to follow the rows, a question that costs nothing again would tell that nobody's consent has ended.
 */
export function contentName(snapshotId: string, revision: number, state: NamedState | null): string {
  const { version, day } = state ?? { version: 0, day: 0 };
  if (version === 0 && day === 0) return revision === 0 ? snapshotId : `${snapshotId}/${revision}`;
  return [snapshotId, revision, version, day].join('/');
}

/** Reads a name of {@link contentName}. */
export function readContentName(name: string): NamedState & { readonly snapshotId: string; readonly revision: number } {
  const [snapshotId = '', revision = '0', version = '0', day = '0'] = name.split('/');
  return { snapshotId, revision: Number(revision), version: Number(version), day: Number(day) };
}
