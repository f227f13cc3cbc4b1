// Protected questions beside plain ones, in one engine: what privacy itself costs, without the service around it.
import { contest, type Measured, median, ratioOf, type Side } from '../measure/contest.ts';
import type { BenchQuestion, PlainQuery, PlainTables } from '../questions/bench-questions.ts';
import { pathProgram } from '../questions/path-program.ts';
import { printPlain, withoutPersons } from '../questions/print-plain.ts';
import {
  generalProgram,
  intoSelected,
  type ProtectedProgram,
  planBenchQuestion,
} from '../questions/protected-program.ts';
import { HANDED_IN } from '../stored/bench-store.ts';
import { OWN_LAYOUT, rowsOfMatch, runPlainShards, shardsOf } from '../stored/own-layout.ts';
import type { BenchRow } from './bench-row.ts';
import type { EngineBench } from './engine-bench.ts';
import type { QuestionCost } from './growth-rows.ts';
import { assertSameGroups, keptShareOf } from './kept-share.ts';

/** The rows of a question, and what it cost. */
export interface EngineRows {
  readonly rows: readonly BenchRow[];
  readonly cost: QuestionCost;
}

/** Rows from which on ratios are aimed at. */
const LEAST_AIMED_ROWS = 20_000_000;

/** Names of the sides of a contest. */
const SIDES = {
  path: 'path',
  general: 'general',
  handedIn: 'handed in',
  handedInWithout: 'handed in, no persons',
  ownWhole: 'own',
  ownShards: 'own in shards',
  ownWithout: 'own, no persons',
  ownShardsWithout: 'own in shards, no persons',
} as const;

/** The rows of one question: the program that the planner chooses, and the general one, over each plain baseline. */
export async function engineRows(bench: EngineBench, question: BenchQuestion): Promise<EngineRows> {
  const { store } = bench;
  const planned = await planBenchQuestion(question);
  const general = generalProgram(planned, store);
  const chosen = pathProgram(planned, bench);
  const counted = await assertSameGroups(general, chosen);
  const keptShare = question.mode === 'private' ? await keptShareOf(bench, question, counted) : undefined;
  const measured = await contest(await sidesOf(bench, question, { general, chosen }), bench.roundCount, (work) =>
    store.engine.peakBytes(work),
  );
  const rows = rowsOf(bench, question, { chosen, measured, keptShare });
  return { rows, cost: costOf(bench, question, chosen?.path ?? 'general', measured) };
}

function costOf(
  { size }: EngineBench,
  { name }: BenchQuestion,
  path: string,
  sides: readonly Measured[],
): QuestionCost {
  const side = (named: string): Measured | undefined => sides.find((m) => m.name === named);
  const cpuMs = (of: Measured | undefined): number => median(of?.rounds.map((r) => r.cpuMs) ?? []);
  return {
    name,
    size,
    path,
    pathCpuMs: cpuMs(side(SIDES.path)),
    handedInCpuMs: cpuMs(side(SIDES.handedIn)),
    peakBytes: side(SIDES.path)?.peakBytes ?? 0,
  };
}

interface Programs {
  readonly general: ProtectedProgram;
  readonly chosen: ProtectedProgram | null;
}

// The chosen program stands in the middle, beside both of its baselines in either order.
async function sidesOf(
  { store, layouts }: EngineBench,
  { plain, mode, against }: BenchQuestion,
  { general, chosen }: Programs,
): Promise<readonly Side[]> {
  const { engine } = store;
  const isAudience = mode === 'audience';
  const whole = (name: string, query: PlainQuery, tables: PlainTables): Side => {
    const sql = printPlain(query, tables);
    return { name, run: () => (isAudience ? engine.run(intoSelected(sql)) : engine.rows(sql)) };
  };
  const rowsLayout = rowsOfMatch(layouts.stored);
  const shards = rowsLayout === undefined ? 1 : await shardsOf(engine, rowsLayout.spec);
  const inShards = (name: string, query: PlainQuery): readonly Side[] =>
    rowsLayout !== undefined && query.addsUp && shards > 1
      ? [{ name, run: () => runPlainShards(engine, query, { spec: rowsLayout.spec, shardCount: shards }) }]
      : [];
  const harder = against === 'also without persons' ? [withoutPersons(plain)] : [];
  return [
    ...(chosen === null ? [] : [{ name: SIDES.general, run: general.run }]),
    ...harder.map((query) => whole(SIDES.handedInWithout, query, HANDED_IN)),
    whole(SIDES.handedIn, plain, HANDED_IN),
    { name: SIDES.path, run: (chosen ?? general).run },
    whole(SIDES.ownWhole, plain, OWN_LAYOUT),
    ...inShards(SIDES.ownShards, plain),
    ...harder.flatMap((query) => [
      whole(SIDES.ownWithout, query, OWN_LAYOUT),
      ...inShards(SIDES.ownShardsWithout, query),
    ]),
  ];
}

