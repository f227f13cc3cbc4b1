// Facts in, Cedar's JSON out. Every entity a decision needs is made for it and forgotten after.
import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import type { Principal } from '../auth/index.ts';
import type { Ability, AuditGrantFacts, AuthorizationRequest, CollaborationFacts, GrantFacts } from './request.ts';

/** Names an entity. */
export function uid(type: string, id: string): TypeAndId {
  return { type, id };
}

/** The resource of a request, by name. */
export function resourceOf(request: AuthorizationRequest): TypeAndId {
  // Who asked what for whom decides, and never which question it was: the same answer stands for all that are alike.
  if ('question' in request) return uid('Question', 'asked');
  if ('audience' in request) return uid('Audience', request.audience.audienceId);
  if ('model' in request) return uid('Model', request.model.modelId);
  if ('scoringFunction' in request) return uid('Function', request.scoringFunction.functionId);
  if ('dataset' in request) return uid('Dataset', request.dataset.datasetId);
  if ('upload' in request) return uid('Upload', request.upload.uploadId);
  if ('collaboration' in request) return uid('Collaboration', request.collaboration.collaborationId);
  return uid('Service', 'galley');
}

/** Every entity that a request needs. */
export function entitiesOf(request: AuthorizationRequest): EntityJson[] {
  const entities = [principalEntity(request.principal)];
  if ('collaboration' in request) entities.push(collaborationEntity(request.collaboration));
  if ('dataset' in request) {
    const { owner, isSuspended } = request.dataset;
    const attrs = { owner: ref('Member', owner), suspended: isSuspended ?? false };
    entities.push({ uid: resourceOf(request), attrs, parents: [] });
  }
  if ('upload' in request) {
    const attrs = { owner: ref('Member', request.upload.member) };
    entities.push({ uid: resourceOf(request), attrs, parents: [] });
  }
  if ('question' in request) {
    const { asker, actingFor, isByTemplate = false } = request.question;
    const attrs = { asker: ref('Member', asker), acting_for: ref('Member', actingFor), by_template: isByTemplate };
    entities.push(insideCollaboration(request, attrs));
  }
  if ('audience' in request) {
    const { definer, owner, isByTemplate = false } = request.audience;
    const attrs = { definer: ref('Member', definer), owner: ref('Member', owner), by_template: isByTemplate };
    entities.push(insideCollaboration(request, attrs));
  }
  if ('model' in request) {
    const { definer, owner } = request.model;
    entities.push(insideCollaboration(request, { definer: ref('Member', definer), owner: ref('Member', owner) }));
  }
  if ('scoringFunction' in request) {
    const { submitter, submittedFor } = request.scoringFunction;
    const attrs = { submitter: ref('Member', submitter), submitted_for: ref('Member', submittedFor) };
    entities.push(insideCollaboration(request, attrs));
  }
  return entities;
}

/** The circumstances of a request, with at most one of its grants. */
export function circumstancesOf(request: AuthorizationRequest, grant?: GrantFacts): Record<string, CedarValueJson> {
  const circumstances: Record<string, CedarValueJson> = { now_ms: request.nowMs };
  if ('owner' in request) return { ...circumstances, owner: ref('Member', request.owner) };
  if ('granted' in request) return { ...circumstances, granted: [...request.granted] };
  circumstances.by_template = 'isByTemplate' in request && request.isByTemplate === true;
  circumstances.tables = 'tables' in request ? [...(request.tables ?? [])] : [];
  if ('actingFor' in request && request.actingFor !== undefined) {
    circumstances.acting_for = ref('Member', request.actingFor);
  }
  if (grant !== undefined) circumstances.grant = grantRecord(grant);
  if ('auditGrant' in request && request.auditGrant !== undefined) {
    circumstances.audit_grant = auditGrantRecord(request.auditGrant);
  }
  return circumstances;
}

function ref(type: string, id: string): CedarValueJson {
  return { __entity: uid(type, id) };
}

function principalEntity({ principal, member, role, scopes }: Principal): EntityJson {
  const { collaborations } = scopes;
  return {
    uid: uid('Principal', principal),
    attrs: {
      member: ref('Member', member),
      scope: collaborations === 'all' ? [] : collaborations.map((id) => ref('Collaboration', id)),
      sees_all: collaborations === 'all',
    },
    parents: [uid('Role', role)],
  };
}

function collaborationEntity({ collaborationId, members, isSuspended }: CollaborationFacts): EntityJson {
  const accepted = members.filter((entry) => entry.hasAccepted);
  const names = (entries: typeof members) => entries.map((entry) => ref('Member', entry.member));
  // Abilities count from acceptance on: an open invitation gives nobody anything but a look.
  const able = (ability: Ability) => names(accepted.filter((entry) => entry.abilities.includes(ability)));
  return {
    uid: uid('Collaboration', collaborationId),
    attrs: {
      invited: names(members),
      accepted: names(accepted),
      contributors: able('contribute'),
      queriers: able('query'),
      activators: able('activate'),
      auditors: able('audit'),
      suspended: isSuspended ?? false,
    },
    parents: [],
  };
}

function insideCollaboration(
  request: AuthorizationRequest & { readonly collaboration: CollaborationFacts },
  attrs: Record<string, CedarValueJson>,
): EntityJson {
  const collaboration = ref('Collaboration', request.collaboration.collaborationId);
  return { uid: resourceOf(request), attrs: { ...attrs, collaboration }, parents: [] };
}

function grantRecord(grant: GrantFacts): CedarValueJson {
  return {
    collaboration: ref('Collaboration', grant.collaborationId),
    grantor: ref('Member', grant.grantor),
    grantee: ref('Member', grant.grantee),
    abilities: [...grant.abilities],
    tables: [...grant.tables],
    expires_at_ms: grant.expiresAtMs,
    revoked: grant.isRevoked,
  };
}

function auditGrantRecord(grant: AuditGrantFacts): CedarValueJson {
  const { auditorPrincipal } = grant;
  return {
    collaboration: ref('Collaboration', grant.collaborationId),
    grantor: ref('Member', grant.grantor),
    auditor_member: ref('Member', grant.auditorMember),
    ...(auditorPrincipal === undefined ? {} : { auditor: ref('Principal', auditorPrincipal) }),
    decisions: grant.decisions,
    expires_at_ms: grant.expiresAtMs,
    revoked: grant.isRevoked,
  };
}
