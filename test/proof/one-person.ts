import { expect } from 'vitest';
import { declaredChoice, type PlannedAggregate, printAggregate } from '../../policies/index.ts';
import { type Contribution, contributionOf, TREE_FAN_OUT, treeLevels } from '../../policies/plan/contribution.ts';
import type { ProtectedRows } from '../../policies/plan/protected-rows.ts';
import type { AggregateDraft } from '../../policies/plan/question-tree.ts';
import { rowsPerPerson } from '../../policies/plan/stability.ts';
import { rowsWithin, sourcesIn } from '../../policies/plan/walk-rows.ts';
import { FunctionNames } from '../../policies/print/function-names.ts';
import { partsOf, printListedValues } from '../../policies/print/print-aggregate.ts';
import { printRows } from '../../policies/print/print-rows.ts';
import { isListed } from '../../policies/print/print-statistic.ts';
import { runSql } from '../support/engine.ts';
import { runnable } from '../support/scoring.ts';

/** The exact output of an aggregation as the engine runs it, and what one person may change of it. */
export interface BoundedOutput {
  readonly asked: string;
  readonly sql: string;
  readonly draft: AggregateDraft;
  readonly bounds: Pick<Contribution, 'maxGroupsPerPerson' | 'linf' | 'squaredL2'>;
  /** Most rows of a person, of the joined rows and of everything that they are made from. */
  readonly rows: readonly { readonly rows: ProtectedRows; readonly most: number }[];
}

/** What the engine gives: groups by their keys, and each person's bounded values. */
interface Counted {
  /** Of each group its statistics: a number, or the counts of bins. */
  readonly groups: ReadonlyMap<string, readonly ReadonlyMap<number, bigint>[]>;
  /** Of each person the rows that are added up, as text, in order. */
  readonly persons: ReadonlyMap<string, readonly string[]>;
}

/** The salt of bounding in tests; any number does. */
const TEST_SALT = 20_111_111n;

/** The output of a planned aggregation, with groups of every size. */
export function boundedOutput(asked: string, aggregate: PlannedAggregate): BoundedOutput {
  const draft = { ...aggregate, minGroupSize: 0 };
  return {
    asked,
    sql: runnable(printAggregate(draft)),
    draft,
    bounds: contributionOf(draft),
    rows: allRows(draft.rows),
  };
}

function allRows(rows: ProtectedRows): BoundedOutput['rows'] {
  const within = sourcesIn(rows).flatMap(rowsWithin);
  return [rows, ...within].map((r) => ({ rows: r, most: rowsPerPerson(r) }));
}

/** Runs an aggregation over the tables as they are loaded. */
export async function count({ sql, draft }: BoundedOutput): Promise<Counted> {
  const width = draft.keys.length;
  const groups = (await runSql(sql, [TEST_SALT])).map((row): [string, ReadonlyMap<number, bigint>[]] => [
    row.slice(0, width).map(String).join('\u0000'),
    row.slice(width).map(asCounts),
  ]);
  expect(new Set(groups.map(([key]) => key)).size, sql).toBe(groups.length);
  return { groups: new Map(groups), persons: await personsOf(sql, draft) };
}

/** A number is the count of a single bin. */
function asCounts(cell: unknown): ReadonlyMap<number, bigint> {
  const text = String(cell ?? 0);
  if (!text.includes(':')) return new Map([[0, BigInt(text)]]);
  return new Map(text.split(',').map((pair) => [Number(pair.split(':')[0]), BigInt(pair.split(':')[1] ?? 0)]));
}

async function personsOf(sql: string, draft: AggregateDraft): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = draft.statistics.flatMap((s, index) => (index === 0 || isListed(s) ? [] : [`s${index}`]));
  const keys = draft.keys.map((_, index) => `k${index}`);
  const step = /, l AS \(/.test(sql) ? 'l' : 'b';
  const reads = [asTexts([...keys, ...names], step), ...listedOf(draft, keys, step === 'l')];
  const persons = new Map<string, string[]>();
  for (const read of reads) {
    for (const [person, row] of await runSql(`${stepsOf(sql)} ${read}`, [TEST_SALT])) {
      const rows = persons.get(String(person)) ?? [];
      persons.set(String(person), rows);
      rows.push(String(row));
    }
  }
  for (const rows of persons.values()) rows.sort();
  return persons;
}

function asTexts(columns: readonly string[], from: string): string {
  const texts = [...columns, "''"].map((column) => `CAST(${column} AS VARCHAR)`).join(', ');
  return `SELECT CAST(p AS VARCHAR), CAST([${texts}] AS VARCHAR) FROM ${from}`;
}

/** The values that persons bring one by one, as they are printed, with the person beside. */
function listedOf(draft: AggregateDraft, keys: readonly string[], isKept: boolean): readonly string[] {
  const aggregate = draft as PlannedAggregate;
  const style = { literals: 'value', functions: new FunctionNames() } as const;
  const parts = partsOf(aggregate, style, declaredChoice(aggregate));
  return draft.statistics.flatMap((statistic, index) => {
    if (!isListed(statistic)) return [];
    const values = printListedValues({ statistic, name: `s${index}` }, parts, isKept ? 'l' : 'b');
    const person = values.includes('row_number()') ? 'p' : 'a.p';
    const withPerson = values.replace('SELECT ', `SELECT ${person} AS p, '${index}' AS named, `);
    return [asTexts(['named', ...keys, 'v'], `(${withPerson})`)];
  });
}

