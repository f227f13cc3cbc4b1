import { expect } from 'vitest';
import {
  type CheckedAudience,
  type CheckedQuery,
  checkAudience,
  checkQuestion,
  type TableView,
  type Violation,
  type ViolationRule,
} from '../../policies/index.ts';
import { readSql } from './engine.ts';
import { scoringFunctions } from './scoring.ts';
import { tables as testTables } from './tables.ts';

/** Where a refusal points and whose rule it is; what is left out is not compared. */
export interface ExpectedPlace {
  readonly owner?: string | null;
  readonly line?: number;
  readonly column?: number;
}

/** What a verdict is taken with, where a test wants other than the test tables and an epsilon of 1. */
export interface VerdictOptions {
  readonly tables?: readonly TableView[];
  readonly epsilon?: number;
}

/** Every violation of a question; none when it is allowed. Anything thrown fails the test: a verdict never throws. */
export async function verdictOn(sql: string, options: VerdictOptions = {}): Promise<readonly Violation[]> {
  const read = await readSql(sql);
  if (!read.ok) return read.violations;
  const { tables = testTables, epsilon = 1 } = options;
  const checked = checkQuestion(read.value, tables, { epsilon, omitIntervals: true, functions: scoringFunctions });
  if (checked.ok) return [];
  expect(checked.violations, `refused without a reason: ${sql}`).not.toEqual([]);
  return checked.violations;
}

/** Asserts that no rule is broken, and gives the checked question. */
export async function assertAllows(sql: string, options: VerdictOptions = {}): Promise<CheckedQuery> {
  const read = await readSql(sql);
  if (!read.ok) return expect.fail(`${sql}\nis refused: ${inWords(read.violations)}`);
  const { tables = testTables, epsilon = 1 } = options;
  const checked = checkQuestion(read.value, tables, { epsilon, omitIntervals: true, functions: scoringFunctions });
  if (!checked.ok) return expect.fail(`${sql}\nis refused: ${inWords(checked.violations)}`);
  return checked.value;
}

/** Asserts that one rule is broken, at this place, and that no other rule is. */
export async function assertDenies(
  sql: string,
  rule: ViolationRule,
  place: ExpectedPlace = {},
  options: VerdictOptions = {},
): Promise<void> {
  const violations = await verdictOn(sql, options);
  expect(violations.length, `${sql}\nis allowed`).toBeGreaterThan(0);
  expect([...new Set(violations.map((v) => v.rule))], `${sql}\n${inWords(violations)}`).toEqual([rule]);
  assertPlace(violations, place, sql);
}

/** Asserts that an audience definition breaks no rule, and gives it checked. */
export async function assertAllowsAudience(
  sql: string,
  tables: readonly TableView[] = testTables,
): Promise<CheckedAudience> {
  const read = await readSql(sql);
  const checked = read.ok ? checkAudience(read.value, tables, scoringFunctions) : read;
  if (!checked.ok) return expect.fail(`${sql}\nis refused: ${inWords(checked.violations)}`);
  return checked.value;
}

/** Asserts that an audience definition breaks one rule, at this place, and no other. */
export async function assertDeniesAudience(
  sql: string,
  rule: ViolationRule,
  place: ExpectedPlace = {},
  tables: readonly TableView[] = testTables,
): Promise<void> {
  const read = await readSql(sql);
  const checked = read.ok ? checkAudience(read.value, tables, scoringFunctions) : read;
  if (checked.ok) expect.fail(`${sql}\nis allowed`);
  expect([...new Set(checked.violations.map((v) => v.rule))], inWords(checked.violations)).toEqual([rule]);
  assertPlace(checked.violations, place, sql);
}

function assertPlace(violations: readonly Violation[], place: ExpectedPlace, sql: string): void {
  const found = violations.map((v) => ({ owner: v.owner, line: v.place.line, column: v.place.column }));
  const matches = found.some((f) => (Object.keys(place) as (keyof ExpectedPlace)[]).every((k) => f[k] === place[k]));
  expect(matches, `${sql}\nis refused, but not at ${JSON.stringify(place)}: ${JSON.stringify(found)}`).toBe(true);
}

function inWords(violations: readonly Violation[]): string {
  return violations.map((v) => `${v.rule} at ${v.place.line}:${v.place.column}: ${v.message}`).join('\n');
}
