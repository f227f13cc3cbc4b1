import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audiences, queries } from '../../proto/index.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { dataFiles, filesBelow } from '../support/service-files.ts';
import { matched } from '../support/service-people.ts';
import { ask, chargesOf, entriesOf, joined, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { destinationId } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

// A death each some milliseconds later than the one before, so that in the long run every step is hit.
const isLong = process.env.GALLEY_LONG === '1';
const rounds = (few: number, stepMs: number): readonly number[] =>
  Array.from({ length: isLong ? 40 : few }, (_, round) => Math.round((round * stepMs * few) / (isLong ? 40 : few)));
const LONG_MS = 300_000;

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;
const checkpoints: string[] = [];

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  engine = await StageEngine.open(stage);
  await engine.register(stage, table.collaborationId);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

/** Dies and comes back; what was signed before must still be the beginning of the log, and nothing may lie about. */
async function dieAndComeBack(): Promise<void> {
  checkpoints.push((await stage.as('auditor').audit.checkpoint()).checkpoint);
  // What a death while keys are written leaves behind.
  writeFileSync(join(stage.dataDirectory, 'keys', '.issuer.private.json.0123456789abcdef.part'), '{');
  await stage.end('SIGKILL');
  const left = unfinished();
  expect(left).not.toEqual([]);
  await stage.start();
  expect(await verifyLogOf(stage, checkpoints)).toMatchObject({ checkedCheckpoints: checkpoints.length });
  // What deliveries write now is under names of its own.
  expect(unfinished().filter((path) => left.includes(path))).toEqual([]);
}

function unfinished(): readonly string[] {
  return filesBelow(stage.dataDirectory).filter((path) => path.endsWith('.part'));
}

/** The folders of parts on disk are those of the snapshots that owners are told of, each with all its columns. */
async function expectWholeSnapshots(): Promise<void> {
  const listed = [...(await stage.as('brand').datasets.list()), ...(await stage.as('platform').datasets.list())];
  const expected = listed.flatMap(({ snapshots, columns }) => snapshots.map(() => columns.length));
  const root = join(stage.dataDirectory, 'parts');
  const found = readdirSync(root).map((name) => readdirSync(join(root, name)).length);
  expect(found.toSorted()).toEqual(expected.toSorted());
}

describe('a service that is killed during a question', () => {
  it.each(rounds(2, 90))(
    'keeps the charge and gives no answer of its own: after %i ms',
    { timeout: LONG_MS },
    async (delayMs) => {
      const { collaborationId } = table;
      const epsilon = 0.2 + delayMs / 10_000;
      const question = questionOf(collaborationId, `select count(distinct m.email) as persons ${joined}`, { epsilon });
      const requestId = randomUUID();
      const before = await chargesOf(stage, 'brand', collaborationId);
      const { queryId, charged } = await stage.as('brand').queries.submit(question, requestId);
      await sleep(delayMs);
      await dieAndComeBack();

      const { state } = await stage.as('brand').queries.get(queryId);
      const after = await chargesOf(stage, 'brand', collaborationId);
      for (const [account, rho] of Object.entries(after)) {
        expect(rho - (before[account] ?? 0)).toBeCloseTo(charged?.rho ?? 0, 12);
      }
      const repeated = await stage.as('brand').queries.submit(question, requestId);
      expect(repeated).toMatchObject({ queryId, state });
      expect(await chargesOf(stage, 'brand', collaborationId)).toEqual(after);
      const { RUN_FAILED, RELEASED } = queries.QueryState;
      expect(delayMs === 0 ? [RUN_FAILED] : [RUN_FAILED, RELEASED]).toContain(state);
      if (state === RUN_FAILED) await expectRefused(stage.as('brand').queries.readRelease(queryId), 'RUN_FAILED');
      else expect((await stage.as('brand').queries.readRelease(queryId)).length).toBeGreaterThan(0);

      const entries = (await entriesOf(stage)).filter(({ subject }) => subject.question === queryId);
      expect(entries.map(({ kind }) => kind).slice(0, 2)).toEqual(['question-submitted', 'budget-reserved']);
      const { rows } = await ask(stage, 'brand', collaborationId, question.sql, { epsilon });
      expect(rows).toHaveLength(1);
    },
  );
});

describe('a death during deliveries', () => {
  const cases = (['service', 'engine'] as const).flatMap((who) =>
    rounds(1, 60).map((delayMs) => [who, delayMs] as const),
  );
  const sql = `select m.email ${joined} where m.arm = 'womens'`;
  const members = matched.filter(({ mailing }) => mailing.arm === 'womens').length;

  const defineOne = async (): Promise<string> => {
    const { collaborationId } = table;
    const definition = {
      definition: undefined,
      collaborationId,
      displayName: audienceName,
      sql,
      onBehalfOf: '',
      requestId: randomUUID(),
    };
    return (await stage.as('brand').audiences.define(definition)).audienceId;
  };

  async function expectDeliveredOnce(request: audiences.ActivateAudienceRequest, activationId: string): Promise<void> {
    const { audienceId } = request;
    const delivered = await awaitActivation(stage, 'brand', audienceId, audiences.ActivationState.DELIVERED);
    const records = engine.records().filter(({ receipt }) => receipt === delivered.receipt);
    expect(records).toMatchObject([{ members, version: 1, kind: 'publication' }]);
    expect(await stage.as('brand').audiences.activate(request)).toMatchObject({ activationId });
    expect((await stage.as('brand').audiences.get(audienceId)).activations).toHaveLength(1);
    const told = (await entriesOf(stage, 'audience-delivered')).filter(
      ({ subject }) => subject.audience === audienceId,
    );
    expect(new Set(told.map(({ subject }) => subject.receipt))).toEqual(new Set([delivered.receipt]));
  }

  it.each(cases)(
    'of the %s has each of several delivered once: after %i ms',
    { timeout: LONG_MS },
    async (who, delayMs) => {
      const accepted: (readonly [audiences.ActivateAudienceRequest, string])[] = [];
      const ids = [await defineOne(), await defineOne(), await defineOne(), await defineOne()];
      for (const audienceId of ids) await stage.as('brand').audiences.estimate(audienceId, 0.2);
      for (const audienceId of ids) {
        const request = { plan: undefined, audienceId, destinationId, requestId: randomUUID() };
        accepted.push([request, (await stage.as('brand').audiences.activate(request)).activationId]);
        await sleep(60);
      }
      await sleep(delayMs);
      if (who === 'service') await dieAndComeBack();
      else {
        await engine.end('SIGKILL');
        await engine.restart();
      }
      await Promise.all(accepted.map(([request, activationId]) => expectDeliveredOnce(request, activationId)));
      expect(engine.records()).toHaveLength(new Set(engine.records().map(({ receipt }) => receipt)).size);
    },
  );

  it('between its arrival and its showing lets it show, and sends nothing again', { timeout: LONG_MS }, async () => {
    const audienceId = await defineOne();
    await stage.as('brand').audiences.estimate(audienceId, 0.2);
    const request = { plan: undefined, audienceId, destinationId, requestId: randomUUID() };
    const { activationId } = await stage.as('brand').audiences.activate(request);
    // Of what has arrived the list of tokens goes, and that of persons stays.
    const lists = () =>
      filesBelow(stage.dataDirectory).filter((path) => path.includes(`${activationId}.1.`) && path.endsWith('.sealed'));
    const waiting = { timeout: LONG_MS, interval: 20 };
    await vi.waitFor(() => expect(lists()).toEqual([expect.stringContaining('.persons.sealed')]), waiting);
    const sentCount = engine.records().length;
    await dieAndComeBack();
    await expectDeliveredOnce(request, activationId);
    expect(engine.records()).toHaveLength(sentCount);
  });
});

describe('all these deaths', () => {
  it('have left no file of a release: small ones lie in their rows', async () => {
    await stage.crash();
    expect(dataFiles(stage.dataDirectory).filter((path) => path.startsWith('releases/'))).toEqual([]);
    await expectWholeSnapshots();
  });
});
