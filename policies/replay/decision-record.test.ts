// An auditor decides again from what was recorded: it gives the same decision, and a record that was changed gives
// another.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSeed } from '../../test/support/effort.ts';
import { parseSql } from '../../test/support/engine.ts';
import { goldenQuestions } from '../../test/support/golden-questions.ts';
import { drawCollaboration, tablesOf } from '../../test/support/random-collaboration.ts';
import { QuestionWriter } from '../../test/support/random-larger-questions.ts';
import { scoringFunctions } from '../../test/support/scoring.ts';
import { tables as testTables } from '../../test/support/tables.ts';
import type { FunctionView } from '../collaboration/function-view.ts';
import type { TableView } from '../collaboration/table-view.ts';
import type { DecisionInputs, LedgerFacts } from './decide.ts';
import { type DecisionRecord, readDecisionRecord, recordDecision, replayDecision } from './decision-record.ts';

const account = { account: 'owner/ds-1', epsilon: 8, delta: 1e-6, rhoCharged: 0, deltaCharged: 0 };
const consumer = { ...account, account: 'consumer/col-1/brand' };
const ledger: LedgerFacts = {
  delta: 1e-6,
  accounts: [account, consumer],
  stored: [],
  storedBounds: [],
  isTakenByEngine: true,
  earlierExactCount: 0,
};

async function inputsOf(sql: string, fields: Partial<DecisionInputs> = {}): Promise<DecisionInputs> {
  const parse = await parseSql(sql);
  const asked = { epsilon: 1, omitIntervals: false, mode: 'private', functions: scoringFunctions } as const;
  return { sql, parse, tables: testTables, ...asked, ledger, ...fields };
}

/** A question on a random collaboration, with what has been charged to its consumer. */
interface Asked {
  readonly sql: string;
  readonly views: readonly TableView[];
  readonly rhoCharged: number;
  readonly epsilon: number;
}

/** A record as it comes back from where it was kept. */
function kept(inputs: DecisionInputs): DecisionRecord<'question'> {
  return readDecisionRecord(JSON.stringify(recordDecision('question', inputs))) as DecisionRecord<'question'>;
}

const counted = 'select zip, count(*) as n from market.outcomes group by zip having n > 50';

