// Whatever changes something or reads something of somebody's leaves an entry. The table below has every method of the
// contract: one that is added without saying what it leaves fails here first.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EntryKind, entryKinds } from '../../audit/index.ts';
import * as contract from '../../proto/index.ts';
import { audiences, audit, collaborations, datasets } from '../../proto/index.ts';
import { awaitErasure, named } from '../support/demanded-rights.ts';
import { sendBytes, sha256Of } from '../support/raw-uploads.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { segment, submissionOf, submit } from '../support/service-functions.ts';
import { listOf, reportOf } from '../support/service-matching.ts';
import { mailings, mailingsCsv } from '../support/service-people.ts';
import { entriesOf, joined, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { cast, destinationId, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import {
  agree,
  bindMailings,
  createDataset,
  grantToIsv,
  mailingsColumns,
  setTable,
  type Table,
} from '../support/service-table.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/** What a method leaves when it is answered; `[]` for one that only shows a caller its own, or what is public. */
const LEAVES: Readonly<Record<string, readonly EntryKind[]>> = {
  CreateCollaboration: ['collaboration-created', 'member-invited'],
  GetCollaboration: [],
  ListCollaborations: [],
  AcceptInvitation: ['member-accepted'],
  BindDataset: ['dataset-bound'],
  SetRules: ['rules-changed'],
  CreateGrant: ['grant-made'],
  RevokeGrant: ['grant-revoked'],
  GetBudget: [],
  CreateDataset: ['dataset-created'],
  GetDataset: [],
  ListDatasets: [],
  TakeOutSnapshot: ['data-taken-out'],
  ListCountingPaths: [],
  BeginUpload: ['upload-begun'],
  SendUpload: [],
  CompleteUpload: [],
  GetUpload: [],
  ListUploads: [],
  InspectUpload: [],
  CheckUpload: [],
  PublishUpload: ['snapshot-published'],
  AbandonUpload: ['upload-abandoned'],
  SubmitFunction: ['function-submitted'],
  CheckFunction: [],
  GetFunction: [],
  ListFunctions: [],
  RetireFunction: ['function-retired'],
  SetIdentityRules: ['identity-rules-set'],
  GetIdentityRules: [],
  ExplainIdentity: ['identity-explained'],
  ExplainQuery: ['question-explained'],
  ExplainRemaining: ['question-explained'],
  SubmitQuery: ['question-submitted', 'budget-reserved', 'question-admitted'],
  GetQuery: [],
  ListQueries: [],
  CancelQuery: ['question-cancelled'],
  ReadRelease: ['release-made', 'release-read'],
  CreateDestination: ['destination-registered'],
  ListDestinations: [],
  DefineAudience: ['audience-defined'],
  EstimateAudience: ['budget-reserved', 'audience-estimated'],
  ActivateAudience: ['audience-activated'],
  GetAudience: [],
  ListAudiences: [],
  RevokeAudience: ['audience-revoked'],
  ReportMatch: ['budget-reserved', 'match-reported'],
  EstimateMatch: ['budget-reserved', 'match-begun', 'match-estimated'],
  OptOut: ['persons-opted-out'],
  WithdrawOptOut: ['opt-outs-withdrawn'],
  CountOptOuts: [],
  ErasePersons: ['person-erased'],
  EraseDataset: ['dataset-erased'],
  EraseMember: ['member-erased'],
  GetErasure: [],
  ListEntries: ['log-read'],
  StreamLeaves: ['log-read'],
  GetCheckpoint: [],
  GetInclusionProof: [],
  GetConsistencyProof: [],
  ReadDecision: ['decision-read'],
  ReadRules: ['rules-read'],
  ExportEntries: ['log-exported'],
  GetReceipt: ['receipt-read'],
  GetLogKeys: [],
  GrantAudit: ['audit-granted'],
  RevokeAuditGrant: ['audit-grant-revoked'],
  ListAuditGrants: [],
};

/** Kinds that no method leaves when it is answered, and the tests that await them by name. */
const ELSEWHERE: Readonly<Partial<Record<EntryKind, string>>> = {
  'service-started': 'here',
  'service-stopped': 'here',
  'configuration-changed': 'here',
  'authentication-refused': 'log.test.ts',
  'authorization-refused': 'log.test.ts',
  'upload-refused': 'log.test.ts',
  'upload-expired': 'here',
  'function-refused': 'log.test.ts',
  'question-refused': 'log.test.ts',
  'run-failed': 'dead-engine.test.ts',
  'release-reused': 'log.test.ts',
  'audience-refused': 'log.test.ts',
  'audience-delivered': 'here',
  'match-failed': 'matching.test.ts',
  'match-refused': 'matching.test.ts',
  'key-rotated': 'at-rest.test.ts',
  'receipt-key-announced': 'here',
};

type Methods = Readonly<Record<string, { readonly path: string }>>;

function methodsOfContract(): readonly string[] {
  const { strategy: _, ...chapters } = contract;
  const services = Object.values(chapters).flatMap((chapter) =>
    Object.entries(chapter).filter(([name]) => name.endsWith('ServiceService')),
  );
  return services.flatMap(([, methods]) =>
    Object.values(methods as unknown as Methods).map(({ path }) => path.split('/')[2] ?? ''),
  );
}

describe('the table of what methods leave', () => {
  it('has every method of the contract, and no other', () => {
    expect(Object.keys(LEAVES).toSorted()).toEqual(methodsOfContract().toSorted());
  });

  it('has every kind of entry, with what else awaits it', () => {
    const told = [...Object.values(LEAVES).flat(), ...Object.keys(ELSEWHERE)];
    expect([...new Set(told)].toSorted()).toEqual(Object.keys(entryKinds).toSorted());
  });
});

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;
const done = new Set<string>();

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  engine = await StageEngine.open(stage);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

/** Does something by a method, and holds what is in the log afterwards against the table. */
async function does<Result>(method: string, deed: () => Promise<Result>): Promise<Result> {
  const before = (await entriesOf(stage)).length;
  const result = await deed();
  const left = (await entriesOf(stage)).slice(before).map(({ kind }) => kind);
  // The looking itself is in there too.
  for (const kind of LEAVES[method] ?? []) expect(left, method).toContain(kind);
  done.add(method);
  return result;
}

describe('the log has an entry of', () => {
  it('agreements and rights', async () => {
    const platform = stage.as('platform').collaborations;
    const collaborationId = await does('CreateCollaboration', () => agree(stage, { isAccepted: false }));
    await does('AcceptInvitation', () => stage.as('brand').collaborations.accept(collaborationId));
    await does('BindDataset', () => bindMailings(stage, collaborationId, table.mailingsId));
    const rules = { collaborationId, alias: 'mailings', rulesJson: mailingsRules({ minGroupSize: 25 }) };
    const { rulesDigest } = await does('SetRules', () => stage.as('brand').collaborations.setRules(rules)).then(
      async () => (await entriesOf(stage, 'rules-changed')).at(-1)?.subject ?? {},
    );
    const read = await does('ReadRules', () => stage.as('auditor').audit.rules(collaborationId, String(rulesDigest)));
    expect(Buffer.from(sha256Of(read.rulesJson)).toString('hex')).toBe(rulesDigest);
    expect(JSON.parse(Buffer.from(read.rulesJson).toString())).toMatchObject({ minGroupSize: 25 });
    await expectRefused(stage.as('outsider').audit.rules(collaborationId, String(rulesDigest)), 'NOT_FOUND');
    const abilities = [collaborations.Ability.QUERY];
    const { grantId } = await does('CreateGrant', () =>
      grantToIsv(stage, collaborationId, abilities, [`${cast.brand.member}.mailings`]),
    );
    await does('RevokeGrant', () => stage.as('brand').collaborations.revoke(collaborationId, grantId));
    const priority = JSON.stringify({ priority: ['email'] });
    await does('SetIdentityRules', () =>
      stage.as('platform').identity.setRules({ collaborationId, rulesJson: priority }),
    );
    await does('ExplainIdentity', () => stage.as('brand').identity.explain(collaborationId));
    expect(await platform.get(collaborationId)).toMatchObject({ collaborationId });
  });

  it('data', async () => {
    const brand = stage.as('brand');
    const { datasetId } = await does('CreateDataset', () => createDataset(stage, 'brand', mailingsColumns));
    const bytes = Buffer.from(mailingsCsv());
    const layout = datasets.FileLayout.fromPartial({ format: datasets.FileFormat.CSV });
    const begin = () =>
      brand.uploads.begin({
        datasetId,
        requestId: randomUUID(),
        fileName: 'a.csv',
        declaredBytes: 0n,
        sha256: new Uint8Array(),
      });
    const { uploadId } = await does('BeginUpload', begin);
    await sendBytes(brand.uploads, uploadId, bytes);
    await brand.uploads.complete({ uploadId, sha256: sha256Of(bytes), byteCount: BigInt(bytes.length) });
    await does('PublishUpload', () =>
      brand.uploads.publish({ uploadId, datasetId, mode: datasets.SnapshotMode.REPLACE, tolerance: undefined, layout }),
    );
    const thrown = await begin();
    await does('AbandonUpload', () => brand.uploads.abandon(thrown.uploadId));
    await does('TakeOutSnapshot', () =>
      Array.fromAsync(brand.datasets.takeOut(table.mailingsId, table.mailingsSnapshotId)),
    );
    const identifiers = named('email', mailings[0]?.email ?? '');
    await does('OptOut', () => brand.rights.optOut(identifiers));
    await does('WithdrawOptOut', () => brand.rights.withdrawOptOut(identifiers));
    await does('ErasePersons', async () =>
      awaitErasure(stage, 'brand', await brand.rights.erasePersons({ identifiers, requestId: randomUUID() })),
    );
    await does('EraseDataset', async () =>
      awaitErasure(stage, 'brand', await brand.rights.eraseDataset({ datasetId, requestId: randomUUID() })),
    );
  });

  it('questions, functions and matches', async () => {
    const { collaborationId } = table;
    const brand = stage.as('brand');
    const question = questionOf(collaborationId, `select count(*) as n ${joined}`);
    await does('ExplainQuery', () => brand.queries.explain(question));
    await does('ExplainRemaining', () => brand.queries.remaining(question));
    const { queryId } = await does('SubmitQuery', () => brand.queries.submit(question, randomUUID()));
    await does('ReadRelease', () => brand.queries.readRelease(queryId));
    await does('GetReceipt', () => brand.audit.receipt(queryId));
    await does('ReadDecision', () => stage.as('auditor').audit.decision(queryId));
    const long = questionOf(collaborationId, `select avg(o.spend) as mean ${joined}`);
    const running = await brand.queries.submit(long, randomUUID());
    await does('CancelQuery', () => brand.queries.cancel(running.queryId));
    const { functionId } = await does('SubmitFunction', () =>
      submit(stage, segment, { collaborationId, name: 'segment' }),
    );
    expect(submissionOf(segment, { collaborationId, name: 'segment' }).collaborationId).toBe(collaborationId);
    await does('RetireFunction', () => brand.functions.retire(functionId));
    await does('ReportMatch', () => brand.matches.report(reportOf(collaborationId)));
    await does('EstimateMatch', () => brand.matches.estimate(listOf(collaborationId, [1, 2, 3, 4, 5])));
  });

  it('audiences and where they go', async () => {
    const { collaborationId } = table;
    const { audiences: brand } = stage.as('brand');
    await does('CreateDestination', () => engine.register(stage, collaborationId));
    const sql = `select m.email ${joined} where m.arm = 'mens'`;
    const definition = { collaborationId, displayName: audienceName, sql, onBehalfOf: '', requestId: randomUUID() };
    const { audienceId } = await does('DefineAudience', () => brand.define(definition));
    await does('EstimateAudience', () => brand.estimate(audienceId, 0));
    await does('ActivateAudience', () => brand.activate({ audienceId, destinationId, requestId: randomUUID() }));
    await awaitActivation(stage, 'brand', audienceId, audiences.ActivationState.DELIVERED);
    expect(await entriesOf(stage, 'audience-delivered')).toHaveLength(1);
    await does('RevokeAudience', () => brand.revoke(audienceId, destinationId));
  });

  it('those who read the log, and who let them', async () => {
    const { collaborationId } = table;
    const auditor = stage.as('auditor').audit;
    await does('ListEntries', () =>
      Array.fromAsync(auditor.entries({ collaborationId: '', kind: 'log-read', fromIndex: 0n })),
    );
    await does('StreamLeaves', () => Array.fromAsync(auditor.leaves(0n)));
    const all = { filter: {}, fromIndex: 0n, untilIndex: 0n, format: audit.ExportFormat.JSON_LINES };
    await does('ExportEntries', () => Array.fromAsync(auditor.exportEntries(all)));
    const granted = await does('GrantAudit', () =>
      stage.as('platform').audit.grant({
        collaborationId,
        auditorMember: 'mingjing',
        auditorPrincipal: '',
        from: undefined,
        until: undefined,
        decisions: false,
        expiresAt: new Date(Date.now() + 3_600_000),
      }),
    );
    await does('RevokeAuditGrant', () => stage.as('platform').audit.revokeGrant(granted.grantId));
  });

  it('a member that goes, and a service that ends and starts with other settings', async () => {
    const brand = stage.as('brand');
    const left = await brand.uploads.begin({
      datasetId: '',
      requestId: randomUUID(),
      fileName: 'left.csv',
      declaredBytes: 0n,
      sha256: new Uint8Array(),
    });
    await stage.end('SIGTERM');
    await stage.start({ limits: { uploadLifeMs: 1_000 } });
    await vi.waitFor(async () => expect(await entriesOf(stage, 'upload-expired')).toHaveLength(1), {
      timeout: 60_000,
      interval: 500,
    });
    expect((await entriesOf(stage, 'upload-expired'))[0]?.subject.upload).toBe(left.uploadId);
    const [changed, ...others] = await entriesOf(stage, 'configuration-changed');
    expect({ settings: changed?.subject.settings, others }).toEqual({ settings: ['limits.uploadLifeMs'], others: [] });
    const starts = await entriesOf(stage, 'service-started');
    expect(new Set(starts.map(({ subject }) => subject.configuration)).size).toBe(2);
    expect(changed?.subject.configuration).toBe(starts[1]?.subject.configuration);
    expect(await entriesOf(stage, 'service-stopped')).toHaveLength(1);
    expect(await entriesOf(stage, 'receipt-key-announced')).toHaveLength(1);
    const { member } = cast.brand;
    await does('EraseMember', async () =>
      awaitErasure(stage, 'brand', await stage.as('brand').rights.eraseMember({ member, requestId: randomUUID() })),
    );
  });

  it('every method that leaves one, and the log of all that is whole', async () => {
    const leaving = Object.keys(LEAVES).filter((method) => (LEAVES[method] ?? []).length > 0);
    expect([...done].toSorted()).toEqual(leaving.toSorted());
    await verifyLogOf(stage);
  });
});
