import { statefulIsAuthorized } from './cedar.ts';
import { circumstancesOf, entitiesOf, resourceOf, uid } from './entities.ts';
import { KeptDecisions } from './kept-decisions.ts';
import { loadPolicySet, POLICY_SET_ID } from './policy-set.ts';
import type { AuthorizationRequest, Decision, GrantFacts } from './request.ts';

/** Decides by the policies of `galley.cedar`. */
export type Authorizer = {
  /** A pure function of the request and the policies. @throws {Error} when the request does not fit the schema */
  readonly authorize: (request: AuthorizationRequest) => Decision;
};

/** The most grants tried for one call; an ISV with more standing grants from one brand should have them merged. */
const MAX_GRANT_COUNT = 100;

/** Loads and checks the policies. @throws {PolicyRefused} when they do not fit their schema */
export async function openAuthorizer(): Promise<Authorizer> {
  await loadPolicySet();
  return { authorize };
}

function authorize(request: AuthorizationRequest): Decision {
  if (isPermitted(request, request.action)) return { allowed: true };
  // Only what exists for this caller can be refused to it; the rest is not there.
  const hasPlace = 'collaboration' in request || 'dataset' in request || 'upload' in request;
  return { allowed: false, isVisible: !hasPlace || isPermitted(asLook(request), 'know-of') };
}

// Each grant stands alone: two halves of two grants do not make a whole one.
function isPermitted(request: AuthorizationRequest, action: string): boolean {
  if (decide(request, action)) return true;
  const grants = 'grants' in request ? (request.grants ?? []) : [];
  return grants.slice(0, MAX_GRANT_COUNT).some((grant) => decide(request, action, grant));
}

function decide(request: AuthorizationRequest, action: string, grant?: GrantFacts): boolean {
  const { now_ms: nowMs = 0, ...circumstances } = circumstancesOf(request, grant);
  const asked = {
    principal: uid('Principal', request.principal.principal),
    action: uid('Action', action),
    resource: resourceOf(request),
    context: circumstances,
    entities: entitiesOf(request),
  };
  // INVARIANT: the time counts for what ends, and nothing but a grant does.
  const isOfAllTimes = !('grant' in circumstances) && !('audit_grant' in circumstances);
  if (!isOfAllTimes) return evaluate({ ...asked, context: { ...circumstances, now_ms: nowMs } });
  return kept.decision(request.principal.principal, JSON.stringify(asked), () =>
    evaluate({ ...asked, context: { ...circumstances, now_ms: nowMs } }),
  );
}

/** Policies are loaded once a process, and never change in it. */
const kept = new KeptDecisions();

type Asked = Pick<
  Parameters<typeof statefulIsAuthorized>[0],
  'principal' | 'action' | 'resource' | 'context' | 'entities'
>;

function evaluate(asked: Asked): boolean {
  const answer = statefulIsAuthorized({
    ...asked,
    preparsedSchemaName: POLICY_SET_ID,
    preparsedPolicySetId: POLICY_SET_ID,
    validateRequest: true,
  });
  if (answer.type === 'failure') throw new Error(`cedar refused the request: ${answer.errors[0]?.message ?? ''}`);
  const [fault] = answer.response.diagnostics.errors;
  // A policy that failed was skipped: were it a forbid, the answer would be too wide.
  if (fault !== undefined) throw new Error(`policy \`${fault.policyId}\` failed: ${fault.error.message}`);
  return answer.response.decision === 'allow';
}

// `know-of` is asked of the same resource, but has no owner or granted abilities in its circumstances, and no tables:
// that an ISV touched a table outside its grant does not make the collaboration vanish for it.
function asLook(request: AuthorizationRequest): AuthorizationRequest {
  const { principal, nowMs } = request;
  const isThing = 'question' in request || 'audience' in request || 'model' in request || 'scoringFunction' in request;
  if (isThing) return { ...request, tables: [] };
  if ('dataset' in request || !('collaboration' in request)) return request;
  const grants = 'grants' in request ? (request.grants ?? []) : [];
  const audit = 'auditGrant' in request && request.auditGrant !== undefined ? { auditGrant: request.auditGrant } : {};
  return { principal, nowMs, action: 'read-collaboration', collaboration: request.collaboration, grants, ...audit };
}
