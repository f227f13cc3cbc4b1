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
import { OWN_LAYOUT, plainInMemory, rowsOfMatch } from '../stored/own-layout.ts';
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
  ownStored: 'own, as stored',
  ownInMemory: 'own, in memory',
  ownStoredWithout: 'own, as stored, no persons',
  ownInMemoryWithout: 'own, in memory, no persons',
} as const;

/** How rows name the plain sides. */
const BASELINES: readonly (readonly [sides: readonly string[], text: string])[] = [
  [[SIDES.handedIn, SIDES.handedInWithout], 'on the data as handed in'],
  [[SIDES.ownStored, SIDES.ownStoredWithout], 'on our own layout (as stored)'],
  [[SIDES.ownInMemory, SIDES.ownInMemoryWithout], 'on our own layout (in memory, in the same shards)'],
];

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
  const inMemory = async (name: string, query: PlainQuery): Promise<readonly Side[]> =>
    rowsLayout === undefined || isAudience ? [] : [{ name, run: await plainInMemory(engine, query, rowsLayout) }];
  const harder = against === 'also without persons' ? [withoutPersons(plain)] : [];
  return [
    ...(chosen === null ? [] : [{ name: SIDES.general, run: general.run }]),
    ...harder.map((query) => whole(SIDES.handedInWithout, query, HANDED_IN)),
    whole(SIDES.handedIn, plain, HANDED_IN),
    { name: SIDES.path, run: (chosen ?? general).run },
    whole(SIDES.ownStored, plain, OWN_LAYOUT),
    ...(await inMemory(SIDES.ownInMemory, plain)),
    ...harder.map((query) => whole(SIDES.ownStoredWithout, query, OWN_LAYOUT)),
    ...(await Promise.all(harder.map((query) => inMemory(SIDES.ownInMemoryWithout, query)))).flat(),
  ];
}

interface Result {
  readonly chosen: ProtectedProgram | null;
  readonly measured: readonly Measured[];
  readonly keptShare: number | undefined;
}

function rowsOf(bench: EngineBench, question: BenchQuestion, { chosen, measured, keptShare }: Result): BenchRow[] {
  const named = (name: string): Measured | undefined => measured.find((m) => m.name === name);
  const { name, plain, targets } = question;
  const path = chosen?.path ?? 'general';
  const rowOver = (over: Measured | undefined, fields: RowFields): readonly BenchRow[] => {
    const side = named(fields.path === path ? SIDES.path : SIDES.general);
    if (side === undefined || over === undefined) return [];
    const { countsPersons, path: ofRow, most } = fields;
    const told = { path: ofRow, countsPersons, baseline: baselineText(over.name, countsPersons) };
    // Below it the time is that of a few statements and of the noise, which do not grow with the rows.
    const aimed = most === undefined || bench.size < LEAST_AIMED_ROWS ? {} : { most };
    const kept = keptShare === undefined ? {} : { keptShare };
    return [{ name, size: bench.size, ...told, ...aimed, ...ratioOf(side, over), peakBytes: side.peakBytes, ...kept }];
  };
  const { countsPersons } = plain;
  const own = [SIDES.ownStored, SIDES.ownInMemory].flatMap((side) => named(side) ?? []).toSorted(byTime);
  const ownWithout = [SIDES.ownStoredWithout, SIDES.ownInMemoryWithout].flatMap((side) => named(side) ?? []);
  // Whichever is cheaper for the plain side; where what is aimed at names the shards, these too.
  const shown = own.filter((side, place) => place === 0 || (targets.ownInMemory && side.name === SIDES.ownInMemory));
  const mostOf = (side: Measured) =>
    side.name === SIDES.ownInMemory ? (targets.ownInMemory ?? targets.own) : targets.own;
  return [
    ...rowOver(named(SIDES.handedIn), { path, countsPersons, most: targets.handedIn }),
    ...rowOver(named(SIDES.handedInWithout), { path, countsPersons: false }),
    ...shown.flatMap((side) => rowOver(side, { path, countsPersons, most: mostOf(side) })),
    ...rowOver(ownWithout.toSorted(byTime)[0], { path, countsPersons: false, most: targets.ownWithoutPersons }),
    ...(chosen === null ? [] : rowOver(named(SIDES.handedIn), { path: 'general', countsPersons })),
  ];
}

interface RowFields {
  readonly path: string;
  readonly countsPersons: boolean;
  readonly most?: number | undefined;
}

function baselineText(side: string, countsPersons: boolean): string {
  const where = BASELINES.find(([sides]) => sides.includes(side))?.[1] ?? side;
  return `plain ${where}${countsPersons ? ', distinct persons counted' : ', no persons counted'}`;
}

function byTime(a: Measured, b: Measured): number {
  return totalMs(a) - totalMs(b);
}

function totalMs({ rounds }: Measured): number {
  return rounds.reduce((sum, { wallMs }) => sum + wallMs, 0);
}
