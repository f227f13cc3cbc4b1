import { beforeAll, describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { runSteps } from '../../test/support/run-sharded.ts';
import { goodRules, rulesDocument } from '../../test/support/tables.ts';
import { layoutsOf, printLayout, type TableView } from '../index.ts';

const SALT = 7n;
const EVERYBODY = [0n, (1n << 64n) - 1n] as const;
const LOADED = 42;

function viewOf(member: string, alias: string, rowsPerPerson: number): TableView {
  const columns = [
    { name: 'email', type: { kind: 'person' as const } },
    { name: 'kind', type: { kind: 'text' as const } },
  ];
  const rules = goodRules(
    rulesDocument({ rowsPerPerson, groupKeys: { kind: {} }, filters: [], measures: {} }),
    columns,
  );
  return { member, alias, datasetId: `ds-${alias}`, columns, identifiers: ['email'], rules };
}

const visits = viewOf('shop', 'visits', 4);
const people = viewOf('brand', 'people', 1);

/** Rows of each form that holds persons over what is declared, of a match alone. */
async function rowsOver(): Promise<Readonly<Record<string, number>>> {
  const counted: [string, number][] = [];
  for (const spec of layoutsOf([visits, people])) {
    if (spec.base.matched === null || (spec.form !== 'over' && spec.form !== 'beside')) continue;
    const { steps, sql } = printLayout(spec);
    await runSteps(steps, [SALT, ...EVERYBODY]);
    const [[rows] = []] = await runSql(`SELECT count(*) FROM (${sql})`, [SALT, ...EVERYBODY]);
    counted.push([spec.form, Number(rows)]);
  }
  return Object.fromEntries(counted);
}

beforeAll(async () => {
  await runSql(
    `CREATE OR REPLACE TABLE "shop.visits" AS SELECT CAST(if(i < 600, ${LOADED}, i) AS UBIGINT) AS email, 'a' AS kind FROM range(1000) t(i)`,
  );
});

describe('a person of very many rows', () => {
  it('takes as much room beside a match whether the other member has it or not', async () => {
    await runSql(
      `CREATE OR REPLACE TABLE "brand.people" AS SELECT CAST(i AS UBIGINT) AS email, 'b' AS kind FROM range(700, 900) t(i)`,
    );
    const without = await rowsOver();
    await runSql(`INSERT INTO "brand.people" VALUES (${LOADED}, 'b')`);
    const within = await rowsOver();
    expect([without.over, within.over]).toEqual([600, 600]);
    expect([without.beside, within.beside]).toEqual([0, 1]);
  });
});