interface Result {
  readonly chosen: ProtectedProgram | null;
  readonly measured: readonly Measured[];
  readonly keptShare: number | undefined;
}

function rowsOf(bench: EngineBench, question: BenchQuestion, { chosen, measured, keptShare }: Result): BenchRow[] {
  const named = (name: string): Measured | undefined => measured.find((m) => m.name === name);
  const cheaper = (whole: string, shards: string): Measured | undefined =>
    [named(whole), named(shards)].flatMap((m) => m ?? []).toSorted((a, b) => totalMs(a) - totalMs(b))[0];
  const { countsPersons } = question.plain;
  const row = (side: Measured | undefined, over: Measured | undefined, fields: RowFields): readonly BenchRow[] => {
    if (side === undefined || over === undefined) return [];
    const { name, size } = { name: question.name, size: bench.size };
    const ratio = ratioOf(side, over);
    return [
      { name, size, ...fields, ...ratio, peakBytes: side.peakBytes, ...(keptShare === undefined ? {} : { keptShare }) },
    ];
  };
  const path = chosen?.path ?? 'general';
  const [own, ownWithout] = [
    cheaper(SIDES.ownWhole, SIDES.ownShards),
    cheaper(SIDES.ownWithout, SIDES.ownShardsWithout),
  ];
  const { handedIn, own: ownMost, ownWithoutPersons } = question.targets;
  // Below it the time is that of a few statements and of the noise, which do not grow with the rows.
  const most = (value: number | undefined): Pick<BenchRow, 'most'> =>
    value === undefined || bench.size < LEAST_AIMED_ROWS ? {} : { most: value };
  return [
    ...row(named(SIDES.path), named(SIDES.handedIn), {
      baseline: baselineText('on the data as handed in', countsPersons),
      path,
      countsPersons,
      ...most(handedIn),
    }),
    ...row(named(SIDES.path), named(SIDES.handedInWithout), {
      baseline: baselineText('on the data as handed in', false),
      path,
      countsPersons: false,
    }),
    ...row(named(SIDES.path), own, {
      baseline: baselineText(ownText(own), countsPersons),
      path,
      countsPersons,
      ...most(ownMost),
    }),
    ...row(named(SIDES.path), ownWithout, {
      baseline: baselineText(ownText(ownWithout), false),
      path,
      countsPersons: false,
      ...most(ownWithoutPersons),
    }),
    ...row(named(SIDES.general), named(SIDES.handedIn), {
      baseline: baselineText('on the data as handed in', countsPersons),
      path: 'general',
      countsPersons,
    }),
  ];
}

type RowFields = Pick<BenchRow, 'baseline' | 'path' | 'countsPersons' | 'most'>;

function baselineText(where: string, countsPersons: boolean): string {
  return `plain ${where}${countsPersons ? ', distinct persons counted' : ', no persons counted'}`;
}

/** The plain side takes whichever is faster for it, whole or in shards; the row says which that was. */
function ownText(own: Measured | undefined): string {
  return `on our own layout (${own?.name.includes('shards') ? 'in the same shards' : 'as a whole'})`;
}

function totalMs({ rounds }: Measured): number {
  return rounds.reduce((sum, { wallMs }) => sum + wallMs, 0);
}
