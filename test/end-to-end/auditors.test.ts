// Auditors at work: what they find, what they may not see, and the files that they take with them.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leafHash, parseLeaf } from '../../audit/index.ts';
import { type EntryRequest, GalleyClient, Patience } from '../../cli/client/index.ts';
import { type ExportOrder, type ExportWatch, exportLog } from '../../cli/export-log.ts';
import { exportOn } from '../../cli/export-on.ts';
import { audit } from '../../proto/index.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { galley } from '../support/galley-command.ts';
import { armsSql, ask, joined, type LoggedEntry, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import type { Actor } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, setTable, type Table } from '../support/service-table.ts';

const LONG_MS = 240_000;
const HOUR_MS = 3_600_000;
const spendSql = `select avg(o.spend) as mean ${joined}`;
const refusedSql = `select m.email ${joined}`;

let stage: ServiceStage;
let table: Table;
/** An agreement of the same members, in which other things happen. */
let elsewhere: string;
let folder: string;
let armsId: string;
let spendId: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  folder = join(stage.directory, 'files');
  mkdirSync(folder);
  table = await setTable(stage);
  const { collaborationId } = table;
  armsId = (await ask(stage, 'brand', collaborationId, armsSql)).query.queryId;
  spendId = (await ask(stage, 'platform', collaborationId, spendSql)).query.queryId;
  await expectRefused(
    stage.as('brand').queries.submit(questionOf(collaborationId, refusedSql), ''),
    'QUESTION_REFUSED',
  );
  elsewhere = await agree(stage);
}, LONG_MS);
afterAll(() => stage[Symbol.asyncDispose]());

async function entriesFor(
  actor: Actor,
  filter: EntryRequest['filter'],
  client = stage.as(actor),
): Promise<readonly LoggedEntry[]> {
  const entries = client.audit.entries({ collaborationId: '', kind: '', fromIndex: 0n, filter: filter ?? {} });
  return (await Array.fromAsync(entries)).map(({ leafIndex, leaf }) => ({
    ...(parseLeaf(leaf) as unknown as Omit<LoggedEntry, 'leafIndex'>),
    leafIndex: Number(leafIndex),
  }));
}

const kindsOf = (entries: readonly LoggedEntry[]) => entries.map(({ kind }) => kind);
const questionsOf = (entries: readonly LoggedEntry[]) => [...new Set(entries.map(({ subject }) => subject.question))];
const life = ['question-submitted', 'budget-reserved', 'question-admitted', 'release-made', 'release-read'];

