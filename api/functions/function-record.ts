import type { Selectable } from 'kysely';
import type { FunctionAction } from '../authorize/index.ts';
import { type CollaborationRecord, factsOf, grantFactsOf, readCollaboration } from '../collaborations/index.ts';
import { accessRefused, type Call, notFound } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database, Tables } from '../store/index.ts';

/** A function with one of its versions, as stored; without its code, which is read by its digest alone. */
export type FunctionRow = Selectable<Tables['functions']> &
  Omit<Selectable<Tables['function_versions']>, 'code_sealed'>;

/** A function in its collaboration. */
export interface FunctionRecord {
  readonly row: FunctionRow;
  readonly collaboration: CollaborationRecord;
}

/** Functions with all their versions: what every reading begins with. */
export function selectVersions(db: Database) {
  return db
    .selectFrom('functions')
    .innerJoin('function_versions', 'function_versions.function_id', 'functions.function_id')
    .select([
      'functions.function_id',
      'functions.collaboration_id',
      'functions.member',
      'functions.name',
      'functions.submitted_for',
      'functions.created_at_ms',
      'functions.retired_at_ms',
      'function_versions.version',
      'function_versions.digest',
      'function_versions.language',
      'function_versions.signature',
      'function_versions.code_bytes',
      'function_versions.submitted_at_ms',
      'function_versions.leaf_index',
    ]);
}

/** Each function in its newest version, by member and name. */
export function selectNewest(db: Database, collaborationId: string) {
  return selectVersions(db)
    .where('functions.collaboration_id', '=', collaborationId)
    .where('function_versions.version', '=', (where) =>
      where
        .selectFrom('function_versions as other')
        .select(({ fn }) => fn.max('other.version').as('newest'))
        .whereRef('other.function_id', '=', 'functions.function_id'),
    )
    .orderBy('functions.member')
    .orderBy('functions.name');
}

/** The functions of a collaboration that questions find: of retired ones there may be any number. */
export async function readFound(kitchen: Kitchen, collaborationId: string): Promise<readonly FunctionRow[]> {
  return await selectNewest(kitchen.store.db, collaborationId).where('functions.retired_at_ms', 'is', null).execute();
}

/**
 * Whether a caller may use a function. Members may use all of their collaboration: the owners' rules decide over their
 * columns. A service provider finds those that came for the member it acts for, and no other brand's.
 */
export function isForCaller(
  row: Pick<FunctionRow, 'submitted_for'>,
  { principal }: Pick<Call, 'principal'>,
  actingFor: string,
): boolean {
  return principal.role !== 'isv' || row.submitted_for === actingFor;
}

/** The newest version of one function; undefined when there is none. */
async function readFunction(kitchen: Kitchen, functionId: string): Promise<FunctionRow | undefined> {
  return await selectVersions(kitchen.store.db)
    .where('functions.function_id', '=', functionId)
    .orderBy('function_versions.version', 'desc')
    .executeTakeFirst();
}

/** Lets a caller at a function. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
export async function admitToFunction(
  kitchen: Kitchen,
  call: Call,
  action: FunctionAction,
  functionId: string,
): Promise<FunctionRecord> {
  const row = await readFunction(kitchen, functionId);
  const collaboration = row && (await readCollaboration(kitchen, row.collaboration_id));
  if (row === undefined || collaboration === undefined) throw notFound('function');
  const decision = decideOnFunction(kitchen, call, action, { row, collaboration });
  if (decision.allowed) return { row, collaboration };
  throw accessRefused({ thing: 'function', id: functionId, isVisible: decision.isVisible });
}

/** Decides what a caller may do with a function. */
export function decideOnFunction(
  kitchen: Kitchen,
  { principal }: Call,
  action: FunctionAction,
  { row, collaboration }: FunctionRecord,
) {
  return kitchen.authorizer.authorize({
    principal,
    nowMs: kitchen.nowMs(),
    action,
    collaboration: factsOf(collaboration),
    scoringFunction: { functionId: row.function_id, submitter: row.member, submittedFor: row.submitted_for },
    grants: grantFactsOf(collaboration, principal.member),
  });
}
