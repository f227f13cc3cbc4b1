import { readFile } from 'node:fs/promises';
import {
  type DetailedError,
  policySetTextToParts,
  preparsePolicySet,
  preparseSchema,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';

/** Thrown at the start when policies and schema do not fit; `message` names the policy. */
class PolicyRefused extends Error {
  override readonly name = 'PolicyRefused';
}

/** The name under which Cedar keeps the parsed set. One name: sets are kept for ever, so a second would leak. */
export const POLICY_SET_ID = 'galley';

/**
 * Reads the policies and the schema beside this file, checks one against the other, and has Cedar keep them parsed.
 *
 * @throws {PolicyRefused} when either cannot be parsed, a policy does not fit the schema, or an id is missing or
 * doubled
 */
export async function loadPolicySet(): Promise<void> {
  const schema = await readFile(new URL('./galley.cedarschema', import.meta.url), 'utf8');
  const text = await readFile(new URL('./galley.cedar', import.meta.url), 'utf8');
  const policies = { staticPolicies: mapPolicies(text) };
  checkPolicies(schema, policies.staticPolicies);
  const kept = preparseSchema(POLICY_SET_ID, schema);
  if (kept.type === 'failure') throw refusal(kept.errors);
  const parsed = preparsePolicySet(POLICY_SET_ID, policies);
  if (parsed.type === 'failure') throw refusal(parsed.errors);
}

/** Maps each policy to its `@id`; given as one text, Cedar would call them policy0, policy1… @throws {PolicyRefused} */
export function mapPolicies(text: string): Record<string, string> {
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') throw refusal(parts.errors);
  const byId: Record<string, string> = {};
  for (const policy of parts.policies) {
    const id = /^@id\("([a-z-]+)"\)/.exec(policy.trim())?.[1];
    if (id === undefined) throw new PolicyRefused('a policy has no `@id` of lower-case letters and hyphens');
    if (Object.hasOwn(byId, id)) throw new PolicyRefused(`two policies are called \`${id}\``);
    byId[id] = policy;
  }
  return byId;
}

/** Checks policies against a schema; a warning (a policy that can never apply) counts too. @throws {PolicyRefused} */
export function checkPolicies(schema: string, policies: Record<string, string>): void {
  const answer = validate({ schema, policies: { staticPolicies: policies } });
  if (answer.type === 'failure') throw refusal(answer.errors);
  const [first] = [...answer.validationErrors, ...answer.validationWarnings];
  if (first !== undefined) throw new PolicyRefused(`policy \`${first.policyId}\`: ${first.error.message}`);
}

function refusal(errors: readonly DetailedError[]): PolicyRefused {
  return new PolicyRefused(errors.map((error) => error.message).join('; '));
}
