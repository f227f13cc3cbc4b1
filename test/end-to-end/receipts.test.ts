// Receipts as their holder lives with them: fetched once, verified on another machine, years and changes of key later.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceiptFile } from '../../cli/auditor/verify-receipt-file.ts';
import { audiences, queries } from '../../proto/index.ts';
import { galley } from '../support/galley-command.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { armsSql, ask, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, destinationId } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

const LONG_MS = 600_000;
const serverMain = new URL('../../api/main.ts', import.meta.url).pathname;
const cliMain = new URL('../../cli/main.ts', import.meta.url).pathname;

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;
/** The key of the log as it was noted on the first day. */
let firstKey: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  engine = await StageEngine.open(stage);
  await engine.register(stage, table.collaborationId);
  firstKey = (await stage.as('brand').audit.checkpoint()).verifierKey;
});

afterAll(async () => {
  for (const each of [engine, stage]) await each[Symbol.asyncDispose]();
});

const inStage = (name: string): string => join(stage.directory, name);

/** Runs a program on its own, with no service to ask. */
function run(...line: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, line, (failure, stdout, stderr) => {
      resolve({ code: failure === null ? 0 : Number(failure.code), stdout, stderr });
    });
  });
}

/** Fetches a receipt as somebody and keeps it. */
async function save(subjectId: string, name: string, actor: Actor = 'brand'): Promise<string> {
  const { bundle } = await stage.as(actor).audit.receipt(subjectId);
  writeFileSync(inStage(name), bundle);
  return inStage(name);
}

const verify = (receipt: string, more: { release?: string; query?: string } = {}) =>
  verifyReceiptFile({ receipt, verifierKey: firstKey, ...more });

describe('the receipt of a release', { timeout: LONG_MS }, () => {
  let queryId: string;

  beforeAll(async () => {
    const { query, bytes } = await ask(stage, 'brand', table.collaborationId, armsSql, { epsilon: 0.5 });
    ({ queryId } = query);
    writeFileSync(inStage('release.arrow'), bytes);
    writeFileSync(inStage('question.sql'), armsSql);
  });

  it('binds the question, the rules, the data, the price and the release to the log', async () => {
    const files = { release: inStage('release.arrow'), query: inStage('question.sql') };
    const { statement, entry, compared, log } = await verify(await save(queryId, 'receipt.json'), files);
    expect(compared).toEqual({ release: true, query: true });
    expect(statement).toMatchObject({
      kind: 'release',
      collaboration: table.collaborationId,
      question: queryId,
      asker: 'chenxi',
      actingFor: 'chenxi',
      isReused: false,
      privacy: { epsilon: 0.5, charged: { rho: expect.any(Number) } },
      decidingCode: { version: expect.any(String), engine: expect.stringMatching(/duckdb/), rules: expect.any(String) },
    });
    const snapshots = (statement.tables as { snapshot: string }[]).map(({ snapshot }) => snapshot);
    expect(snapshots.toSorted()).toEqual([table.mailingsSnapshotId, table.outcomesSnapshotId].toSorted());
    const [made] = await entriesOf(stage, 'release-made');
    expect(made?.leafIndex).toBe(log.leafIndex);
    expect(entry.subject).toEqual(made?.subject);
    const [admitted] = await entriesOf(stage, 'question-admitted');
    expect(statement.decision).toBe(admitted?.subject.decision);
    expect((statement.privacy as { mechanisms: unknown }).mechanisms).toEqual(admitted?.subject.mechanisms);
  });

  it('is refused beside a release with one bit changed', async () => {
    const bytes = readFileSync(inStage('release.arrow'));
    for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      writeFileSync(inStage('changed.arrow'), changed);
      const release = inStage('changed.arrow');
      await expect(verify(inStage('receipt.json'), { release })).rejects.toMatchObject({ code: 'RELEASE_DIFFERS' });
    }
  });

  it('shows an auditor and the other member what it says, and nothing to compare guesses with', async () => {
    for (const actor of ['auditor', 'platform'] as const) {
      const file = await save(queryId, `${actor}.json`, actor);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ salts: { query: null, output: null } });
      expect((await verify(file)).sub).toBe(`question/${queryId}`);
      const release = inStage('release.arrow');
      await expect(verify(file, { release })).rejects.toMatchObject({ code: 'RECEIPT_SALT_MISSING' });
    }
    const readings = (await entriesOf(stage, 'receipt-read')).map(({ actor, subject }) => [actor?.member, subject]);
    expect(readings).toContainEqual(['mingjing', { question: queryId, withSalts: false }]);
    expect(readings).toContainEqual(['chenxi', { question: queryId, withSalts: true }]);
  });

  it('is not there for others, and not for what was not released', async () => {
    await expectRefused(stage.as('outsider').audit.receipt(queryId), 'NOT_FOUND');
    await expectRefused(stage.as('brand').audit.receipt('q-unknown'), 'NOT_FOUND');
    const running = await stage.as('brand').queries.submit(questionOf(table.collaborationId, armsSql), randomUUID());
    await stage.as('brand').queries.cancel(running.queryId);
    await expectRefused(stage.as('brand').audit.receipt(running.queryId), 'NOT_FOUND');
  });

  it('says of a release that was there already that it cost nothing', async () => {
    const again = await ask(stage, 'brand', table.collaborationId, armsSql, { epsilon: 0.5 });
    const { statement, entry } = await verify(await save(again.query.queryId, 'again.json'));
    expect(entry.kind).toBe('release-reused');
    expect(statement).toMatchObject({ isReused: true, privacy: { charged: { rho: 0 }, mechanisms: { events: [] } } });
  });
});

