// Whatever changes something or reads something of somebody's leaves an entry. The table below has every method of the
// contract: one that is added without saying what it leaves fails here first.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { entryKinds } from '../../audit/index.ts';
import * as contract from '../../proto/index.ts';
import { audiences, audit, collaborations, datasets, type effects } from '../../proto/index.ts';
import { lookAtAudience, pricedTag } from '../support/audience-looks.ts';
import { ALIKE, ELSEWHERE, LEAVES } from '../support/deeds-of-contract.ts';
import { awaitErasure, named } from '../support/demanded-rights.ts';
import { sendBytes, sha256Of } from '../support/raw-uploads.ts';
import { destinationTerms } from '../support/service-destinations.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { segment, submissionOf, submit } from '../support/service-functions.ts';
import { listOf, reportOf } from '../support/service-matching.ts';
import { mailings, mailingsCsv } from '../support/service-people.ts';
import { chargesOf, entriesOf, joined, questionOf, verifyLogOf } from '../support/service-questions.ts';
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
  upload,
} from '../support/service-table.ts';
import { publish, runOf, signingKey, visitsTemplate } from '../support/service-templates.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

type Methods = Readonly<Record<string, { readonly path: string }>>;

function methodsOfContract(): readonly string[] {
  // What destinations offer is not the service's.
  const { strategy: _, decisions: __, ...chapters } = contract;
  const services = Object.values(chapters).flatMap((chapter) =>
    Object.entries(chapter).filter(([name]) => name.endsWith('ServiceService')),
  );
  return services.flatMap(([, methods]) =>
    Object.values(methods as unknown as Methods).map(({ path }) => path.split('/')[2] ?? ''),
  );
}

describe('the table of what methods leave', () => {
  it('has every method of the contract, and no other', () => {
    expect([...Object.keys(LEAVES), ...Object.keys(ALIKE)].toSorted()).toEqual(methodsOfContract().toSorted());
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

/** Whether those of one arm visited more than those of another. */
function upliftOf(collaborationId: string): effects.MeasureUpliftRequest {
  const persons = { assignment: { table: 'chenxi.mailings', conditions: [] }, armColumn: 'arm', controlArm: 'control' };
  const outcome = { outcome: { table: 'jiufang.outcomes', conditions: [] }, outcomeColumn: 'visit', outcomeCap: 0 };
  const plain = { segmentColumns: [], outcomeSegmentColumns: [], expectedShares: {}, knownOnly: true };
  const ask = { collaborationId, epsilon: 1, onBehalfOf: '', requestId: '', dry: false };
  return { ask, ...persons, ...outcome, ...plain };
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
    await does('MeasureUplift', () => brand.effects.uplift(upliftOf(collaborationId)));
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

  it('templates', async () => {
    const { collaborationId } = table;
    const brand = stage.as('brand').templates;
    const key = await signingKey();
    const { digest } = await does('PublishTemplate', () =>
      publish(stage, 'brand', { collaborationId, template: visitsTemplate, key }),
    );
    await does('ApproveTemplate', () => brand.approve(collaborationId, digest));
    const request = runOf(collaborationId, digest, { outcomes: 'jiufang.outcomes', city: 'suzhou' });
    await does('ExplainTemplate', () => brand.explain(request));
    await does('RunTemplate', () => brand.run(request));
    await does('WithdrawTemplateApproval', () => brand.withdraw(collaborationId, digest));
  });

  it('audiences and where they go', async () => {
    const { collaborationId } = table;
    const { audiences: brand } = stage.as('brand');
    const [platform, asBrand] = [stage.as('platform').destinations, stage.as('brand').destinations];
    const proposal = { collaborationId, destinationId: 'first', terms: destinationTerms() };
    const { destination } = await does('ProposeDestination', () => platform.propose(proposal));
    const termsDigest = destination?.termsDigest ?? '';
    await does('ApproveDestination', () => asBrand.approve({ collaborationId, destinationId: 'first', termsDigest }));
    await does('WithdrawApproval', () => asBrand.withdraw(collaborationId, 'first'));
    await does('CloseDestination', () => platform.end(collaborationId, 'first'));
    await engine.register(stage, collaborationId);
    await does('PublishTags', () => stage.as('brand').tags.publish({ collaborationId, tags: [pricedTag] }));
    const sql = `select m.email ${joined} where m.arm = 'mens'`;
    const definition = {
      definition: undefined,
      collaborationId,
      displayName: audienceName,
      sql,
      onBehalfOf: '',
      requestId: randomUUID(),
    };
    const { audienceId } = await does('DefineAudience', () => brand.define(definition));
    const value = { seedAudienceId: audienceId, persons: 'chenxi.mailings', features: ['arm'], withoutSeed: false };
    const training = { collaborationId, displayName: 'alike', epsilon: 1, onBehalfOf: '', requestId: randomUUID() };
    await does('TrainModel', () =>
      stage.as('brand').models.train({ ...training, spec: { spec: { $case: 'lookAlike', value } } }),
    );
    await does('EstimateAudience', () => brand.estimate(audienceId, 0));
    const before = await chargesOf(stage, 'brand', collaborationId);
    await does('ActivateAudience', () =>
      brand.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() }),
    );
    // The price of the tag: to the dataset it is of, to the collaboration and to who asks, and to nobody else's dataset.
    const after = await chargesOf(stage, 'brand', collaborationId);
    const charged = Object.keys(after).filter((account) => (after[account] ?? 0) > (before[account] ?? 0));
    expect(charged).toContain(`owner/${table.mailingsId}`);
    expect(charged).not.toContain(`owner/${table.outcomesId}`);
    expect(charged).toHaveLength(3);
    await lookAtAudience(stage, table, { audienceId, sql, does });
    await awaitActivation(stage, 'brand', audienceId, audiences.ActivationState.DELIVERED);
    expect(await entriesOf(stage, 'audience-delivered')).toHaveLength(1);
    const schedule = { audienceId, destinationId, refreshEvery: { seconds: 86_400n, nanos: 0 }, expiresAt: undefined };
    await does('ScheduleActivation', () => brand.schedule(schedule));
    await upload(stage, 'brand', table.mailingsId, mailingsCsv());
    await does('RefreshActivation', () => brand.refresh(audienceId, destinationId));
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
    await verifyLogOf(stage);
    const leaving = Object.keys(LEAVES).filter((method) => (LEAVES[method] ?? []).length > 0);
    expect([...done].toSorted()).toEqual(leaving.toSorted());
  });
});
