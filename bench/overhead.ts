// `npm run bench`, and alone as `node bench/overhead.ts`: where a small question spends its time in the service, stage by
// stage. The end of a question waits for a step of time, which is no work and stands apart.
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ProbedStage, type ProbeEvent } from '../test/support/probed-stage.ts';
import { armsSql, ask, questionOf } from '../test/support/service-questions.ts';
import { setTable } from '../test/support/service-table.ts';
import { loadEngine, printBarePlan, runBarePlan, smallFiles } from './over-grpc/small-table.ts';

/** Persons of the platform's table: a question over them takes the engine a few milliseconds. */
const PERSONS = 5_000;
const ROUNDS_COUNT = 15;
/**
 * Between two calls. Workers are used once, and those that take their place start in a quarter of a second of both cores:
 * what is measured is a question that somebody asks, and not the replacements that the one before it left behind.
 */
const SETTLE_MS = 1_000;

/** The stage in which a question waits for its step of time. */
const WAIT = 'wait';

/** From the headers of the first call that the service gets to the last byte of the last that it sends, without the wait. */
export const SERVICE = 'service';

/** The plan itself, in a bare engine that holds the tables, in a process of its own. */
const BARE_PLAN = 'the plan, bare';

/** What the service takes beyond it. */
export const OVERHEAD = 'overhead';

/** What is left of the whole: the client's own work, in a process of its own, and the way there and back. */
const CLIENT = 'client';

/** One stage of one kind of call. */
export interface StageFigure {
  readonly call: 'question' | 'stored' | 'explain';
  /** `all` is from the call of the client to its last byte, without the wait. */
  readonly stage: string;
  readonly medianMs: number;
  readonly lowMs: number;
  readonly highMs: number;
}

/** Asks, asks again and explains, and tells how long each stage took. */
export async function overheadFigures(): Promise<readonly StageFigure[]> {
  await using probed = await ProbedStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
  const { stage } = probed;
  const files = smallFiles(PERSONS);
  const { collaborationId } = await setTable(stage, files);
  await loadEngine(files);
  // Another text each time: one that was asked lately is not read again.
  const sqlOf = (round: number) => armsSql.replace('group by', `where o.visit < ${round + 2} group by`);
  const fields = { epsilon: 0.05 };
  const put = (round: number) => ask(stage, 'brand', collaborationId, sqlOf(round), fields);
  const calls = {
    question: put,
    stored: put,
    explain: (round: number) => stage.as('brand').queries.explain(questionOf(collaborationId, sqlOf(-round), fields)),
  } as const;
  const planned = await printBarePlan(sqlOf(0));
  await put(ROUNDS_COUNT);
  await runBarePlan(planned);
  await sleep(SETTLE_MS);
  const figures: StageFigure[] = [];
  for (const call of ['question', 'stored', 'explain'] as const) {
    const rounds: Map<string, number>[] = [];
    for (let round = 0; round < ROUNDS_COUNT; round += 1) {
      const times = await timesOf(probed, () => calls[call](round));
      if (call === 'question') await addBarePlan(times, planned);
      rounds.push(times);
    }
    figures.push(...figuresOf(call, rounds));
  }
  return figures;
}

async function timesOf(probed: ProbedStage, work: () => Promise<unknown>): Promise<Map<string, number>> {
  let allMs = 0;
  const events = await probed.during(async () => {
    const began = performance.now();
    await work();
    allMs = performance.now() - began;
    // The service tells of the end of its last call when the client has had it.
    await sleep(SETTLE_MS);
  });
  const times = new Map<string, number>();
  const add = (stage: string, ms: number): void => void times.set(stage, (times.get(stage) ?? 0) + ms);
  for (const event of events) addTimes(event, add);
  const waitMs = times.get(WAIT) ?? 0;
  const calls = events.filter((event) => 'call' in event);
  const servedMs = Math.max(...calls.map((c) => c.endedAt)) - Math.min(...calls.map((c) => c.beganAt));
  times.set('all', allMs - waitMs);
  times.set(SERVICE, servedMs - waitMs);
  times.set(CLIENT, allMs - servedMs);
  return times;
}

/** Beside each question, after the same pause. */
async function addBarePlan(times: Map<string, number>, planned: string): Promise<void> {
  const began = performance.now();
  await runBarePlan(planned);
  const bareMs = performance.now() - began;
  times.set(BARE_PLAN, bareMs);
  times.set(OVERHEAD, (times.get(SERVICE) ?? 0) - bareMs);
}

function addTimes(event: ProbeEvent, add: (stage: string, ms: number) => void): void {
  if ('stage' in event) add(event.stage, event.endedAt - event.beganAt);
  if (!('job' in event)) return;
  add(`${event.job}: until it has a worker`, event.takenAt - event.askedAt);
  add(`${event.job}: in its worker`, event.endedAt - event.takenAt);
}

function figuresOf(call: StageFigure['call'], rounds: readonly Map<string, number>[]): StageFigure[] {
  const stages = new Set(rounds.flatMap((times) => [...times.keys()]));
  return [...stages].map((stage) => {
    const sorted = rounds.map((times) => times.get(stage) ?? 0).toSorted((a, b) => a - b);
    const [medianMs = 0, lowMs = 0, highMs = 0] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)];
    return { call, stage, medianMs, lowMs, highMs };
  });
}

/** Prints the table of the stages. */
export function printStages(figures: readonly StageFigure[]): void {
  for (const { call, stage, medianMs, lowMs, highMs } of figures) {
    const times = [medianMs, lowMs, highMs].map((ms) => ms.toFixed(1).padStart(9)).join('');
    process.stdout.write(`${call.padEnd(10)}${stage.padEnd(34)}${times}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) printStages(await overheadFigures());
