// The same on data of real people: eighteen months of CDNOW purchases, and the Hillstrom mailing with its outcomes. Both
// are small, so that the general program counts them. They are no part of the repository.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalText, readRules, type TableColumn, type TableView, tableName } from '../../policies/index.ts';
import { BenchEngine } from '../measure/bench-engine.ts';
import { contest, ratioOf } from '../measure/contest.ts';
import { generalOver, planSql } from '../questions/protected-program.ts';
import type { BenchRow } from './bench-row.ts';

const MEMORY_LIMIT = '4GB';
const FOLDER = process.env.GALLEY_REAL_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

const shared = {
  version: 1,
  aggregates: ['count', 'count-persons', 'sum', 'avg'],
  functions: 'standard',
  minGroupSize: 10,
  budget: { epsilon: 20, delta: 1e-6 },
};
const integer = (name: string): TableColumn => ({ name, type: { kind: 'integer' } });
const money = (name: string): TableColumn => ({ name, type: { kind: 'decimal', scale: 2 } });
const person = (name: string): TableColumn => ({ name, type: { kind: 'person' } });

const orders = viewOf('cdnow', 'orders', [person('member_id'), integer('cds'), money('amount_usd')], {
  identity: 'member_id',
  // The heaviest buyer has 217 orders.
  rowsPerPerson: 250,
  maxGroupsPerPerson: 4,
  groupKeys: { cds: {} },
  measures: { amount_usd: { min: 0, max: 1_300 } },
});
const outcomes = viewOf('shop', 'outcomes', [person('email'), integer('visit'), money('spend_usd')], {
  identity: 'email',
  rowsPerPerson: 1,
  maxGroupsPerPerson: 1,
  measures: { visit: { min: 0, max: 1 }, spend_usd: { min: 0, max: 500 } },
});
const campaign = viewOf('brand', 'campaign', [person('email'), { name: 'arm', type: { kind: 'text' } }], {
  identity: 'email',
  rowsPerPerson: 1,
  maxGroupsPerPerson: 1,
  groupKeys: { arm: {} },
});

const QUESTIONS = [
  {
    name: 'CDNOW: reach and sum by discs in an order',
    files: [{ file: 'cdnow_brand_orders', view: orders }],
    sql: 'select cds, count(distinct member_id) as persons, sum(amount_usd) as amount from cdnow.orders group by cds',
    plain: 'SELECT cds, count(DISTINCT member_id), sum(amount_usd) FROM "handed cdnow.orders" GROUP BY cds',
  },
  {
    name: 'Hillstrom: reach, visits and sum by arm of the mailing',
    files: [
      { file: 'hillstrom_platform_outcomes', view: outcomes },
      { file: 'hillstrom_brand_campaign', view: campaign },
    ],
    sql: 'select arm, count(distinct c.email) as persons, sum(visit) as visits, sum(spend_usd) as spend from brand.campaign c join shop.outcomes o on o.email = c.email group by arm',
    plain:
      'SELECT arm, count(DISTINCT c.email), sum(visit), sum(spend_usd) FROM "handed brand.campaign" c JOIN "handed shop.outcomes" o ON o.email = c.email GROUP BY arm',
  },
] as const;

/** Rows on real purchases and a real mailing; where they are not given, rows are missing, and the table says so. */
export async function realRows(roundCount: number): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  using engine = await BenchEngine.open(':memory:', MEMORY_LIMIT);
  for (const { name, files, sql, plain } of QUESTIONS) {
    const missing = files.filter(({ file }) => !existsSync(pathOf(file)));
    if (missing.length > 0) {
      const names = missing.map(({ file }) => `${file}.csv.gz`).join(' and ');
      process.stdout.write(`NOT MEASURED  ${name}: GALLEY_REAL_DATA names no folder with ${names}\n`);
      continue;
    }
    for (const { file, view } of files) await load(engine, pathOf(file), view);
    const size = Math.max(...(await Promise.all(files.map(({ view }) => countOf(engine, view)))));
    const planned = await planSql(
      sql,
      files.map(({ view }) => view),
      'private',
    );
    const program = generalOver(planned, engine, new Map());
    const sides = [
      { name: 'plain', run: () => engine.rows(plain) },
      { name: 'ours', run: program.run },
    ];
    const [compared, ran] = await contest(sides, roundCount, (work) => engine.peakBytes(work));
    if (ran === undefined || compared === undefined) throw new Error('a contest has two sides');
    const baseline = 'plain on the data as handed in, distinct persons counted';
    rows.push({
      name,
      baseline,
      size,
      path: program.path,
      countsPersons: true,
      peakBytes: ran.peakBytes,
      ...ratioOf(ran, compared),
    });
  }
  return rows;
}

const pathOf = (file: string): string => join(FOLDER, `${file}.csv.gz`);

function countOf(engine: BenchEngine, view: TableView): Promise<number> {
  return engine.number(`SELECT count(*) FROM "${tableName(view)}"`);
}

// As handed in a person is 64 hex characters; identifiers are brought to their one form first, as uploads do.
async function load(engine: BenchEngine, path: string, view: TableView): Promise<void> {
  const { identity } = view.rules;
  const form = `lower(trim(CAST(${identity} AS VARCHAR)))`;
  const others = view.columns.filter((c) => c.type.kind !== 'person');
  const handed = others.map(({ name, type }) =>
    type.kind === 'decimal' ? `CAST(${name} AS DECIMAL(18, 2)) AS ${name}` : name,
  );
  const from = `FROM read_csv('${path}')`;
  const table = tableName(view);
  await engine.run(
    `CREATE TABLE "handed ${table}" AS SELECT sha256(${form}) AS ${identity}, ${handed.join(', ')} ${from}`,
  );
  await engine.run(
    `CREATE TABLE "${table}" AS SELECT * REPLACE (md5_number_lower('key of the bench' || ${identity}) AS ${identity}) FROM "handed ${table}"`,
  );
}

function viewOf(member: string, alias: string, columns: readonly TableColumn[], fields: object): TableView {
  const read = readRules({ ...shared, ...fields }, columns);
  if (!read.ok) throw new Error(canonicalText(read.faults));
  return { member, alias, datasetId: alias, columns, identifiers: ['email'], rules: read.rules };
}