/** The steps of a printed query, without what is selected from them at last. */
function stepsOf(sql: string): string {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < sql.length; at += 1) {
    if (sql[at] === "'") isText = !isText;
    if (isText) continue;
    if (sql[at] === '(') depth += 1;
    if (sql[at] === ')') depth -= 1;
    if (depth === 0 && sql.startsWith(' SELECT ', at)) return sql.slice(0, at);
  }
  throw new TypeError('a printed query has steps');
}

/** Asserts that no person has more rows than planned, in the joined rows and in all that they are made from. */
export async function assertRowsBounded({ asked, rows }: BoundedOutput): Promise<void> {
  for (const { rows: within, most } of rows) {
    const functions = new FunctionNames();
    const { from, where, person } = printRows(within, { literals: 'value', functions, uncut: new Set() }, []);
    const conditions = [...where, 'hash($1) IS NOT NULL'].join(' AND ');
    const sql = `SELECT ${person}, count(*) FROM ${from} WHERE ${conditions} GROUP BY ${person} HAVING count(*) > ${most}`;
    const over = await runSql(runnable({ sql, functions: functions.list() }), [TEST_SALT]);
    if (over.length > 0) expect.fail(`${asked}\nrows of a person: ${String(over[0]?.[1])}, planned ${most}\n${sql}`);
  }
}

/** Asserts that what one person changes is within the plan, and that nobody else's values change. */
export function assertBounded(output: BoundedOutput, person: string, before: Counted, after: Counted): void {
  const fail = (what: string): never => expect.fail(`${what}, by person ${person}\n${output.asked}\n${output.sql}`);
  const { maxGroupsPerPerson, linf, squaredL2 } = output.bounds;
  const keys = [...new Set([...before.groups.keys(), ...after.groups.keys()])];
  const changes = keys.map((key) =>
    linf.map((_, i) => change(before.groups.get(key)?.[i], after.groups.get(key)?.[i])),
  );
  const changed = changes.filter((group) => group.some((statistic) => statistic.size > 0)).length;
  if (changed > maxGroupsPerPerson) fail(`${changed} groups change, planned ${maxGroupsPerPerson}`);
  for (const [i, statistic] of output.draft.statistics.entries()) {
    const ofGroups = changes.map((group) => group[i] ?? new Map<number, bigint>());
    const most = largest(ofGroups.flatMap((g) => [...g.values()]));
    if (most > (linf[i] ?? 0n)) fail(`statistic ${i} changes by ${most}, planned ${linf[i]}`);
    const levels = statistic.kind === 'histogram' ? treeLevels(statistic.bins) : 1;
    let total = 0n;
    for (let level = 0; level < levels; level += 1) {
      const nodes = ofGroups.flatMap((g) => [...nodesOf(g, TREE_FAN_OUT ** level).values()]);
      const squared = nodes.reduce((sum, n) => sum + n * n, 0n);
      if (squared > (squaredL2[i] ?? 0n) / BigInt(levels))
        fail(`level ${level} of statistic ${i} changes by ${squared} squared`);
      total += squared;
    }
    if (total > (squaredL2[i] ?? 0n)) fail(`statistic ${i} changes by ${total} squared, planned ${squaredL2[i]}`);
  }
  assertOthersAlike(person, before, after, fail);
}

function assertOthersAlike(person: string, before: Counted, after: Counted, fail: (what: string) => never): void {
  if (after.persons.has(person)) fail('a person that is gone still counts');
  for (const other of new Set([...before.persons.keys(), ...after.persons.keys()])) {
    if (other === person) continue;
    const [was, is] = [before.persons.get(other)?.join('\n'), after.persons.get(other)?.join('\n')];
    if (was !== is) fail(`the values of person ${other} change from\n${was}\nto\n${is}\n`);
  }
}

function change(before: ReadonlyMap<number, bigint> = new Map(), after: ReadonlyMap<number, bigint> = new Map()) {
  const changes = [...new Set([...before.keys(), ...after.keys()])].map((bin): [number, bigint] => [
    bin,
    (before.get(bin) ?? 0n) - (after.get(bin) ?? 0n),
  ]);
  return new Map(changes.filter(([, by]) => by !== 0n));
}

function nodesOf(bins: ReadonlyMap<number, bigint>, width: number): ReadonlyMap<number, bigint> {
  const nodes = new Map<number, bigint>();
  for (const [bin, by] of bins) {
    const node = Math.floor(bin / width);
    nodes.set(node, (nodes.get(node) ?? 0n) + by);
  }
  return nodes;
}

function largest(values: readonly bigint[]): bigint {
  return values.map((v) => (v < 0n ? -v : v)).reduce((a, b) => (a > b ? a : b), 0n);
}
