// Our side, in a process of its own and by the protocol of the peers: the time is from SQL text to a release, with the
// plan, the engine and the noise, by the path that the planner chooses, over tables and layouts as uploads leave them.
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { canonicalText, checkQuestion, type PlannedAggregate, planQuestion } from '../../policies/index.ts';
import { readSql } from '../../test/support/engine.ts';
import { processPeakBytes } from '../measure/bench-engine.ts';
import { pathProgram } from '../questions/path-program.ts';
import { generalProgram, type ProtectedProgram } from '../questions/protected-program.ts';
import { openLayouts } from '../stored/bench-layouts.ts';
import { openStore } from '../stored/bench-store.ts';
import { PEER_BOUNDS, type PeerQuestion, peerQuestion, peerStoreName, peerViews } from './peer-questions.ts';

const MIB_BYTES = 1_048_576;
const MS_OF_A_SECOND = 1_000;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const asked = JSON.parse((await lines.next()).value ?? '{}') as { readonly question: string; readonly rows: number };
const question = peerQuestion(asked.question);
const began = performance.now();
const store = await openStore(asked.rows, { views: peerViews(question), name: peerStoreName(question) });
const layouts = await openLayouts(store);
reply({ version: 'this one', loadSeconds: secondsSince(began) });
for (;;) {
  const next = await lines.next();
  if (next.done) break;
  const start = performance.now();
  const { groups, path } = await answer(question);
  reply({ seconds: secondsSince(start), peakMemoryMib: processPeakBytes() / MIB_BYTES, groups, path });
}
store[Symbol.dispose]();

async function answer({ keys, measures, offset }: PeerQuestion) {
  const program = programOf(await plan(question));
  const released = await program.run();
  // The ends of its interval stand beside each measure.
  const isMeasured = (index: number): boolean => /^m\d+$/.test(released?.columns[index]?.name ?? '');
  const groups = released?.rows.map((row) => {
    const values = row.flatMap((value, index) => (isMeasured(index) ? [value === null ? null : Number(value)] : []));
    const told = values.length > measures.length ? [ratioOf(values, offset)] : values;
    return {
      key: row.slice(0, keys.length).map(String),
      ...Object.fromEntries(measures.map((measure, index) => [measure, told[index] ?? null])),
    };
  });
  return { groups, path: program.path };
}

async function plan(asked: PeerQuestion): Promise<PlannedAggregate> {
  const parsed = await readSql(asked.sql);
  if (!parsed.ok) throw new Error(canonicalText(parsed.violations));
  const options = { epsilon: PEER_BOUNDS.epsilon, omitIntervals: true };
  const checked = checkQuestion(parsed.value, peerViews(asked), options);
  if (!checked.ok) throw new Error(canonicalText(checked.violations));
  const [aggregate] = planQuestion(checked.value, PEER_BOUNDS).aggregates;
  if (aggregate === undefined) throw new Error('the question has no aggregation');
  return aggregate;
}

function programOf(aggregate: PlannedAggregate): ProtectedProgram {
  const planned = { mode: 'private' as const, aggregate };
  return pathProgram(planned, { store, layouts, size: asked.rows, roundCount: 1 }) ?? generalProgram(planned, store);
}

/** What the outermost SELECT makes of two released sums. */
function ratioOf([numerator, denominator]: readonly (number | null)[], offset: number): number | null {
  if (typeof numerator !== 'number' || typeof denominator !== 'number' || denominator <= 0) return null;
  return offset + numerator / denominator;
}

function secondsSince(start: number): number {
  return (performance.now() - start) / MS_OF_A_SECOND;
}

function reply(fields: object): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}
