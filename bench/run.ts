// `npm run bench`: what protection and the service around it cost, as ratios. Later work widens the rows; the shape
// stays.
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  canonicalText,
  checkQuestion,
  type PlannedAggregate,
  planQuestion,
  printAggregate,
} from '../policies/index.ts';
import { readSql, runSql } from '../test/support/engine.ts';
import { armsSql, ask, questionOf } from '../test/support/service-questions.ts';
import { ServiceStage } from '../test/support/service-stage.ts';
import { createDataset, outcomesColumns, setTable, upload } from '../test/support/service-table.ts';
import { boundingFigures } from './bounding-figures.ts';
import { compare, type Figure } from './compare.ts';
import { LARGEST_SIZE, logFigures } from './log-figures.ts';
import { printFigures, printMemory } from './print-figures.ts';
import { benchViews } from './views.ts';
import { idleMemoryMib, wallFigures } from './wall-figures.ts';

const PERSONS = 200_000;
const MEMBERS = 140_000;
const ROUNDS = 9;
/** Each round asks at another epsilon, so that no stored release answers it. */
const epsilonOf = (round: number): number => 0.05 + round / 10_000;

const outcomesCsv = ['email,city,visit,spend']
  .concat(
    Array.from(
      { length: PERSONS },
      (_, i) => `p${i}@example.com,city${i % 40},${i % 3 === 0 ? 1 : 0},${(i * 37) % 500}.25`,
    ),
  )
  .join('\n');
const arms = ['gift', 'coupon', 'control'];
const mailingsCsv = ['email,arm,tier']
  .concat(Array.from({ length: MEMBERS }, (_, i) => `p${(i * 7) % PERSONS}@example.com,${arms[i % 3]},${i % 5}`))
  .join('\n');

await using stage = await ServiceStage.open();
const { collaborationId } = await setTable(stage, { outcomesCsv, mailingsCsv });
const outcomesPath = join(stage.directory, 'outcomes.csv');
writeFileSync(outcomesPath, outcomesCsv);
writeFileSync(join(stage.directory, 'mailings.csv'), mailingsCsv);
await loadEngine(stage.directory);
const plan = await planOf(armsSql);
const planned = printAggregate(plan).sql;

const lines: string[] = [];
const log = await logFigures(stage, collaborationId, { largest: LARGEST_SIZE, tell: (line) => lines.push(line) });
const figures: Figure[] = [
  await compare({
    name: 'protected plan in the engine',
    baseline: 'plain count distinct and sums, same tables',
    roundCount: ROUNDS,
    run: () => runSql(planned, [7n]),
    against: () => runSql(plainSql('"jiufang.outcomes"', '"chenxi.mailings"')),
  }),
  await compare({
    name: 'protected plan in the engine',
    baseline: 'plain count distinct and sums, 32-byte hex keys as handed in',
    roundCount: ROUNDS,
    run: () => runSql(planned, [7n]),
    against: () => runSql(plainSql('outcomes_hex', 'mailings_hex')),
  }),
  await compare({
    name: 'whole question, gRPC in to Arrow out',
    baseline: 'the same plan in a bare DuckDB connection',
    roundCount: ROUNDS,
    run: (round) => ask(stage, 'brand', collaborationId, armsSql, { epsilon: epsilonOf(round) }),
    against: () => runSql(planned, [7n]),
  }),
  await compare({
    name: 'stored release, gRPC in to Arrow out',
    baseline: 'the whole question',
    roundCount: ROUNDS,
    run: (round) => ask(stage, 'brand', collaborationId, armsSql, { epsilon: epsilonOf(round) }),
    against: (round) => ask(stage, 'brand', collaborationId, armsSql, { epsilon: epsilonOf(round) + 0.01 }),
  }),
  await compare({
    name: 'explain',
    baseline: 'the whole question',
    roundCount: ROUNDS,
    run: () => stage.as('brand').queries.explain(questionOf(collaborationId, armsSql)),
    against: (round) => ask(stage, 'brand', collaborationId, armsSql, { epsilon: epsilonOf(round) + 0.02 }),
  }),
  await compare({
    name: 'upload of 200,000 rows to a published snapshot',
    baseline: "DuckDB's own load of the same file",
    roundCount: 3,
    run: async () => {
      const { datasetId } = await createDataset(stage, 'platform', outcomesColumns);
      await upload(stage, 'platform', datasetId, createReadStream(outcomesPath));
    },
    against: () => runSql(`CREATE OR REPLACE TABLE loaded AS FROM read_csv('${outcomesPath}')`),
  }),
  ...(await boundingFigures()),
  ...(await wallFigures()),
  ...log,
];

printFigures(figures);
for (const line of lines) process.stdout.write(`${line}\n`);
printMemory(await idleMemoryMib());

function plainSql(outcomes: string, mailings: string): string {
  return `SELECT m.arm, count(DISTINCT m.email), sum(o.visit), sum(o.spend) FROM ${mailings} m JOIN ${outcomes} o ON m.email = o.email GROUP BY m.arm`;
}

async function loadEngine(directory: string): Promise<void> {
  const file = (name: string): string => `read_csv('${join(directory, name)}.csv')`;
  const person = 'md5_number_lower(email)::UBIGINT AS email';
  await runSql(`CREATE TABLE outcomes_hex AS SELECT * REPLACE (sha256(email) AS email) FROM ${file('outcomes')}`);
  await runSql(`CREATE TABLE mailings_hex AS SELECT * REPLACE (sha256(email) AS email) FROM ${file('mailings')}`);
  const spend = 'CAST(spend AS DECIMAL(18, 2)) AS spend';
  await runSql(`CREATE TABLE "jiufang.outcomes" AS SELECT * REPLACE (${person}, ${spend}) FROM ${file('outcomes')}`);
  await runSql(`CREATE TABLE "chenxi.mailings" AS SELECT * REPLACE (${person}) FROM ${file('mailings')}`);
}

async function planOf(sql: string): Promise<PlannedAggregate> {
  const parsed = await readSql(sql);
  if (!parsed.ok) throw new Error(canonicalText(parsed.violations));
  const checked = checkQuestion(parsed.value, benchViews(), { epsilon: 0.05, omitIntervals: false });
  if (!checked.ok) throw new Error(canonicalText(checked.violations));
  const [aggregate] = planQuestion(checked.value, { epsilon: 0.05, delta: 1e-6 }).aggregates;
  if (aggregate === undefined) throw new Error('the question has no aggregation');
  return aggregate;
}