describe('the receipt of an activation', { timeout: LONG_MS }, () => {
  it('binds the audience and its destination to the log, and says no size', async () => {
    const sql = `select m.email ${joined} where m.arm = 'womens'`;
    writeFileSync(inStage('audience.sql'), sql);
    const { audienceId } = await stage.as('brand').audiences.define({
      definition: undefined,
      collaborationId: table.collaborationId,
      displayName: audienceName,
      sql,
      onBehalfOf: '',
      requestId: randomUUID(),
    });
    const { activationId } = await stage
      .as('brand')
      .audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    const { statement, entry, compared } = await verify(await save(activationId, 'activation.json'), {
      query: inStage('audience.sql'),
    });
    expect(compared.query).toBe(true);
    expect(entry.kind).toBe('audience-activated');
    expect(statement).toMatchObject({ kind: 'activation', audience: audienceId, activation: activationId });
    expect(statement).toMatchObject({ destination: destinationId, owner: 'chenxi', activatedBy: 'chenxi' });
    expect(statement.decision).toBe(entry.subject.decision);
    expect(JSON.stringify(statement)).not.toMatch(/persons|size/);
    await awaitActivation(stage, 'brand', audienceId, audiences.ActivationState.DELIVERED);
  });
});

describe('the command line', { timeout: LONG_MS }, () => {
  it('fetches a receipt, and verifies it without a service', async () => {
    const [made] = await entriesOf(stage, 'release-made');
    const fetched = await galley(stage, 'brand', [
      'query',
      'receipt',
      String(made?.subject.question),
      '--save',
      inStage('cli.json'),
    ]);
    expect(fetched).toMatchObject({ code: 0, stdout: expect.stringMatching(/charged epsilon 0\.5/) });
    writeFileSync(inStage('log.key'), `${firstKey}\n`);
    const line = [cliMain, 'receipt', 'verify', inStage('cli.json'), '--release', inStage('release.arrow')];
    const verified = await run(...line, '--verifier-key', inStage('log.key'));
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^verified: .*\nthe release is the one that left$/m),
    });
    const strange = firstKey.replace(/^[^+]+/, 'other.example/log');
    const refused = await run(...line, '--verifier-key', strange);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/VERIFIER_KEY_MALFORMED/) });
  });
});

describe('keys', { timeout: LONG_MS }, () => {
  const keys = (...args: readonly string[]) => run(serverMain, 'keys', ...args, '--data', stage.dataDirectory);

  const changeBoth = async (...flags: readonly string[]): Promise<void> => {
    expect(await keys('rotate-log')).toMatchObject({ code: 0, stderr: '' });
    expect(await keys('rotate-receipts', ...flags)).toMatchObject({ code: 0, stderr: '' });
  };

  /** Asks several questions and waits for the first: of the others some have ended by then and some have not. */
  const askMany = async (epsilons: readonly number[]): Promise<readonly string[]> => {
    const { queries: client } = stage.as('brand');
    const submitted = await Promise.all(
      epsilons.map((epsilon) => client.submit(questionOf(table.collaborationId, armsSql, { epsilon }), randomUUID())),
    );
    await client.readRelease(submitted[0]?.queryId ?? '');
    return submitted.map(({ queryId }) => queryId);
  };

  /** The receipts of what was released before a crash: each release has one, and nothing else has. */
  const receiptsAfterCrash = async (asked: readonly string[]): Promise<readonly string[]> => {
    const files: string[] = [];
    for (const id of asked) {
      const { state } = await stage.as('brand').queries.get(id);
      if (state === queries.QueryState.RELEASED) files.push(await save(id, `${id}.json`));
      else await expectRefused(stage.as('brand').audit.receipt(id), 'NOT_FOUND');
    }
    expect(files.length).toBeGreaterThan(0);
    return files;
  };

  it('are changed twice, and every receipt verifies with the first key of the log alone', async () => {
    const [made] = await entriesOf(stage, 'release-made');
    const early = String(made?.subject.question);
    await stage.end('SIGTERM');
    await changeBoth();
    await stage.start();
    const { query } = await ask(stage, 'brand', table.collaborationId, armsSql, { epsilon: 0.6 });
    const second = await save(query.queryId, 'second.json');

    const asked = await askMany([0.21, 0.22, 0.23]);
    await stage.end('SIGKILL');
    await changeBoth('--compromised');
    await stage.start();
    const files = [inStage('receipt.json'), second, ...(await receiptsAfterCrash(asked))];
    files.push(await save(early, 'early.json'), await save(query.queryId, 'second-again.json'));
    const told = await Promise.all(files.map((file) => verify(file)));
    // The second was given up when the third came: what it had signed holds, and says so where that is known.
    const given = told.map(({ kid, isKeyWithdrawn }) => [kid === told[1]?.kid, isKeyWithdrawn]);
    expect(given.slice(0, 2)).toEqual([
      [false, false],
      [true, false],
    ]);
    expect(given.at(-1)).toEqual([true, true]);
    expect(given.at(-2)).toEqual([false, false]);
  });

  it('are told to everybody, each with the proof of its change', async () => {
    const { logKeys, receiptKeys, history } = await stage.as('outsider').audit.keys();
    const announced = await entriesOf(stage, 'receipt-key-announced');
    expect(receiptKeys.map(({ leafIndex }) => Number(leafIndex))).toEqual(announced.map(({ leafIndex }) => leafIndex));
    expect(announced.map(({ subject }) => subject.isCompromised)).toEqual([false, false, true]);
    expect(logKeys).toHaveLength(3);
    expect(logKeys[0]?.verifierKey).toBe(firstKey);
    expect(history).toBe(readFileSync(join(stage.dataDirectory, 'log', 'keys'), 'utf8'));
    expect((await stage.as('brand').audit.checkpoint()).verifierKey).toBe(logKeys[2]?.verifierKey);
  });
});
