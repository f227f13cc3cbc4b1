import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ComposedTable, WallError } from '../../sandbox/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { type AdmittedQuestion, makeRuns } from './runs.ts';

const QUERY_ID = 'qry-1';
/** Longer than a spare that was put off would wait. */
const LONG_RUN_MS = 300;
const NOW_MS = 1_000_000;

let dataDirectory: string;
let store: Store;
let told: { readonly fact: string; readonly at: number }[];
/** What the wall says of the question's job. */
let job: PromiseWithResolvers<ComposedTable>;

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'galley-runs-'));
  store = await openStore(dataDirectory);
  told = [];
  subscribe('galley.stage', noteStage);
  job = Promise.withResolvers();
});

afterEach(async () => {
  unsubscribe('galley.stage', noteStage);
  await store.close();
  rmSync(dataDirectory, { recursive: true });
});

/** Notes a stage of a question where it begins, which is known when it has ended. */
function noteStage(event: unknown): void {
  const { stage, beganAt } = event as { stage: string; beganAt: number };
  note(`${stage} begun`, beganAt);
}

function note(fact: string, at = performance.now()): void {
  told.push({ fact, at });
}

const inOrder = () => told.toSorted((a, b) => a.at - b.at).map(({ fact }) => fact);

/** All of a kitchen that a question needs whose one job fails behind the wall, and which nobody waits for any more. */
function kitchenOf(): Kitchen {
  const refilling = (places: string) => () => note(`${places} refilled`);
  const compose = async () => {
    note('job begun');
    return await job.promise;
  };
  return {
    config: { limits: { questionDeadlineMs: 60_000 } },
    store,
    operatorLog: { warn: () => {}, error: (fact: unknown) => note(JSON.stringify(fact)) },
    nowMs: () => NOW_MS,
    wall: {
      compose,
      refill: refilling('workers'),
      takeSeat: () => ({ lane: 'chenxi', leave: () => note('seat left') }),
    },
    reader: { refill: refilling('readers') },
  } as unknown as Kitchen;
}

/** One value, which no release has: the engine is asked for it. */
const outer = {
  kind: 'select',
  distinct: false,
  items: [{ expression: { kind: 'literal', value: { type: 'boolean', value: true } }, name: 'n' }],
  from: null,
  where: null,
  groupBy: [],
  groupingSets: null,
  having: null,
  qualify: null,
  orderBy: [],
  limit: null,
  offset: null,
};

/** A question of no aggregation. */
const question = {
  queryId: QUERY_ID,
  decision: '',
  prepared: {
    collaboration: { row: { collaboration_id: 'col-1' } },
    question: { collaborationId: 'col-1' },
    plan: { aggregates: [], outer },
    keys: [],
  },
} as unknown as AdmittedQuestion;

const call = {
  principal: { principal: 'lin', member: 'chenxi', role: 'brand', scopes: { collaborations: [] } },
  receivedAtMs: NOW_MS - 1,
  signal: new AbortController().signal,
} as unknown as Call;

describe('workers that a question has used up', () => {
  it('are made good when it begins its wait, and not while it runs', async () => {
    const runs = makeRuns(kitchenOf());
    runs.start(runs.admit(call), question);
    await expect.poll(inOrder).toEqual(['job begun']);
    // As long as it runs, a start would take the processor from it.
    await new Promise((resolve) => setTimeout(resolve, LONG_RUN_MS));
    expect(inOrder()).toEqual(['job begun']);
    job.reject(new WallError('RUN_FAILED'));
    await runs.wait(QUERY_ID);
    const seen = ['outer begun', 'job begun', 'seat left', 'wait begun', 'workers refilled', 'readers refilled'];
    expect(inOrder()).toEqual(seen);
  });
});