describe('an auditor', () => {
  it('finds what touched a column, from submission to reading', async () => {
    const touching = await entriesFor('auditor', { column: 'jiufang.outcomes.visit' });
    expect(questionsOf(touching)).toEqual([armsId]);
    expect(kindsOf(touching)).toEqual(life);
    const spend = await entriesFor('auditor', { column: 'jiufang.outcomes.spend', kinds: ['release-made'] });
    expect(questionsOf(spend)).toEqual([armsId, spendId]);
    expect(questionsOf(await entriesFor('auditor', { column: 'chenxi.mailings.arm' }))).toEqual([armsId]);
    expect(await entriesFor('auditor', { column: 'chenxi.mailings.tier' })).toEqual([]);
  });

  it('finds by rule, outcome, member, dataset, cost, time and question', async () => {
    const refused = await entriesFor('auditor', { outcome: audit.DecisionOutcome.REFUSED });
    expect(kindsOf(refused)).toEqual(['question-refused']);
    expect(await entriesFor('auditor', { rule: 'identity-stays-inside' })).toEqual(refused);
    expect(questionsOf(await entriesFor('auditor', { outcome: audit.DecisionOutcome.ADMITTED }))).toEqual([
      armsId,
      spendId,
    ]);
    expect(kindsOf(await entriesFor('auditor', { subjectId: spendId }))).toEqual(life);
    const byPlatform = await entriesFor('auditor', { member: 'jiufang', kinds: ['question-submitted'] });
    expect(questionsOf(byPlatform)).toEqual([spendId]);
    const ofDataset = await entriesFor('auditor', { datasetId: table.mailingsId });
    expect(new Set(kindsOf(ofDataset))).toEqual(
      new Set(['dataset-created', 'upload-begun', 'snapshot-published', 'dataset-bound', ...life]),
    );
    const charges = await entriesFor('auditor', { minRho: 1e-6 });
    expect(kindsOf(charges)).toEqual(['budget-reserved', 'budget-reserved']);
    const dearest = Math.max(...charges.map(({ subject }) => Number(subject.rho)));
    expect(await entriesFor('auditor', { minRho: dearest * 1.01 })).toEqual([]);
    const until = new Date();
    const all = await entriesFor('auditor', { until });
    expect(await entriesFor('auditor', { from: until, kinds: life })).toEqual([]);
    expect(all.map(({ leafIndex }) => leafIndex)).toEqual(all.map((_, index) => index));
    const wrong = [{ column: 'spend' }, { kinds: ['nothing'] }, { minRho: -1 }];
    for (const filter of wrong) await expectRefused(entriesFor('auditor', filter), 'INVALID_REQUEST');
  });

  it('asks the command line: touched, refusals, and budget over time', { timeout: LONG_MS }, async () => {
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await galley(stage, 'auditor', ['--json', 'audit', ...args]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout);
    };
    expect(await run('touched', 'jiufang.outcomes.spend')).toMatchObject([
      { id: armsId, who: 'chenxi/lin', state: 'released', rho: expect.any(Number) },
      { id: spendId, who: 'jiufang/he', state: 'released' },
    ]);
    expect(await run('refusals', '--collaboration', table.collaborationId)).toMatchObject([
      { what: 'question', who: 'chenxi/lin', why: ['identity-stays-inside'] },
    ]);
    const steps = await run('budget', '--over-time', '--by', 'month', '--account', `owner/${table.outcomesId}`);
    const charges = await entriesFor('auditor', { minRho: 1e-6 });
    const rho = charges.reduce((sum, { subject }) => sum + Number(subject.rho), 0);
    expect(steps).toMatchObject([{ charges: 2, rho: expect.closeTo(rho, 12), rhoSoFar: expect.closeTo(rho, 12) }]);
  });

  it('writes no word of its own into the log', async () => {
    const word = 'zhang-san-13800001111';
    await entriesFor('auditor', { principal: word, column: `a.b.${word}`, subjectId: word, datasetId: word });
    const read = (await entriesFor('auditor', { kinds: ['log-read'] })).at(-1);
    expect(read?.subject.filter).toEqual({ terms: [['principal/?'], ['dataset/?'], ['subject/?'], ['column/?']] });
    expect(JSON.stringify(await entriesFor('auditor', {}))).not.toContain(word);
  });
});

describe('what somebody may not see', () => {
  it('is in no page, and no place but the size of the log speaks of it', async () => {
    const brand = await entriesFor('brand', {});
    const inBoth = new Set([table.collaborationId, elsewhere]);
    for (const entry of brand) expect(inBoth).toContain(entry.collaboration);
    expect(await entriesFor('outsider', {})).toEqual([]);
    expect(await entriesFor('isv', { kinds: ['release-made'] })).toEqual([]);
    await expectRefused(entriesFor('outsider', { collaborationId: elsewhere }), 'NOT_FOUND');
    const scoped = await stage.clientWith('auditor', { claims: { collaborations: [elsewhere] } });
    const seen = await entriesFor('auditor', {}, scoped);
    expect(new Set(seen.map(({ collaboration }) => collaboration))).toEqual(new Set([elsewhere]));
    expect(await entriesFor('auditor', { subjectId: armsId }, scoped)).toEqual([]);
  });
});

