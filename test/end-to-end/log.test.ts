import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseLeaf, verifyCheckpoint, verifyConsistency, verifyInclusion, verifyLog } from '../../audit/index.ts';
import { audiences, audit } from '../../proto/index.ts';
import { startGalley } from '../support/galley-command.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { segment, submit } from '../support/service-functions.ts';
import { armsSql, ask, entriesOf, joined, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { destinationId, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { grantToIsv, setTable, type Table, upload } from '../support/service-table.ts';

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;
let firstCheckpoint: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  firstCheckpoint = (await stage.as('auditor').audit.checkpoint()).checkpoint;
  engine = await StageEngine.open(stage);
  await engine.register(stage, table.collaborationId);
  await live(stage, table);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

/** Everything that can happen in a collaboration, once. */
async function live({ as, clientWith }: { as: ServiceStage['as']; clientWith: ServiceStage['clientWith'] }, of: Table) {
  const { collaborationId } = of;
  const brand = stage.as('brand');
  await brand.queries.explain(questionOf(collaborationId, armsSql));
  await ask(stage, 'brand', collaborationId, armsSql);
  await ask(stage, 'brand', collaborationId, armsSql);
  await expectRefused(
    brand.queries.submit(questionOf(collaborationId, 'select email from chenxi.mailings'), ''),
    'QUESTION_REFUSED',
  );
  const cancelled = await brand.queries.submit(
    questionOf(collaborationId, `select avg(o.spend) as mean ${joined}`),
    '',
  );
  await brand.queries.cancel(cancelled.queryId);
  await stage.as('auditor').audit.decision(cancelled.queryId);
  const grant = await grantToIsv(stage, collaborationId, [2]);
  await brand.collaborations.revoke(collaborationId, grant.grantId);
  await brand.collaborations.setRules({
    collaborationId,
    alias: 'mailings',
    rulesJson: mailingsRules({ minGroupSize: 25 }),
  });
  const { functionId } = await submit(stage, segment, { collaborationId, name: 'segment' });
  await brand.functions.retire(functionId);
  await expectRefused(submit(stage, { ...segment, code: 'x' }, { collaborationId, name: 'x' }), 'FUNCTION_REFUSED');
  const sql = `select m.email ${joined} where m.arm = 'mens'`;
  const definition = {
    definition: undefined,
    collaborationId,
    displayName: audienceName,
    sql,
    onBehalfOf: '',
    requestId: randomUUID(),
  };
  const { audienceId } = await brand.audiences.define(definition);
  await expectRefused(brand.audiences.define({ ...definition, sql: 'select 1', requestId: '' }), 'AUDIENCE_REFUSED');
  await brand.audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
  await awaitActivation(stage, 'brand', audienceId, audiences.ActivationState.DELIVERED);
  await brand.audiences.revoke(audienceId, destinationId);
  await Array.fromAsync(brand.datasets.takeOut(of.mailingsId, of.mailingsSnapshotId));
  await expectRefused(upload(stage, 'brand', of.mailingsId, 'email\n'), 'UPLOAD_REFUSED');
  await expectRefused(as.call(stage, 'outsider').collaborations.get(collaborationId), 'NOT_FOUND');
  const forged = await clientWith.call(stage, 'brand', { isForged: true });
  await expectRefused(forged.collaborations.list(), 'UNAUTHENTICATED');
}

describe('the log', () => {
  it('has an entry of all that happened, refusals included, one after another', async () => {
    // Twice: reading the log is itself one of the things that it tells, to the next reader.
    await entriesOf(stage);
    const entries = await entriesOf(stage);
    // What every method leaves is held in every-deed.test.ts; here is what is refused, and what follows by itself.
    const kinds = new Set(entries.map(({ kind }) => kind));
    const refusals = ['authentication', 'authorization', 'question', 'audience', 'function', 'upload'];
    for (const what of refusals) expect(kinds).toContain(`${what}-refused`);
    for (const kind of ['release-reused', 'audience-delivered', 'log-read']) expect(kinds).toContain(kind);
    expect(entries.map(({ leafIndex }) => leafIndex)).toEqual(entries.map((_, index) => index));
  });

  it('tells a question from submission to reading in the order charge, admission, release', async () => {
    const entries = await entriesOf(stage);
    const released = entries.find(({ kind }) => kind === 'release-made')?.subject.question;
    const life = entries.filter(({ subject }) => subject.question === released).map(({ kind }) => kind);
    expect(life).toEqual([
      'question-submitted',
      'budget-reserved',
      'question-admitted',
      'release-made',
      'release-read',
    ]);
  });

  it('verifies offline from its leaves, and keeps what was signed before', async () => {
    const verified = await verifyLogOf(stage, [firstCheckpoint]);
    expect(verified).toMatchObject({ checkedCheckpoints: 1 });
    expect(verified.treeSize).toBe(verified.entries);
    expect(verified.treeSize).toBeGreaterThan(40);
    const leaves = await Array.fromAsync(stage.as('auditor').audit.leaves(BigInt(verified.treeSize)));
    const tampered = leaves.with(7, Buffer.from(String(leaves[7]).replace(/"at":"2/, '"at":"1')));
    const claim = {
      leaves: (async function* () {
        yield* tampered;
      })(),
      ...verified,
    };
    await expect(verifyLog(claim)).rejects.toMatchObject({ name: 'LogVerificationError' });
  });

  it('is copied into a folder that needs no service any more, and that a second visit brings up to date', async () => {
    const mirror = await mkdtemp(join(tmpdir(), 'galley-mirror-'));
    onTestFinished(() => rm(mirror, { recursive: true, force: true }));
    const galley = async (...args: string[]) => {
      const { end } = await startGalley(stage, 'auditor', ['--json', 'audit', ...args]);
      const { code, stdout, stderr } = await end;
      expect(stderr).toBe('');
      expect(code).toBe(0);
      return JSON.parse(stdout) as { treeSize: number; fetchedEntries: number };
    };
    const first = await galley('mirror', '--to', mirror);
    expect(first.fetchedEntries).toBe(first.treeSize);
    await entriesOf(stage);
    const second = await galley('mirror', '--to', mirror);
    expect(second.fetchedEntries).toBe(second.treeSize - first.treeSize);
    expect(await galley('fsck', mirror)).toMatchObject({ treeSize: second.treeSize, isWhole: true });
    expect(await galley('verify', '--mirror', mirror)).toMatchObject({ verified: true, treeSize: second.treeSize });
  });

  it('is read in full by auditors alone, and by members as far as it concerns them', async () => {
    const { collaborationId } = table;
    await expectRefused(Array.fromAsync(stage.as('brand').audit.leaves(0n)), 'PERMISSION_DENIED');
    const entriesFor = (actor: 'brand' | 'outsider') =>
      Array.fromAsync(stage.as(actor).audit.entries({ collaborationId, kind: '', fromIndex: 0n }));
    const seen = await entriesFor('brand');
    expect(seen.length).toBeGreaterThan(15);
    for (const { leaf } of seen) expect(parseLeaf(leaf).collaboration).toBe(collaborationId);
    await expectRefused(entriesFor('outsider'), 'NOT_FOUND');
  });
});

describe('a proof', () => {
  const call = async <Answer>(
    make: (
      client: audit.AuditServiceClient,
      metadata: Metadata,
      done: (error: Error | null, answer: Answer) => void,
    ) => unknown,
  ) => {
    const client = new audit.AuditServiceClient(stage.service.address(), credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${await stage.token('outsider')}`);
    const answered = new Promise<Answer>((resolve, reject) => {
      make(client, metadata, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
    return await answered.finally(() => client.close());
  };

  it('shows to anybody that an entry is in the signed tree', async () => {
    const { checkpoint, verifierKey } = await stage.as('auditor').audit.checkpoint();
    const { treeSize, rootHash } = verifyCheckpoint(checkpoint, verifierKey);
    for (const leafIndex of [0, 1, 13, treeSize - 1]) {
      const request = { leafIndex: BigInt(leafIndex), treeSize: BigInt(treeSize) };
      const proof = await call<audit.GetInclusionProofResponse>((client, metadata, done) =>
        client.getInclusionProof(request, metadata, done),
      );
      const claim = { leafHash: proof.leafHash, leafIndex, treeSize, proof: proof.hashes, rootHash };
      expect(() => verifyInclusion(claim)).not.toThrow();
      const moved = (leafIndex + 1) % treeSize;
      expect(() => verifyInclusion({ ...claim, leafIndex: moved })).toThrow();
    }
    const beyond = { leafIndex: BigInt(treeSize + 1_000), treeSize: 0n };
    const asked = call<audit.GetInclusionProofResponse>((client, metadata, done) =>
      client.getInclusionProof(beyond, metadata, done),
    );
    await expectRefused(asked, 'INVALID_REQUEST');
  });

  it('shows to anybody that the tree signed first is the beginning of the tree signed last', async () => {
    const { checkpoint, verifierKey } = await stage.as('auditor').audit.checkpoint();
    const [first, second] = [verifyCheckpoint(firstCheckpoint, verifierKey), verifyCheckpoint(checkpoint, verifierKey)];
    const request = { firstSize: BigInt(first.treeSize), secondSize: BigInt(second.treeSize) };
    const proof = await call<audit.GetConsistencyProofResponse>((client, metadata, done) =>
      client.getConsistencyProof(request, metadata, done),
    );
    const claim = {
      firstSize: first.treeSize,
      firstRoot: first.rootHash,
      secondSize: second.treeSize,
      secondRoot: second.rootHash,
      proof: proof.hashes,
    };
    expect(first.treeSize).toBeLessThan(second.treeSize);
    expect(() => verifyConsistency(claim)).not.toThrow();
    expect(() => verifyConsistency({ ...claim, firstRoot: second.rootHash })).toThrow();
  });
});

describe('a service that is told to stop', () => {
  it('ends in good order, and the log that it leaves verifies after the next start', async () => {
    const seen = (await stage.as('auditor').audit.checkpoint()).checkpoint;
    expect(await stage.end('SIGTERM')).toBe(0);
    await stage.start();
    expect(await verifyLogOf(stage, [firstCheckpoint, seen])).toMatchObject({ checkedCheckpoints: 2 });
    const kinds = (await entriesOf(stage)).map(({ kind }) => kind);
    expect(kinds).toContain('service-stopped');
  });
});
