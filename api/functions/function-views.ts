import type { FunctionView, UsedFunction } from '../../policies/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { parseSignature } from './function-digest.ts';
import { type FunctionRow, isForCaller, readFound, selectVersions } from './function-record.ts';

/** Where functions will be used, and for which member. */
export interface FunctionUse {
  readonly collaborationId: string;
  readonly actingFor: string;
}

/** The functions that a question or an audience of a caller may name now, each in its newest version. */
export async function readFunctionViews(
  kitchen: Kitchen,
  call: Pick<Call, 'principal'>,
  { collaborationId, actingFor }: FunctionUse,
): Promise<readonly FunctionView[]> {
  const rows = await readFound(kitchen, collaborationId);
  return rows.filter((row) => isForCaller(row, call, actingFor)).map(viewOf);
}

/** The very versions that an audience was defined with, retired or not. */
export async function functionViewsOf(
  kitchen: Kitchen,
  collaborationId: string,
  used: readonly UsedFunction[],
): Promise<readonly FunctionView[]> {
  if (used.length === 0) return [];
  const rows = await selectVersions(kitchen.store.db)
    .where('functions.collaboration_id', '=', collaborationId)
    .where(
      'function_versions.digest',
      'in',
      used.map(({ digest }) => digest),
    )
    .execute();
  return used.map(({ member, name, digest }) => {
    const row = rows.find((r) => r.member === member && r.name === name && r.digest === digest);
    // INVARIANT: versions are never deleted.
    if (row === undefined) throw new Error('a version of a function is gone');
    return viewOf(row);
  });
}

function viewOf({ member, name, digest, signature }: FunctionRow): FunctionView {
  return { member, name, digest, ...parseSignature(signature) };
}
