// Audiences and matches are decided again like questions; and no recorded input can be changed without a difference.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseSql } from '../../test/support/engine.ts';
import { campaign, outcomes, tables } from '../../test/support/tables.ts';
import { bothSql, personsSql } from '../plan/match-sql.ts';
import type { AudienceInputs } from './decide-audience.ts';
import type { HiddenMatchInputs, ReportInputs } from './decide-match.ts';
import {
  type DecisionRecord,
  type DecisionSubject,
  type Decisions,
  readDecisionRecord,
  recordDecision,
  replayDecision,
} from './decision-record.ts';

const account = { account: 'owner/ds-outcomes', epsilon: 8, delta: 1e-6, rhoCharged: 0, deltaCharged: 0 };
const consumer = { ...account, account: 'consumer/col-1/brand' };
const accounts = [account, consumer];
const spentAccounts = [account, { ...consumer, rhoCharged: 100 }];
const code = { version: '0.1.0', engine: 'engine 1', rules: 'a'.repeat(64) };
const shop = { destination: 'shop-front', owner: 'market', identifier: 'email' } as const;
const joined =
  "select o.email from market.outcomes o join brand.campaign c using (email) where o.visit = 1 and c.arm = 'gift'";

let audience: AudienceInputs;
let report: ReportInputs;
let hidden: HiddenMatchInputs;
beforeAll(async () => {
  audience = await definition(joined);
  const [mine, both] = [await parseSql(personsSql(campaign)), await parseSql(bothSql(campaign, outcomes))];
  const money = { epsilon: 0.5, delta: 1e-6, accounts };
  const parses = { mine, both };
  report = { how: 'report', own: campaign, other: outcomes, parses, kinds: ['email', 'phone'], stored: [], ...money };
  hidden = { how: 'hidden', table: outcomes, parse: await parseSql(personsSql(outcomes)), ...money };
});

async function definition(sql: string): Promise<AudienceInputs> {
  return { sql, parse: await parseSql(sql), tables, functions: [] };
}

function kept<S extends DecisionSubject>(about: S, inputs: Decisions[S]['inputs']): DecisionRecord<S> {
  const record = readDecisionRecord(JSON.stringify(recordDecision(about, inputs, code))) as DecisionRecord<S>;
  expect(replayDecision(record).differences).toEqual([]);
  return record;
}

const size = (fields = {}) => ({
  ...audience,
  requestedEpsilon: 0,
  defaultEpsilon: 0.1,
  delta: 1e-6,
  accounts,
  isStored: false,
  ...fields,
});
const activation = (fields = {}) => ({ ...audience, destination: shop, isLargeEnough: true, ...fields });

describe('the decision on an audience', () => {
  it('says who is in, over which tables, and the strictest minimum', () => {
    const { decision, code: pinned } = kept('audience', audience);
    expect(decision).toMatchObject({ kind: 'admitted', tables: ['brand.campaign', 'market.outcomes'], minSize: 200 });
    expect(decision.kind === 'admitted' && decision.persons).toContain("'gift'");
    expect(pinned).toEqual(code);
  });

  it('names every rule that is broken', async () => {
    const { decision } = kept('audience', await definition('select email, visit from market.outcomes'));
    expect(decision).toMatchObject({ kind: 'refused', violations: [{ rule: 'audience-selects-persons' }] });
  });

  it('prices its size, and names the account that cannot bear it', () => {
    expect(kept('audience-size', size()).decision).toMatchObject({ kind: 'admitted', epsilon: 0.1 });
    expect(kept('audience-size', size({ accounts: spentAccounts })).decision).toMatchObject({
      kind: 'budget-spent',
      account: consumer.account,
    });
    const stored = kept('audience-size', size({ accounts: spentAccounts, isStored: true })).decision;
    expect(stored).toMatchObject({ kind: 'admitted', charge: { rho: 0 }, mechanisms: { events: [] } });
    expect(kept('audience-size', size({ requestedEpsilon: 7 })).decision).toMatchObject({ kind: 'refused' });
  });

  it('holds its publication against destination and minimum, and never says how many there are', () => {
    expect(kept('activation', activation()).decision).toMatchObject({ kind: 'admitted', minSize: 200 });
    const elsewhere = kept('activation', activation({ destination: { ...shop, destination: 'feed' } })).decision;
    expect(elsewhere).toMatchObject({ kind: 'refused', violations: [{ rule: 'destination-is-permitted' }] });
    const small = kept('activation', activation({ isLargeEnough: false }));
    expect(small.decision).toMatchObject({ kind: 'refused', violations: [{ rule: 'audience-is-large-enough' }] });
    expect(JSON.stringify(small.decision)).not.toContain('"persons"');
  });
});

