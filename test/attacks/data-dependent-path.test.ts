// A path that tells: an engine that is faster where nobody has more rows than declared has looked at the data to know
// it. Were the choice to show in what a question costs, in its noise, in its status, in `explain` or in the log that
// others read, then whoever asks would learn whether some heavy person is among the rows, for free.
//
// The wall: price, noise and status follow from declared facts; the choice is made after the charge, is kept sealed,
// and is told to the owner of the data alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, entriesOf, type LoggedEntry, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

const sql = 'select city, count(*) as visits, sum(spend) as spend from jiufang.outcomes group by city';
const rules = { rowsPerPerson: 4, maxGroupsPerPerson: 2 };
const CROWD = 600;

const light = Array.from({ length: CROWD }, (_, i) => `p${i}@example.com,city${i % 3},1,10.00`);
/** One person far beyond the declaration: fifty rows, in ten cities. */
const heavy = Array.from({ length: 50 }, (_, i) => `heavy@example.com,city${i % 10},1,10.00`);
const csvOf = (rows: readonly string[]): string => ['email,city,visit,spend', ...rows].join('\n');

let stage: ServiceStage;
let worlds: readonly Table[];

beforeAll(async () => {
  stage = await ServiceStage.open();
  worlds = [
    await setTable(stage, { outcomesRules: rules, outcomesCsv: csvOf(light) }),
    await setTable(stage, { outcomesRules: rules, outcomesCsv: csvOf([...light, ...heavy]) }),
  ];
});

afterAll(() => stage[Symbol.asyncDispose]());

/** Says of both worlds what somebody sees of them, and asserts that it is the same. */
async function expectAlike<Seen>(look: (world: Table) => Promise<Seen>): Promise<Seen> {
  const [without, withHeavy] = [await look(worlds[0] as Table), await look(worlds[1] as Table)];
  expect(withoutNames(withHeavy)).toEqual(withoutNames(without));
  return without;
}

/** Ids, digests, places in the log and moments differ between any two worlds. */
function withoutNames(seen: unknown): unknown {
  const text = JSON.stringify(seen, (key, value: unknown) => {
    if (key === 'leafIndex' || key === 'at' || key === 'submittedAt' || key === 'endedAt') return null;
    return typeof value === 'bigint' ? String(value) : value;
  });
  return JSON.parse(text.replaceAll(/[0-9a-f]{64}/g, 'digest').replaceAll(/\b[a-z]+-[0-9a-f]{32}/g, 'id'));
}

function isAbout({ collaboration, kind }: LoggedEntry, world: Table): boolean {
  return collaboration === world.collaborationId && !/bound|created|accepted|snapshot|rules|read/.test(kind);
}

describe('a person beyond the declaration', () => {
  it('does not show in `explain`, which names the path by declared facts', async () => {
    const { boundingPaths } = await expectAlike(({ collaborationId }) =>
      stage.as('brand').queries.explain(questionOf(collaborationId, sql)),
    );
    expect(boundingPaths).toEqual([{ path: 'kept-groups', words: expect.any(String), maxGroupsPerPerson: 2 }]);
  });

  it('does not show in the charge, the status or the columns of the answer', async () => {
    await expectAlike(async ({ collaborationId }) => {
      const { query, columns } = await ask(stage, 'brand', collaborationId, sql);
      const { state, charged, stored } = await stage.as('brand').queries.get(query.queryId);
      const accounts = await stage.as('brand').collaborations.budget(collaborationId);
      return { state, charged, stored, columns, charges: accounts.map((a) => a.charged) };
    });
  });

  it('does not show in the log that others read, noise included', async () => {
    const all = await entriesOf(stage);
    const seen = await expectAlike(async (world) =>
      all.filter((e) => isAbout(e, world)).map(({ kind, subject }) => ({ kind, subject })),
    );
    expect(seen.map((e) => e.kind)).toContain('question-admitted');
    expect(seen.map((e) => e.kind)).toContain('release-made');
    expect(JSON.stringify(all)).not.toMatch(/one-row|uncut|"cut"/);
  });

  it('shows to the owner of the data, and to nobody else', async () => {
    const told = await Promise.all(
      worlds.map(({ outcomesId }) => stage.as('platform').datasets.countingPaths(outcomesId)),
    );
    expect(told.map(([path]) => [path?.alias, path?.rows, path?.persons, path?.groups])).toEqual([
      ['outcomes', 'all', 'one-row', 'all'],
      ['outcomes', 'cut', 'grouped', 'kept'],
    ]);
    for (const actor of ['brand', 'isv', 'auditor', 'outsider'] as const) {
      for (const { outcomesId } of worlds) {
        await expectRefused(stage.as(actor).datasets.countingPaths(outcomesId), 'NOT_FOUND');
      }
    }
  });

  it('shows of two owners to each what follows from its own rows alone', async () => {
    const [, world] = worlds;
    if (world === undefined) return expect.fail('no world');
    const both =
      'select m.arm, count(*) as n from chenxi.mailings m join jiufang.outcomes o on m.email = o.email group by m.arm';
    await ask(stage, 'brand', world.collaborationId, both, { epsilon: 0.7 });
    const [own] = await stage.as('brand').datasets.countingPaths(world.mailingsId);
    expect(own).toMatchObject({ alias: 'mailings', rows: 'all', persons: '', groups: '' });
  });
});
