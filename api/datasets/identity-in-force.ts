import { DEFAULT_IDENTITY_RULES, type IdentityRules } from '../../policies/index.ts';
import { digestOf, type Kitchen } from '../kitchen/index.ts';

/** The identity rules of a collaboration, as they are in force. */
export interface IdentityInForce {
  readonly rules: IdentityRules;
  /** SHA-256 of the document, hex. */
  readonly digest: string;
  /** 0 where the default rules hold. */
  readonly version: number;
}

/** Reads how the members of a collaboration tell who is one person. */
export async function identityInForce(kitchen: Kitchen, collaborationId: string): Promise<IdentityInForce> {
  const row = await kitchen.store.db
    .selectFrom('identity_rules')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .executeTakeFirst();
  if (row !== undefined) {
    const { rules_json: json, rules_digest: digest, rules_version: version } = row;
    return { rules: JSON.parse(json) as IdentityRules, digest, version };
  }
  return { rules: DEFAULT_IDENTITY_RULES, digest: digestOf(JSON.stringify(DEFAULT_IDENTITY_RULES)), version: 0 };
}