describe('the decision on a match', () => {
  it('prices a report of two tables, less what is stored', () => {
    const { decision } = kept('match', report);
    if (decision.kind !== 'admitted') return expect.fail(decision.kind);
    expect(decision.kinds).toEqual(['email', 'phone', 'other']);
    expect(decision.charge.rho).toBeGreaterThan(0);
    const rest = kept('match', { ...report, stored: [0, 1, 2] }).decision;
    expect(rest).toMatchObject({ kind: 'admitted', charge: { rho: 0 } });
  });

  it('prices a match without showing', () => {
    expect(kept('match', hidden).decision).toMatchObject({ kind: 'admitted', tables: ['market.outcomes'], kinds: [] });
    expect(kept('match', { ...hidden, accounts: spentAccounts }).decision).toMatchObject({ kind: 'budget-spent' });
    expect(kept('match', { ...hidden, epsilon: 5 }).decision).toMatchObject({ kind: 'refused' });
  });

  it('asks for what follows from its tables, whatever its record says', () => {
    const other = { ...outcomes, alias: 'orders' };
    for (const changed of [
      { ...hidden, table: other },
      { ...report, other },
    ] as const) {
      const record = kept('match', changed.how === 'hidden' ? hidden : report);
      expect(replayDecision({ ...record, inputs: changed }).differences).not.toEqual([]);
    }
  });
});

describe('a record of any decision', () => {
  it('is found to differ when any number, name or switch that it was decided from is changed', () => {
    const records: DecisionRecord[] = [
      kept('audience', audience),
      kept('audience-size', size({ requestedEpsilon: 0.3 })),
      kept('activation', activation()),
      kept('match', report),
      kept('match', hidden),
    ];
    const found = records.map((record) => {
      const places = placesOf(record.inputs).filter((at) => DECIDING.test(`${record.about}${at}`));
      for (const place of places) {
        const inputs = changedAt(record.inputs, place.split('/').slice(1)) as typeof record.inputs;
        const replayed = replayDecision({ ...record, inputs } as DecisionRecord);
        expect(replayed.differences, `${record.about}${place}`).not.toEqual([]);
      }
      return places.length;
    });
    expect(Math.min(...found)).toBeGreaterThan(0);
  });

  it('is found to differ at the very place of its decision that is changed', () => {
    const record = kept('match', report) as DecisionRecord;
    const places = placesOf(record.decision);
    fc.assert(
      fc.property(fc.constantFrom(...places), (place) => {
        const decision = changedAt(record.decision, place.split('/').slice(1)) as typeof record.decision;
        expect(replayDecision({ ...record, decision }).differences).toContain(place);
      }),
    );
  });

  it('of the first version is about a question', async () => {
    const sql = 'select count(*) from market.outcomes';
    const asked = { epsilon: 1, omitIntervals: false, mode: 'private', functions: [], ledger: null } as const;
    const { inputs, decision } = recordDecision('question', { sql, parse: await parseSql(sql), tables, ...asked });
    const old = readDecisionRecord(JSON.stringify({ version: 1, inputs, decision }));
    expect(old).toMatchObject({ version: 2, about: 'question' });
    expect(replayDecision(old).differences).toEqual([]);
  });

  it('is not read when it is of a version or about a thing that nobody knows', () => {
    const { inputs, decision, about } = recordDecision('audience', audience);
    for (const unknown of [{ version: 3, about }, { version: 2, about: 'toString' }, { version: 2 }]) {
      expect(() => readDecisionRecord(JSON.stringify({ ...unknown, inputs, decision }))).toThrow(TypeError);
    }
  });
});

/** What every decision of the kind follows from, but for trees and rules, whose parts may have no say. */
const DECIDING =
  /^(audience\/tables\/[01]\/(member|alias)$|audience-size\/(requestedEpsilon|delta|accounts\/|isStored)|activation\/(destination|isLargeEnough)|match\/(epsilon|delta|accounts\/|kinds\/|table\/(member|alias)|(own|other)\/(member|alias)))/;

/** The pointers of all leaves of JSON. */
function placesOf(value: unknown, at = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([name, inner]) => placesOf(inner, `${at}/${name}`));
}

function changedAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return changed(value);
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = changedAt(copy[name], rest);
  return copy;
}

function changed(leaf: unknown): unknown {
  if (typeof leaf === 'number') return leaf === 0 ? 0.001 : leaf * 0.9;
  if (typeof leaf === 'boolean') return !leaf;
  if (typeof leaf === 'string') return `${leaf.slice(0, -1)}${leaf.endsWith('x') ? 'y' : 'x'}`;
  return 1;
}