describe('a grant to an auditor', () => {
  const grantOf = (fields: Partial<audit.GrantAuditRequest> = {}): audit.GrantAuditRequest => ({
    collaborationId: table.collaborationId,
    auditorMember: 'mingjing',
    auditorPrincipal: '',
    from: undefined,
    until: undefined,
    decisions: false,
    expiresAt: new Date(Date.now() + HOUR_MS),
    ...fields,
  });
  /** An auditor whose token names no collaboration at all. */
  const bare = (claims = {}) => stage.clientWith('auditor', { claims: { collaborations: [], ...claims } });

  it('opens the entries of its collaboration, and ends at once when it is taken back', async () => {
    const auditor = await bare();
    const { collaborationId } = table;
    await expectRefused(entriesFor('auditor', { collaborationId }, auditor), 'NOT_FOUND');
    const grant = await stage.as('brand').audit.grant(grantOf({ auditorPrincipal: 'qiao' }));
    const seen = await entriesFor('auditor', { collaborationId }, auditor);
    expect(kindsOf(seen)).toEqual(expect.arrayContaining([...life, 'audit-granted']));
    for (const { collaboration } of seen) expect(collaboration).toBe(collaborationId);
    expect((await auditor.audit.receipt(armsId)).receipt).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/u);
    expect(await entriesFor('auditor', {}, auditor)).not.toEqual([]);
    const another = await bare({ sub: 'another' });
    await expectRefused(entriesFor('auditor', { collaborationId }, another), 'NOT_FOUND');
    await expectRefused(Array.fromAsync(auditor.audit.leaves(0n)), 'PERMISSION_DENIED');
    const reads = await entriesFor('auditor', { kinds: ['log-read'], collaborationId });
    expect(reads.map(({ subject }) => subject.grants)).toContainEqual([grant.grantId]);

    await expectRefused(stage.as('platform').audit.revokeGrant(grant.grantId), 'PERMISSION_DENIED');
    await stage.as('brand').audit.revokeGrant(grant.grantId);
    await expectRefused(entriesFor('auditor', { collaborationId }, auditor), 'NOT_FOUND');
    await expectRefused(auditor.audit.receipt(armsId), 'NOT_FOUND');
    expect(await entriesFor('auditor', {}, auditor)).toEqual([]);
    const [listed] = await stage.as('platform').audit.grants(collaborationId);
    expect(listed).toMatchObject({ grantId: grant.grantId, grantor: 'chenxi', revokedAt: expect.any(Date) });
  });

  it('shows only the time that it names', async () => {
    const auditor = await bare();
    const { collaborationId } = table;
    // A worker runs between the two: the charge and the admission may share a millisecond.
    const [, reserved, , released] = await entriesFor('auditor', { subjectId: armsId });
    const [from, until] = [reserved, released].map((entry) => new Date((entry as unknown as { at: string }).at));
    const grant = await stage.as('platform').audit.grant(grantOf({ from, until }));
    const seen = await entriesFor('auditor', { collaborationId }, auditor);
    expect(seen.length).toBeGreaterThan(0);
    for (const entry of seen) {
      const at = new Date((entry as unknown as { at: string }).at);
      expect(at >= (from ?? at) && at < (until ?? at)).toBe(true);
    }
    await stage.as('platform').audit.revokeGrant(grant.grantId);
  });

  it('opens decisions on what its grantor asked alone, and only where it says so', async () => {
    const auditor = await bare();
    const without = await stage.as('brand').audit.grant(grantOf());
    await expectRefused(auditor.audit.decision(armsId), 'PERMISSION_DENIED');
    const grant = await stage.as('brand').audit.grant(grantOf({ decisions: true }));
    expect((await auditor.audit.decision(armsId)).record.length).toBeGreaterThan(100);
    await expectRefused(auditor.audit.decision(spendId), 'PERMISSION_DENIED');
    for (const { grantId } of [without, grant]) await stage.as('brand').audit.revokeGrant(grantId);
    await expectRefused(auditor.audit.decision(armsId), 'NOT_FOUND');
  });

  it('is hidden behind no number of later ones', async () => {
    const auditor = await bare();
    const { collaborationId } = table;
    const { audit: platform } = stage.as('platform');
    const { audit: brand } = stage.as('brand');
    const whole = await platform.grant(grantOf());
    const narrow = { from: new Date(1), until: new Date(2) };
    const later: audit.AuditGrant[] = [];
    for (let count = 0; count < 20; count += 1) later.push(await brand.grant(grantOf(narrow)));
    await expectRefused(brand.grant(grantOf(narrow)), 'INVALID_REQUEST');
    expect(kindsOf(await entriesFor('auditor', { collaborationId }, auditor))).toContain('release-made');
    await platform.revokeGrant(whole.grantId);
    expect(await entriesFor('auditor', { collaborationId }, auditor)).toEqual([]);
    for (const { grantId } of later) await brand.revokeGrant(grantId);
  });

  it('is refused in a wrong form, and to whoever may not give it', async () => {
    const brand = stage.as('brand').audit;
    const wrong = [
      { expiresAt: undefined },
      { expiresAt: new Date(Date.now() + 367 * 24 * HOUR_MS) },
      { auditorMember: 'Not A Name' },
      { auditorPrincipal: 'two words' },
      { from: new Date(2), until: new Date(1) },
    ];
    for (const fields of wrong) await expectRefused(brand.grant(grantOf(fields)), 'INVALID_REQUEST');
    await expectRefused(stage.as('outsider').audit.grant(grantOf()), 'NOT_FOUND');
    await expectRefused(stage.as('auditor').audit.grant(grantOf()), 'PERMISSION_DENIED');
    await expectRefused(stage.as('outsider').audit.grants(table.collaborationId), 'NOT_FOUND');
  });
});

