import { collaborations, type privacy } from '../../proto/index.ts';
import type { Ability } from '../authorize/index.ts';
import { ServiceError } from '../grpc/index.ts';
import { abilitiesOf, type CollaborationRecord, rulesOf } from './collaboration-record.ts';

const ABILITIES = {
  contribute: collaborations.Ability.CONTRIBUTE,
  query: collaborations.Ability.QUERY,
  activate: collaborations.Ability.ACTIVATE,
  audit: collaborations.Ability.AUDIT,
  template: collaborations.Ability.TEMPLATE,
} as const satisfies Record<Ability, collaborations.Ability>;

/** Reads abilities from a request. @throws {ServiceError} INVALID_REQUEST for one that is not known */
export function readAbilities(values: readonly collaborations.Ability[], field: string): readonly Ability[] {
  return [...new Set(values)].map((value) => {
    const found = (Object.keys(ABILITIES) as Ability[]).find((name) => ABILITIES[name] === value);
    if (found === undefined)
      throw new ServiceError('INVALID_REQUEST', `\`${field}\` names an ability that is not known`);
    return found;
  });
}

/** A cost as a message. */
export function costMessage(cost: { epsilon: number; delta: number; rho?: number }): privacy.PrivacyCost {
  return { epsilon: cost.epsilon, delta: cost.delta, rho: cost.rho ?? 0 };
}

const timeOf = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms));

/** A grant as a message. */
export function grantMessage(grant: CollaborationRecord['grants'][number]): collaborations.Grant {
  return {
    grantId: grant.grant_id,
    grantor: grant.grantor,
    grantee: grant.grantee,
    abilities: abilitiesOf(grant.abilities).map((a) => ABILITIES[a]),
    tables: JSON.parse(grant.tables) as string[],
    expiresAt: new Date(grant.expires_at_ms),
    revokedAt: timeOf(grant.revoked_at_ms),
  };
}

/** A binding as a message. */
export function bindingMessage(binding: CollaborationRecord['bindings'][number]): collaborations.DatasetBinding {
  return {
    alias: binding.alias,
    datasetId: binding.dataset_id,
    owner: binding.owner,
    rulesJson: binding.rules_json,
    rulesDigest: binding.rules_digest,
    rulesVersion: binding.rules_version,
    isPublic: rulesOf(binding).publicTable !== null,
  };
}

/** A collaboration as a message. An ISV sees the grants it holds, not those of others. */
export function collaborationMessage(record: CollaborationRecord, viewer: string): collaborations.Collaboration {
  const { row } = record;
  const isMember = record.members.some((m) => m.member === viewer);
  return {
    collaborationId: row.collaboration_id,
    displayName: row.display_name,
    creator: row.creator,
    members: record.members.map((m) => ({
      member: m.member,
      abilities: abilitiesOf(m.abilities).map((a) => ABILITIES[a]),
      acceptedAt: timeOf(m.accepted_at_ms),
    })),
    bindings: record.bindings.map(bindingMessage),
    grants: record.grants.filter((g) => isMember || g.grantee === viewer).map(grantMessage),
    budget: costMessage({ epsilon: row.epsilon_limit, delta: row.delta_limit }),
    consumerBudget: costMessage({ epsilon: row.consumer_epsilon_limit, delta: row.consumer_delta_limit }),
    createdAt: new Date(row.created_at_ms),
    purpose: row.purpose,
    regions: JSON.parse(row.regions) as string[],
  };
}