describe('the record of a decision', () => {
  it(`replays to the same decision, whatever was asked and whatever was decided (seed ${runSeed})`, async () => {
    const decided: Record<string, number> = {};
    const hold = (inputs: DecisionInputs): void => {
      const record = kept(inputs);
      expect(replayDecision(record).differences, inputs.sql).toEqual([]);
      decided[record.decision.kind] = (decided[record.decision.kind] ?? 0) + 1;
    };
    for (const sql of [...goldenQuestions('allow'), ...goldenQuestions('deny')]) hold(await inputsOf(sql));
    const asked = fc.gen().map((g): Asked => {
      const tables = drawCollaboration(g, 'wild');
      const sql = new QuestionWriter(g, tables, false).question();
      const rhoCharged = g(fc.constantFrom, 0, 0.01, 0.5, 100);
      return { sql, views: tablesOf(tables).map((t) => t.view), rhoCharged, epsilon: g(fc.constantFrom, 0.5, 1, 9) };
    });
    const replay = async ({ sql, views, rhoCharged, epsilon }: Asked): Promise<void> => {
      const accounts = [account, { ...consumer, rhoCharged }];
      hold(await inputsOf(sql, { tables: views, epsilon, ledger: { ...ledger, accounts } }));
    };
    await fc.assert(fc.asyncProperty(asked, replay), { numRuns: 60, seed: runSeed });
    expect(Object.keys(decided).toSorted()).toEqual(['admitted', 'budget-spent', 'refused']);
  }, 120_000);

  it('holds what runs, what it costs, and the accounts after it', async () => {
    const { decision } = kept(await inputsOf(counted));
    if (decision.kind !== 'admitted') return expect.fail(decision.kind);
    expect(decision.counted).toHaveLength(1);
    expect(decision.outer).toContain('SELECT');
    expect(decision.mechanisms.events.map((e) => e.kind)).toEqual(['discrete-gaussian', 'selection']);
    expect(decision.charge.rho).toBeGreaterThan(0);
    expect(decision.accounts.map((a) => a.rhoCharged)).toEqual([decision.charge.rho, decision.charge.rho]);
  });

  it('names the first account that cannot bear the charge, and every rule that is broken', async () => {
    const spent = { ...ledger, accounts: [account, { ...consumer, rhoCharged: 100 }] };
    expect(kept(await inputsOf(counted, { ledger: spent })).decision).toMatchObject({
      kind: 'budget-spent',
      account: consumer.account,
    });
    const refused = kept(await inputsOf('select email, secret_score from market.outcomes', { ledger: null })).decision;
    expect(refused).toMatchObject({ kind: 'refused', violations: [{ rule: 'identity-stays-inside' }, {}] });
  });

  it('charges nothing for what stored releases answer, whatever the accounts are', async () => {
    const accounts = [{ ...account, rhoCharged: 100 }];
    const { decision } = kept(await inputsOf(counted, { ledger: { ...ledger, accounts, stored: [0] } }));
    expect(decision).toMatchObject({ kind: 'admitted', charge: { rho: 0 }, mechanisms: { events: [] } });
  });

  it('charges for the bounds that are not stored, and names the mechanism that finds them', async () => {
    const sql = 'select sum(auto_clamp(spend)) as s from market.outcomes';
    const kindsOf = async (storedBounds: readonly number[]): Promise<readonly string[]> => {
      const { decision } = kept(await inputsOf(sql, { ledger: { ...ledger, storedBounds } }));
      return decision.kind === 'admitted' ? decision.mechanisms.events.map((e) => e.kind) : expect.fail(decision.kind);
    };
    expect(await kindsOf([])).toEqual(['private-bounds', 'discrete-gaussian', 'discrete-gaussian']);
    expect(await kindsOf([0])).toEqual(['discrete-gaussian', 'discrete-gaussian']);
  });

  it('is found to differ when its rules, its epsilon, its tree or its accounts were changed', async () => {
    const record = kept(await inputsOf(counted));
    const other = await inputsOf(counted.replace('group by zip', 'where visit = 1 group by zip'));
    const spent = { ...ledger, accounts: [{ ...account, rhoCharged: 100 }] };
    const stricter = testTables.map((t) => ({ ...t, rules: { ...t.rules, minGroupSize: 51 } }));
    const changes: readonly Partial<DecisionRecord<'question'>['inputs']>[] = [
      { epsilon: 0.99 },
      { omitIntervals: true },
      { mode: 'threshold' },
      { parse: other.parse },
      { tables: stricter },
      { tables: testTables.slice(0, 0) },
      { ledger: spent },
      { ledger: { ...ledger, delta: 1e-7 } },
      { ledger: { ...ledger, stored: [0] } },
      { ledger: { ...ledger, isTakenByEngine: false } },
      { ledger: null },
    ];
    for (const change of changes) {
      const changed = { ...record, inputs: { ...record.inputs, ...change } };
      expect(replayDecision(changed).differences, JSON.stringify(change)).not.toEqual([]);
    }
    expect(replayDecision({ ...record, decision: { kind: 'undecided' } }).differences).toContain('/kind');
  });

  it('keeps scoring functions to the last digit, and is found to differ when one was changed', async () => {
    const sql = "select sum(isv.huge(amount)), count_if(isv.tier(category) = 'low') from market.events";
    const huge: FunctionView = {
      member: 'isv',
      name: 'huge',
      digest: 'digest-of-huge',
      parameters: [{ name: 'x', kind: 'number', values: null }],
      returns: { kind: 'number', scale: 0, min: -999_999_999_999_999_999n, max: 999_999_999_999_999_998n },
    };
    const functions = [...scoringFunctions, huge];
    const record = kept(await inputsOf(sql, { functions }));
    if (record.decision.kind !== 'admitted') return expect.fail(record.decision.kind);
    expect(record.decision.counted.join()).toContain("CAST('999999999999999998' AS BIGINT)");
    expect(replayDecision(record).differences).toEqual([]);
    expect(record.decision.functions?.map((f) => f.digest)).toEqual(['digest-of-huge', 'digest-of-tier']);
    const { decision: _, ...inputs } = record;
    const text = JSON.stringify(inputs);
    for (const [from, to] of [
      ['999999999999999998', '999999999999999997'],
      ['"low","high"', '"low","top"'],
      ['"name":"huge"', '"name":"vast"'],
      ['"kind":"number","values":null', '"kind":"text","values":null'],
      ['"digest-of-huge"', '"digest-of-other"'],
    ] as const) {
      const changed = text.replaceAll(from, to);
      expect(changed).not.toBe(text);
      const other = readDecisionRecord(JSON.stringify({ ...JSON.parse(changed), decision: record.decision }));
      expect(replayDecision(other).differences, to).not.toEqual([]);
    }
  });

  it('from before there were scoring functions replays as it did', async () => {
    const { functions, ...before } = kept(await inputsOf(counted)).inputs;
    expect(functions).toHaveLength(scoringFunctions.length);
    const old = { ...kept(await inputsOf(counted)), inputs: before };
    expect(replayDecision(readDecisionRecord(JSON.stringify(old))).differences).toEqual([]);
  });

  it('of another version is not read as if it were of this one', () => {
    for (const text of ['null', '[]', '{}', '{"version":2,"inputs":{},"decision":{}}', '{"version":1,"inputs":{}}']) {
      expect(() => readDecisionRecord(text)).toThrow(TypeError);
    }
  });
});