describe('an export', () => {
  const patient = (client = stage.as('auditor')): { client: GalleyClient; watch: ExportWatch } => ({
    client,
    watch: { patience: new Patience(60_000), onProgress: () => {} },
  });
  const { JSON_LINES, PARQUET, OCSF } = audit.ExportFormat;
  const orderOf = (to: string, fields: Partial<ExportOrder> = {}): ExportOrder => {
    return { format: JSON_LINES, filter: {}, to: join(folder, to), fromIndex: 0, ...fields };
  };
  const write = (order: ExportOrder, { client, watch } = patient()) => exportLog(client, order, watch);
  /** One of a row, which must find something. */
  const writeOn = async (order: ExportOrder, state: string) => {
    const { client, watch } = patient();
    const exported = await exportOn(client, order, join(folder, state), watch);
    if (exported.path === null) throw new Error('there was nothing new');
    return exported;
  };
  const linesOf = (path: string) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));

  it('has the same entries in every format, and is itself in the log', async () => {
    const whole = await write(orderOf('all.jsonl'));
    const lines = linesOf(whole.path);
    expect(lines.map(({ leafIndex }) => leafIndex)).toEqual(lines.map((_, index) => index));
    expect(whole).toMatchObject({ fromIndex: 0, untilIndex: lines.length, entries: lines.length });
    const { untilIndex } = whole;
    const parquet = await write(orderOf('all.parquet', { format: PARQUET, untilIndex }));
    const rows = await parquetReadObjects({ file: new Uint8Array(readFileSync(parquet.path)).buffer });
    expect(rows.map(({ leaf_hash: hash }) => hash)).toEqual(lines.map(({ leafHash: hash }) => hash));
    for (const { leaf, leaf_hash: hash } of rows) {
      expect(Buffer.from(leafHash(Buffer.from(String(leaf)))).toString('hex')).toBe(hash);
    }
    const ocsf = linesOf((await write(orderOf('all.ocsf', { format: OCSF, untilIndex }))).path);
    expect(ocsf.map(({ metadata }) => metadata.sequence)).toEqual(lines.map(({ leafIndex }) => leafIndex));
    const [exported] = await entriesFor('auditor', { kinds: ['log-exported'] });
    expect(exported?.subject).toMatchObject({ format: 'json-lines', from: 0, until: untilIndex });
  });

  it('goes on where the last one ended, hour by hour, and never over a file', async () => {
    const filter = { collaborationId: table.collaborationId };
    const order = orderOf('siem-{from}-{until}.jsonl', { filter });
    const first = await writeOn(order, 'siem.json');
    await stage.as('brand').queries.explain(questionOf(table.collaborationId, armsSql));
    const second = await writeOn(order, 'siem.json');
    expect(second.fromIndex).toBe(first.untilIndex);
    expect(second.path).toContain(`siem-${second.fromIndex}-${second.untilIndex}.jsonl`);
    const whole = await write(orderOf('whole.jsonl', { filter, untilIndex: second.untilIndex }));
    expect([...linesOf(first.path), ...linesOf(second.path)]).toEqual(linesOf(whole.path));
    await expect(write(orderOf('whole.jsonl'))).rejects.toThrow('there is a file');
    await expect(writeOn({ ...order, format: OCSF }, 'siem.json')).rejects.toThrow('another format or filter');
  });

  it('counts a file that got its name though the run broke off then', async () => {
    const order = (to: string) => orderOf(to, { format: OCSF });
    const exported = await writeOn(order('broken.ocsf'), 'broken.json');
    const statePath = join(folder, 'broken.json');
    const kept = JSON.parse(readFileSync(statePath, 'utf8'));
    const { path, sha256, untilIndex } = exported;
    const before = { ...kept, nextIndex: 0, tree: null, pending: { path, sha256, untilIndex, tree: kept.tree } };
    writeFileSync(statePath, JSON.stringify(before));
    expect((await writeOn(order('next.ocsf'), 'broken.json')).fromIndex).toBe(untilIndex);
    rmSync(path);
    writeFileSync(statePath, JSON.stringify(before));
    expect((await writeOn(order('again.ocsf'), 'broken.json')).fromIndex).toBe(0);
  });

  it('says that the log is another one than at the last export', async () => {
    await writeOn(orderOf('forked.jsonl'), 'forked.json');
    const statePath = join(folder, 'forked.json');
    const kept = JSON.parse(readFileSync(statePath, 'utf8'));
    const seen = (tree: object) =>
      writeFileSync(statePath, JSON.stringify({ ...kept, tree: { ...kept.tree, ...tree } }));
    seen({ rootHash: '00'.repeat(32) });
    await expect(writeOn(orderOf('f1.jsonl'), 'forked.json')).rejects.toThrow('not the one of the last export');
    seen({ treeSize: 1_000_000 });
    await expect(writeOn(orderOf('f2.jsonl'), 'forked.json')).rejects.toThrow('rolled back');
    expect(existsSync(join(folder, 'f1.jsonl'))).toBe(false);
  });

  it('is made by the command line, which says where the next one goes on', { timeout: LONG_MS }, async () => {
    const to = join(folder, 'command.jsonl');
    const args = ['audit', 'export', '--format', 'jsonl', '--to', to, '--column', 'jiufang.outcomes.visit'];
    const { code, stdout, stderr } = await galley(stage, 'auditor', [...args, '--kind', 'release-made']);
    expect({ code, count: linesOf(to).length }).toEqual({ code: 0, count: 1 });
    expect(stdout).toMatch(/1 entries, \d+ bytes, sha256 [0-9a-f]{64}\ncovers .+ go on with `--from \d+`/u);
    expect(stderr).toContain('exporting');
  });

  it('is taken up again when the connection is lost, in the middle of it', { timeout: LONG_MS }, async () => {
    // Entries with hundreds of broken rules, so that the file is longer than what is sent at once.
    const columns = Array.from({ length: 300 }, (_, index) => `m.none${index}`).join(', ');
    for (let count = 0; count < 15; count += 1) {
      await stage.as('brand').queries.explain(questionOf(table.collaborationId, `select ${columns} ${joined}`));
    }
    const whole = await write(orderOf('unbroken.jsonl'));
    expect(whole.bytes).toBeGreaterThan(200_000);
    const proxy = await CuttingProxy.open(Number(stage.service.address().split(':').at(-1)), 180_000);
    using client = new GalleyClient({ server: proxy.address, token: await stage.token('auditor') });
    try {
      const { watch } = patient();
      const places: number[] = [];
      const onProgress = (lookedAt: number): void => {
        places.push(lookedAt);
      };
      const order = orderOf('cut.jsonl', { untilIndex: whole.untilIndex });
      const cut = await write(order, { client, watch: { ...watch, onProgress } });
      expect(proxy.cutCount).toBe(1);
      expect(cut).toMatchObject({ entries: whole.entries, sha256: whole.sha256 });
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    } finally {
      proxy.close();
    }
  });
});

describe('the index of the log', () => {
  it('is made again after a crash, and when it is gone', { timeout: LONG_MS }, async () => {
    const column = 'jiufang.outcomes.visit';
    await stage.crash();
    expect(kindsOf(await entriesFor('auditor', { column, kinds: life }))).toEqual(life);
    await stage.end('SIGKILL');
    for (const end of ['', '-wal', '-shm'])
      rmSync(join(stage.dataDirectory, `log-index.sqlite${end}`), { force: true });
    await stage.start();
    expect(kindsOf(await entriesFor('auditor', { column, kinds: life }))).toEqual(life);
  });
});
