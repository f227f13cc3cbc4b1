import type { Violation } from '../../policies/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { isForCaller } from './function-record.ts';
import type { FunctionUse } from './function-views.ts';

/**
 * Says of a function that is not found that it was retired, to those who could use it: else they look for a mistake in
 * their spelling.
 *
 * The decision and its record stay as they are; only what the caller is told is more.
 */
export async function tellRetired(
  kitchen: Kitchen,
  call: Pick<Call, 'principal'>,
  { use, violations }: { readonly use: FunctionUse; readonly violations: readonly Violation[] },
): Promise<readonly Violation[]> {
  if (!violations.some(({ rule }) => rule === 'function-is-permitted')) return violations;
  const rows = await kitchen.store.db
    .selectFrom('functions')
    .select(['member', 'name', 'submitted_for'])
    .where('collaboration_id', '=', use.collaborationId)
    .where('retired_at_ms', 'is not', null)
    .execute();
  const retired = rows.filter((row) => isForCaller(row, call, use.actingFor));
  const names = new Set(retired.map((row) => `${row.member}.${row.name}`));
  return violations.map((violation) => {
    const { function: name = '' } = violation.facts;
    if (violation.rule !== 'function-is-permitted' || !names.has(name)) return violation;
    return { ...violation, help: `\`${name}\` was retired; ask its member to submit it again, or ${violation.help}` };
  });
}
