// The ledger as an auditor sees it: what was charged adds up again from the log alone, with nothing of the service's
// code but the formula of docs/ledger.md.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { armsSql, ask, chargesOf, entriesOf, joined, type LoggedEntry } from '../support/service-questions.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

const UNITS = { rho: 2n ** 44n, delta: 2n ** 68n };

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

type Fraction = readonly [bigint, bigint];

const fractionOf = (text: string): Fraction => {
  const [n = '0', d = '1'] = text.split('/');
  return [BigInt(n), BigInt(d)];
};

/** The sum of s·count / 2v over all mechanisms, rounded up to whole units. */
function rhoOf(events: readonly Record<string, string & number>[]): number {
  let [n, d]: Fraction = [0n, 1n];
  for (const { kind, squaredSensitivity, variance, statistics } of events) {
    if (String(kind) !== 'discrete-gaussian') continue;
    const [s, sd] = fractionOf(squaredSensitivity ?? '0');
    const [v, vd] = fractionOf(variance ?? '1');
    const [termN, termD] = [BigInt(statistics ?? 0) * s * vd, 2n * sd * v];
    [n, d] = [n * termD + termN * d, d * termD];
  }
  return Number((n * UNITS.rho + d - 1n) / d) / Number(UNITS.rho);
}

function deltaOf(events: readonly Record<string, string & number>[]): number {
  const deltas = events.flatMap(({ kind, delta }) => (String(kind) === 'selection' ? [Number(delta)] : []));
  return Math.ceil(deltas.reduce((sum, delta) => sum + delta, 0) * Number(UNITS.delta)) / Number(UNITS.delta);
}

const eventsOf = (entry: LoggedEntry) => (entry.subject.mechanisms as { events: Record<string, never>[] }).events;

describe('the ledger', () => {
  it('adds up again from the log: each charge from its mechanisms, each account from its charges', async () => {
    const { collaborationId } = await setTable(stage);
    await ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.7 });
    await ask(stage, 'brand', collaborationId, `select o.city, count(*) as n, avg(o.spend) as s ${joined} group by 1`);
    await ask(stage, 'platform', collaborationId, `select count(*) as n ${joined}`, { epsilon: 0.05 });
    await ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.7 });
    const here = (await entriesOf(stage)).filter((e) => e.collaboration === collaborationId);

    const reserved = here.filter(({ kind }) => kind === 'budget-reserved');
    expect(reserved).toHaveLength(3);
    const totals: Record<string, number> = {};
    for (const { subject } of reserved) {
      const admitted = here.find((e) => e.kind === 'question-admitted' && e.subject.question === subject.question);
      const events = admitted === undefined ? expect.fail('a charge for nothing') : eventsOf(admitted);
      expect(subject.rho).toBe(rhoOf(events));
      expect(subject.deltaSelection).toBe(deltaOf(events));
      for (const account of subject.accounts as string[]) {
        totals[account] = (totals[account] ?? 0) + Number(subject.rho);
      }
    }
    // To the last bit: whole units add up without rounding, in any order.
    expect(totals).toMatchObject(await chargesOf(stage, 'brand', collaborationId));
    const selected = reserved.filter(({ subject }) => Number(subject.deltaSelection) > 0);
    expect(selected).toHaveLength(1);
  });

  it('says of a question that a stored release answers that no mechanism ran', async () => {
    const { collaborationId } = await setTable(stage);
    const { query: first } = await ask(stage, 'brand', collaborationId, armsSql);
    const { query: second } = await ask(stage, 'brand', collaborationId, armsSql);
    const admitted = await entriesOf(stage, 'question-admitted');
    const counts = [first, second].map(
      ({ queryId }) => admitted.filter((e) => e.subject.question === queryId).flatMap(eventsOf).length,
    );
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[1]).toBe(0);
  });
});
