import type { Checked } from '../../syntax/read-query.ts';
import type { Violation } from '../catalogue.ts';
import { type Candidate, candidatesOf } from './candidates.ts';

/** Most texts tried for one refusal: each is a parse behind the wall, which somebody else waits for. */
const MAX_TRIED_COUNT = 6;

/**
 * A query close to a refused one that passes; `null` when none was found.
 *
 * A rewritten text may break other rules, which only show once the first are kept: then it is rewritten again.
 *
 * @param check parses and checks a text, as it would if it were asked
 */
export async function findRewrite(
  sql: string,
  violations: readonly Violation[],
  check: (sql: string) => Promise<Checked<unknown>>,
): Promise<Candidate | null> {
  const tried = new Set([sql]);
  const waiting: { readonly candidate: Candidate; readonly violations: readonly Violation[] }[] = [
    { candidate: { sql, changes: [] }, violations },
  ];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const rewritten of candidatesOf(next.candidate.sql, next.violations)) {
      if (tried.has(rewritten.sql)) continue;
      if (tried.size > MAX_TRIED_COUNT) return null;
      tried.add(rewritten.sql);
      const changes = [...new Set([...next.candidate.changes, ...rewritten.changes])];
      const candidate = { sql: rewritten.sql, changes };
      const checked = await check(rewritten.sql);
      if (checked.ok) return candidate;
      waiting.push({ candidate, violations: checked.violations });
    }
  }
  return null;
}
