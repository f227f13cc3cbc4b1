import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../proto/index.ts';
import { matched } from '../support/service-people.ts';
import {
  ask,
  chargesOf,
  entriesOf,
  joined,
  type LoggedEntry,
  questionOf,
  verifyLogOf,
} from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const asBrand = (sql: string, epsilon = 3) => ask(stage, 'brand', table.collaborationId, sql, { epsilon });
const explain = (sql: string, epsilon = 3) =>
  stage.as('brand').queries.explain(questionOf(table.collaborationId, sql, { epsilon }));
const sumSql = `select sum(auto_clamp(o.spend / 2)) as half ${joined}`;

/** The kinds of the mechanisms that a question was admitted with. */
function kindsOf(admitted: LoggedEntry | undefined): readonly string[] {
  const mechanisms = admitted?.subject.mechanisms as
    | { readonly events: readonly { readonly kind: string }[] }
    | undefined;
  return (mechanisms?.events ?? []).map((e) => e.kind);
}

describe('a sum whose bounds are found', () => {
  it('costs what explain said, in both stages together, and says which mechanisms ran', async () => {
    const explained = await explain(sumSql);
    expect(explained.boundsPriceRatio).toBeCloseTo(0.1, 6);
    expect(explained.expectedErrors).toEqual([]);
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const { query, rows } = await asBrand(sumSql);
    expect(query.charged).toEqual(explained.price);
    expect(query.charged?.epsilon).toBeLessThanOrEqual(3);
    const after = await chargesOf(stage, 'brand', table.collaborationId);
    for (const [account, rho] of Object.entries(after)) {
      expect(rho - (before[account] ?? 0)).toBeCloseTo(query.charged?.rho ?? 0, 12);
    }

    const admitted = (await entriesOf(stage, 'question-admitted')).find((e) => e.subject.question === query.queryId);
    const kinds = kindsOf(admitted);
    expect(kinds.toSorted()).toEqual(['discrete-gaussian', 'discrete-gaussian', 'private-bounds']);

    // No noise is told in advance, and yet the interval holds the truth: bounds of a power of two above nearly
    // everybody.
    const truth = matched.reduce((sum, { outcome }) => sum + outcome.spendCents / 200, 0);
    const [low, high] = [Number(rows[0]?.half_ci95_low), Number(rows[0]?.half_ci95_high)];
    expect(Math.abs(Number(rows[0]?.half) - truth)).toBeLessThan(4 * (high - low) + truth / 10);
  });

  it('is free when it is asked again, and identical', async () => {
    const first = await asBrand(sumSql);
    const again = await asBrand(sumSql);
    expect(again.query).toMatchObject({ stored: true });
    expect(again.query.charged?.rho).toBe(0);
    expect(again.bytes).toEqual(first.bytes);
    expect((await explain(sumSql)).boundsPriceRatio).toBe(0);
  });

  it('tells the bounds in the file: from zero to a power of two of its units', async () => {
    const { bytes } = await asBrand(sumSql);
    const [told] = JSON.parse(tableFromIPC(bytes).schema.metadata.get('galley.found_bounds') ?? '[]');
    expect(told).toMatchObject({ column: 'half', low: 0 });
    expect(Math.log2(told.high * 1e6) % 1).toBe(0);
  });

  it('lends its bounds to another question of the same value, which pays for the rest alone', async () => {
    const sql = `select count(*) as n, sum(auto_clamp(o.spend / 2)) as half, avg(auto_clamp(o.spend / 2)) as mean ${joined}`;
    const fresh = (await explain(sql, 2.9)).price?.rho ?? 0;
    const atSame = (await explain(sql)).price?.rho ?? 0;
    const alone =
      (await explain(`select count(*) as n, avg(auto_clamp(o.spend / 3)) as mean ${joined}`)).price?.rho ?? 0;
    expect(atSame / alone).toBeCloseTo(0.9, 3);
    expect(atSame).toBeLessThan(fresh);
    const { query } = await asBrand(sql);
    const admitted = (await entriesOf(stage, 'question-admitted')).find((e) => e.subject.question === query.queryId);
    expect(kindsOf(admitted)).toContain('discrete-gaussian');
    expect(kindsOf(admitted)).not.toContain('private-bounds');
  });

  it('leaves a log that an auditor verifies', async () => {
    await expect(verifyLogOf(stage)).resolves.toBeDefined();
  });

  it('is not told to one member by what another has found', async () => {
    const sql = `select avg(auto_clamp(o.spend / 2)) as mean ${joined}`;
    const question = questionOf(table.collaborationId, sql, { epsilon: 3 });
    const theirs = (await stage.as('platform').queries.explain(question)).price?.rho ?? 0;
    const ours = (await explain(sql)).price?.rho ?? 0;
    expect(ours).toBeLessThan(theirs);
  });
});

describe('over nobody', () => {
  it('answers as over anybody else', async () => {
    const { query } = await asBrand(
      `select sum(auto_clamp(o.spend / 7)) as s, count(*) as n ${joined} where o.visit = 7`,
    );
    expect(query.stored).toBe(false);
    expect(query.charged?.rho).toBeGreaterThan(0);
  });
});

describe('in threshold mode', () => {
  it('is refused: bounds need noise', async () => {
    const fields = { mode: queries.ReleaseMode.THRESHOLD, epsilon: 0 };
    await expectRefused(ask(stage, 'brand', table.collaborationId, sumSql, fields), 'QUESTION_REFUSED');
  });
});
