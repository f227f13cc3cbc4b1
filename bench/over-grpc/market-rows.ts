// Whole questions over the events of the bench: uploaded once through the service, laid out, and asked.
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasets } from '../../proto/index.ts';
import { ask } from '../../test/support/service-questions.ts';
import type { Actor } from '../../test/support/service-rules.ts';
import { agree, createDataset, upload } from '../../test/support/service-table.ts';
import { median } from '../measure/contest.ts';
import { timed } from '../measure/timed.ts';
import { BENCH_QUESTIONS, type BenchQuestion } from '../questions/bench-questions.ts';
import { EVENTS_RULES, MEMBERS_RULES } from '../questions/market.ts';
import { printPlain } from '../questions/print-plain.ts';
import { generalProgram, planBenchQuestion } from '../questions/protected-program.ts';
import { type BenchRow, rowOfNumbers } from '../rows/bench-row.ts';
import { type BenchStore, HANDED_IN } from '../stored/bench-store.ts';
import type { BenchStage } from './bench-stage.ts';
import { compareService, medianMs } from './service-row.ts';

const TABLES = {
  events: {
    owner: 'platform',
    rules: EVENTS_RULES,
    columns: [
      'uid:email(hashed)',
      'category:text',
      'subcategory:text',
      'product:text',
      'city:text',
      'day:integer',
      'event_type:text',
      'amount:decimal(2)',
    ],
  },
  members: { owner: 'brand', rules: MEMBERS_RULES, columns: ['uid:email(hashed)', 'segment:text', 'tier:text'] },
} as const;
/** The questions that are asked as a whole: of the planned dimensions, and with dynamic bounds. */
const ASKED = [
  'reach by attribute',
  'reach and sum by two keys, planned dimensions',
  'reach and sum by two keys, dynamic bounds: day < 60',
];
const POLL_MS = 200;
/** Layouts of a hundred million rows take minutes; a service that makes none at all must not hold the bench for ever. */
const MAX_LAYOUT_MS = 3_600_000;
/** Each round asks at another epsilon, so that no stored release answers it. */
const epsilonOf = (round: number): number => 0.1 + round / 10_000;

/** What is measured: a service, the same tables in a bare engine, and how often. */
export interface MarketBench {
  readonly bench: BenchStage;
  readonly store: BenchStore;
  readonly size: number;
  readonly roundCount: number;
}

/** The upload of the events, the time until they are laid out, and whole questions over them. */
export async function marketRows(market: MarketBench): Promise<readonly BenchRow[]> {
  const { bench, store, size } = market;
  const directory = mkdtempSync(join(tmpdir(), 'galley-bench-'));
  try {
    const collaborationId = await agree(bench.stage);
    const loadMs = await loadOf(store, directory);
    const uploadMs = await bringTable(market, collaborationId, directory, 'events');
    await bringTable(market, collaborationId, directory, 'members');
    const { wallMs: layoutMs } = await timed(() => untilLaidOut(bench));
    const rows: BenchRow[] = [
      rowOfNumbers(
        { name: 'upload of events, Parquet', baseline: "DuckDB's own load of the same file", size },
        uploadMs,
        loadMs,
      ),
      rowOfNumbers(
        { name: 'time until all layouts are made, in the background', baseline: 'the upload of the events', size },
        layoutMs,
        uploadMs,
      ),
    ];
    for (const question of BENCH_QUESTIONS.filter(({ name }) => ASKED.includes(name))) {
      rows.push(...(await askedRows(market, question, collaborationId)));
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Writes both files as they are handed in, and answers what loading the events takes the engine. */
async function loadOf({ engine }: BenchStore, directory: string): Promise<number> {
  for (const name of Object.keys(TABLES)) {
    await engine.run(`COPY handed.${name} TO '${join(directory, name)}.parquet' (FORMAT parquet)`);
  }
  const load = `CREATE OR REPLACE TABLE loaded AS FROM read_parquet('${join(directory, 'events')}.parquet')`;
  const { wallMs } = await timed(() => engine.run(load));
  await engine.run('DROP TABLE loaded');
  return wallMs;
}

async function bringTable(
  { bench: { stage } }: MarketBench,
  collaborationId: string,
  directory: string,
  alias: keyof typeof TABLES,
): Promise<number> {
  const { owner, rules, columns } = TABLES[alias];
  const { datasetId } = await createDataset(stage, owner, columns);
  const file = createReadStream(join(directory, `${alias}.parquet`));
  const { wallMs } = await timed(() => upload(stage, owner, datasetId, file, { format: datasets.FileFormat.PARQUET }));
  const rulesJson = JSON.stringify(rules);
  await stage.as(owner satisfies Actor).collaborations.bind({ collaborationId, datasetId, alias, rulesJson });
  return wallMs;
}

// Work in the background says nothing of its end but by what it has made: all that was begun is ready, twice in a row.
async function untilLaidOut({ stage }: BenchStage): Promise<void> {
  const began = performance.now();
  let last = '';
  for (;;) {
    const lists = await Promise.all(
      ['platform', 'brand'].map(async (owner) => {
        const client = stage.as(owner as Actor).datasets;
        const own = await client.list();
        return (await Promise.all(own.map(({ datasetId }) => client.layouts(datasetId)))).flat();
      }),
    );
    const all = lists.flat();
    const isReady = all.some(({ matchedTable, form }) => matchedTable !== '' && form === 'rows');
    const told = all.map(({ layoutId, state }) => `${layoutId} ${state}`).join();
    const isMaking = all.some(({ state }) => state !== 'ready');
    if (isReady && !isMaking && told === last) return;
    if (performance.now() - began > MAX_LAYOUT_MS) throw new Error('the layouts of the events were not made');
    last = told;
    await new Promise((resolve) => setTimeout(resolve, 10 * POLL_MS));
  }
}

/** One question as a whole: over the same plan in a bare connection, and over the plain query on the data as handed in. */
async function askedRows(
  { bench, store, size, roundCount }: MarketBench,
  question: BenchQuestion,
  collaborationId: string,
): Promise<readonly BenchRow[]> {
  const general = generalProgram(await planBenchQuestion(question), store);
  const plain = printPlain(question.plain, HANDED_IN);
  const rows: BenchRow[] = [];
  const waits: number[] = [];
  let asked = 0;
  for (const [baseline, against] of [
    ['the same plan in a bare connection', general.run],
    ['plain on the data as handed in, in a bare connection', () => store.engine.rows(plain)],
  ] as const) {
    const { row, ran } = await compareService(bench.stage, {
      name: `whole question: ${question.name}`,
      baseline,
      size,
      roundCount,
      bareEngine: 'here',
      run: async () => {
        const before = bench.waitedMs();
        await ask(bench.stage, 'brand', collaborationId, question.sql, { epsilon: epsilonOf(asked++) });
        waits.push(bench.waitedMs() - before);
      },
      against,
    });
    const waitShare = (100 * median(waits)) / medianMs(ran);
    rows.push({ ...row, note: `${waitShare.toFixed(0)} % of it until the next step of time` });
  }
  return rows;
}
