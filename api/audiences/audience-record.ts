import type { Selectable } from 'kysely';
import {
  type AudienceInputs,
  type CheckedAudience,
  checkAudience,
  type FunctionView,
  readQuery,
  type UsedFunction,
  type Violation,
} from '../../policies/index.ts';
import type { Principal } from '../auth/index.ts';
import type { AuthorizationRequest, Decision } from '../authorize/index.ts';
import { type CollaborationRecord, factsOf, grantFactsOf, readCollaboration } from '../collaborations/index.ts';
import { openKept } from '../details/index.ts';
import { assertAccepted, readTableViews, treeOf, violationMessages } from '../exits/index.ts';
import { functionViewsOf } from '../functions/index.ts';
import { accessRefused, type Call, notFound, ServiceError } from '../grpc/index.ts';
import type { Kitchen, Work } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';

/** An audience as stored. */
export type AudienceRow = Selectable<Tables['audiences']>;
/** A publication as stored. */
export type ActivationRow = Selectable<Tables['activations']>;

/** An audience in its collaboration. */
export interface AudienceRecord {
  readonly row: AudienceRow;
  readonly collaboration: CollaborationRecord;
}

type AudienceAction = Extract<AuthorizationRequest, { audience: unknown }>['action'];

/** Lets a caller at an audience. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
export async function admitToAudience(
  kitchen: Kitchen,
  call: Call,
  action: AudienceAction,
  audienceId: string,
): Promise<AudienceRecord> {
  const row = await kitchen.store.db
    .selectFrom('audiences')
    .selectAll()
    .where('audience_id', '=', audienceId)
    .executeTakeFirst();
  const collaboration = row && (await readCollaboration(kitchen, row.collaboration_id));
  if (row === undefined || collaboration === undefined) throw notFound('audience');
  const decision = decideOnAudience(kitchen, call.principal, action, { row, collaboration });
  if (decision.allowed) return { row, collaboration };
  throw accessRefused({ thing: 'audience', id: audienceId, isVisible: decision.isVisible });
}

/** Decides what a principal may do with an audience, by the rights of now. */
export function decideOnAudience(
  kitchen: Kitchen,
  principal: Principal,
  action: AudienceAction,
  { row, collaboration }: AudienceRecord,
): Decision {
  return kitchen.authorizer.authorize({
    principal,
    nowMs: kitchen.nowMs(),
    action,
    collaboration: factsOf(collaboration),
    audience: {
      audienceId: row.audience_id,
      definer: row.definer,
      owner: row.owner,
      isByTemplate: row.template !== null,
    },
    grants: grantFactsOf(collaboration, principal.member),
    tables: JSON.parse(row.tables) as string[],
  });
}

/** The SQL of a stored audience. @throws {ServiceError} RECORD_ERASED when an erasure has taken it along */
async function sqlOf(kitchen: Kitchen, row: AudienceRow): Promise<string> {
  const { content } = await openKept(kitchen, { kind: 'definition', subjectId: row.audience_id });
  return Buffer.from(content).toString();
}

/** A definition with the functions that it may name. */
export interface Definition {
  readonly sql: string;
  readonly functions: readonly FunctionView[];
  /** What is told of violations beside what they say themselves. */
  readonly told?: (violations: readonly Violation[]) => Promise<readonly Violation[]>;
  /** Takes what it was refused from, before the refusal. */
  readonly onRefused?: OnRefused | undefined;
}

/** Takes what a definition was refused from. */
export type OnRefused = (inputs: AudienceInputs) => Promise<void>;

/** A definition that breaks no rule, with all that this was decided from. */
export interface CheckedDefinition {
  readonly checked: CheckedAudience;
  readonly inputs: AudienceInputs;
}

/**
 * Parses and checks a definition under the rules in force now: rules may have become stricter since it was stored.
 *
 * @throws {ServiceError} AUDIENCE_REFUSED with every violation
 */
export async function checkDefinition(
  kitchen: Kitchen,
  collaboration: CollaborationRecord,
  { sql, functions, told = async (violations) => violations, onRefused }: Definition,
  work: Work,
): Promise<CheckedDefinition> {
  const tree = await treeOf(kitchen, sql, work);
  const inputs = { sql, parse: tree, tables: await readTableViews(kitchen, collaboration), functions };
  const read = readQuery(sql, tree);
  const checked = read.ok ? checkAudience(read.value, inputs.tables, functions) : read;
  if (!checked.ok) {
    await onRefused?.(inputs);
    throw audienceRefused(await told(checked.violations));
  }
  assertAccepted(
    collaboration,
    checked.value.tables.map((t) => t.view.member),
  );
  return { checked: checked.value, inputs };
}

/**
 * Checks a stored definition again, with the very versions of scoring functions that it was defined with: who is in an
 * audience must not change by a submission.
 *
 * @throws {ServiceError} AUDIENCE_REFUSED with every violation
 */
export async function checkStored(
  kitchen: Kitchen,
  { row, collaboration }: AudienceRecord,
  work: Work,
  onRefused?: OnRefused,
): Promise<CheckedDefinition> {
  const used = JSON.parse(row.functions) as UsedFunction[];
  const functions = await functionViewsOf(kitchen, row.collaboration_id, used);
  return await checkDefinition(kitchen, collaboration, { sql: await sqlOf(kitchen, row), functions, onRefused }, work);
}

/** The refusal of an audience, with every violation. */
export function audienceRefused(violations: Parameters<typeof violationMessages>[0]): ServiceError {
  const messages = violationMessages(violations, null);
  return new ServiceError('AUDIENCE_REFUSED', messages[0]?.message ?? 'the audience is refused', {
    violations: messages,
  });
}
