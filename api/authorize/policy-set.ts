import { readFile } from 'node:fs/promises';
import { type DetailedError, preparsePolicySet, preparseSchema, validate } from './cedar.ts';

/** Thrown at the start when policies and schema do not fit; `message` names the policy. */
class PolicyRefused extends Error {
  override readonly name = 'PolicyRefused';
}

/** The name under which Cedar keeps the parsed set. One name: sets are kept for ever, so a second would leak. */
export const POLICY_SET_ID = 'galley';

/** Where a policy begins. */
const POLICY_START = /(?=@id\()/;

/** A line that says nothing to Cedar. */
const COMMENT_LINE = /^\s*(?:\/\/.*)?$/;

/**
 * Reads the policies and the schema beside this file, and has Cedar keep them parsed.
 *
 * That one fits the other is a fact of these two files and not of a start: the tests check it, and each request is held
 * to the schema.
 *
 * @throws {PolicyRefused} when either cannot be parsed, or an id is missing or doubled
 */
export async function loadPolicySet(): Promise<void> {
  const schema = await readFile(new URL('./galley.cedarschema', import.meta.url), 'utf8');
  const text = await readFile(new URL('./galley.cedar', import.meta.url), 'utf8');
  const policies = { staticPolicies: mapPolicies(text) };
  const kept = preparseSchema(POLICY_SET_ID, schema);
  if (kept.type === 'failure') throw refusal(kept.errors);
  const parsed = preparsePolicySet(POLICY_SET_ID, policies);
  if (parsed.type === 'failure') throw refusal(parsed.errors);
}

/**
 * Maps each policy to its `@id`; given as one text, Cedar would call them policy0, policy1…
 *
 * Cedar refuses what is cut in a wrong place, and two policies in one: one without an `@id` is part of the one before it.
 *
 * @throws {PolicyRefused} when an id is missing or doubled
 */
export function mapPolicies(text: string): Record<string, string> {
  const [head = '', ...policies] = text.split(POLICY_START);
  if (!head.split('\n').every((line) => COMMENT_LINE.test(line))) policies.unshift(head);
  const byId: Record<string, string> = {};
  for (const policy of policies) {
    const id = /^@id\("([a-z-]+)"\)/.exec(policy)?.[1];
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
