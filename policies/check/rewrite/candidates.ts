import type { Violation, ViolationRule } from '../catalogue.ts';
import { clampValue } from './clamp-value.ts';
import { countPersons, groupColumn } from './count-persons.ts';
import { applyEdits, fitting, type Rewrite } from './edit.ts';
import { joinPersons } from './join-persons.ts';
import { leaveOutCondition, leaveOutKey, moveLimit } from './leave-out.ts';
import { moveAggregate } from './move-aggregate.ts';
import { otherWords } from './persons-in.ts';
import { renameColumn, renameTable } from './rename.ts';
import type { Rewriter } from './rewriter.ts';
import { sqlTokens } from './sql-tokens.ts';
import { quoteNumber, writePlainly } from './write-plainly.ts';

/** A text worth trying, and what it changes. */
export interface Candidate {
  readonly sql: string;
  /** What changes, a sentence each: lower case, no full stop. */
  readonly changes: readonly string[];
}

/**
 * Who may know what to write instead, by the rule that is broken. Rules that are not here have help and no rewriter.
 */
const REWRITERS: Readonly<Partial<Record<ViolationRule, Rewriter>>> = {
  'statement-is-one-select': writePlainly,
  'syntax-is-known': otherWords,
  'table-is-bound': renameTable,
  'column-is-known': renameColumn,
  'function-is-permitted': moveAggregate,
  'types-match': quoteNumber,
  'join-uses-match-key': joinPersons,
  'identity-stays-inside': countPersons,
  'output-is-aggregated': groupColumn,
  'group-key-is-permitted': leaveOutKey,
  'filter-is-permitted': leaveOutCondition,
  'sum-is-bounded': clampValue,
  'limit-is-after-release': moveLimit,
};

/** Longest text rewritten, in UTF-16 units: a question of 200 lines has about 10,000. */
const MAX_REWRITTEN_UNITS = 20_000;
/** Most broken rules rewritten at once; a text with more of them was not written by a person, and costs time. */
const MAX_REWRITTEN_COUNT = 50;

/**
 * Queries close to a refused one that may pass: what each broken rule has to say, together in one text.
 *
 * Rewriters that know a second way are asked for it in a second text.
 */
export function candidatesOf(sql: string, violations: readonly Violation[]): readonly Candidate[] {
  if (sql.length > MAX_REWRITTEN_UNITS) return [];
  const text = { sql, tokens: sqlTokens(sql) };
  const known = violations
    .slice(0, MAX_REWRITTEN_COUNT)
    .map((v) => REWRITERS[v.rule]?.(v, text) ?? [])
    .filter((ways) => ways.length > 0);
  const first = together(
    sql,
    known.flatMap((ways) => ways[0] ?? []),
  );
  const second = together(
    sql,
    known.flatMap((ways) => ways.at(-1) ?? []),
  );
  const candidates = [first, second].filter((c) => c !== null);
  return candidates.filter((c, index) => candidates.findIndex((o) => o.sql === c.sql) === index);
}

/** All rewrites that go together; those of the whole question before those of a part. */
function together(sql: string, rewrites: readonly Rewrite[]): Candidate | null {
  const ordered = rewrites.toSorted((a, b) => b.edits.length - a.edits.length);
  const chosen = fitting(ordered);
  if (chosen.length === 0) return null;
  const changed = applyEdits(
    sql,
    chosen.flatMap((r) => r.edits),
  );
  return changed === sql ? null : { sql: changed, changes: [...new Set(chosen.map((r) => r.change))] };
}
