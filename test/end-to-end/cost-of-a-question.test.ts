// What a small question takes, counted and not timed: a change that makes every question start one more worker, sync the
// disk once more or ask the store once more shows here, on a machine of any speed. Whoever changes a number on purpose
// writes the new one.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ProbedStage } from '../support/probed-stage.ts';
import { armsSql, ask, joined, questionOf } from '../support/service-questions.ts';
import { setTable } from '../support/service-table.ts';

/** The salt has another length in each service, and the words of the statement change; a column more is three hundred bytes. */
const WORDS_BYTES = 64;

/** Longer than the service waits before it looks after what has changed. */
const QUIET_MS = 2_500;

/** What the upkeep asks again and again, whoever calls. */
const UPKEEP = /from "(?:activations|erasures)"/;

let probed: ProbedStage;
let collaborationId: string;

beforeAll(async () => {
  // Whoever looks after layouts asks the store in the background, at moments of its own.
  probed = await ProbedStage.open({ layout: { enabled: false } });
  ({ collaborationId } = await setTable(probed.stage));
  // The first question makes what later ones find.
  await ask(probed.stage, 'brand', collaborationId, armsSql, { epsilon: 0.1 });
  // What the service does in the background after tables are set is over when nobody has asked the store for a while.
  const untilQuiet = async () => expect((await costOf(() => sleep(QUIET_MS))).statements).toBe(0);
  await vi.waitFor(untilQuiet, { timeout: 60_000, interval: 10 });
}, 120_000);
afterAll(() => probed[Symbol.asyncDispose]());

async function costOf(work: () => Promise<unknown>) {
  const events = await probed.during(work);
  const told = events.flatMap((event) => ('statement' in event ? [event.statement] : []));
  const statements = told.filter((statement) => !UPKEEP.test(statement) && !statement.startsWith('pragma'));
  const notes = told.filter((statement) => statement === 'pragma synchronous = normal').length;
  return {
    jobs: events.flatMap((event) => ('job' in event ? [event.job] : [])),
    /** Of files, the log's among them. */
    fileSyncs: events.filter((event) => 'sync' in event).length,
    /** Transactions of the control store that wait for the disk, and writes outside of any, which do too. */
    commits: statements.filter((statement) => statement === 'commit').length - notes + countLoneWrites(statements),
    /** Transactions that do not. */
    notes,
    statements: statements.length,
  };
}

function countLoneWrites(statements: readonly string[]): number {
  let isOpen = false;
  let count = 0;
  for (const statement of statements) {
    if (statement.startsWith('begin')) isOpen = true;
    else if (statement === 'commit' || statement === 'rollback') isOpen = false;
    else if (!isOpen && /^(?:insert|update|delete)/.test(statement)) count += 1;
  }
  return count;
}

describe('a small question', () => {
  it('takes one worker to be read and one to be run', async () => {
    const sql = armsSql.replace('group by', 'where m.tier < 3 group by');
    const cost = await costOf(() => ask(probed.stage, 'brand', collaborationId, sql, { epsilon: 0.2 }));
    expect(cost).toEqual({ jobs: ['parse', 'run'], fileSyncs: 4, commits: 2, notes: 3, statements: 62 });
  });

  it('is read once, however often it is explained and asked', async () => {
    const cost = await costOf(() => ask(probed.stage, 'brand', collaborationId, armsSql, { epsilon: 0.2 }));
    expect(cost).toEqual({ jobs: ['run'], fileSyncs: 4, commits: 2, notes: 3, statements: 62 });
  });

  it('takes one more worker where its release is computed with', async () => {
    const sql = `select m.arm, sum(o.spend) / count(*) + 1 as more ${joined} group by m.arm`;
    const cost = await costOf(() => ask(probed.stage, 'brand', collaborationId, sql, { epsilon: 0.2 }));
    expect(cost.jobs).toEqual(['parse', 'run', 'compose']);
  });

  it('takes none over data when it is stored', async () => {
    const cost = await costOf(() => ask(probed.stage, 'brand', collaborationId, armsSql, { epsilon: 0.2 }));
    expect(cost).toEqual({ jobs: [], fileSyncs: 4, commits: 2, notes: 2, statements: 48 });
  });

  it('takes none over data, and writes nothing but its entry, when it is explained', async () => {
    const question = questionOf(collaborationId, armsSql, { epsilon: 0.3 });
    const cost = await costOf(() => probed.stage.as('brand').queries.explain(question));
    expect(cost).toEqual({ jobs: [], fileSyncs: 1, commits: 0, notes: 0, statements: 9 });
  });

  it('sends its run no more than the columns that it needs', async () => {
    const events = await probed.during(() => ask(probed.stage, 'brand', collaborationId, armsSql, { epsilon: 0.4 }));
    const sent = events.flatMap((event) => ('job' in event && event.job === 'run' ? [event.sentBytes] : []));
    expect(sent).toHaveLength(1);
    expect(Math.abs((sent[0] ?? 0) - 103_729)).toBeLessThanOrEqual(WORDS_BYTES);
  });
});
