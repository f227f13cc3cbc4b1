import { hash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { queries } from '../../proto/index.ts';
import { filesWith, heldFiles, openDisk, storedRows } from '../proof/opened-disk.ts';
import { awaitErasure, countPersons, named } from '../support/demanded-rights.ts';
import { mailings, mailingsCsv, outcomesCsv } from '../support/service-people.ts';
import { ask, chargesOf, entriesOf, joined, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset, setTable, type Table, upload } from '../support/service-table.ts';

// Two lives of a service, with uploads and questions in each, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, { outcomesRules: { threshold: {} }, mailingsRules: { threshold: {} } });
});

afterAll(() => stage[Symbol.asyncDispose]());

const erase = async (...emails: string[]) => {
  const identifiers = named('email', ...emails);
  const begun = await stage.as('brand').rights.erasePersons({ identifiers, requestId: randomUUID() });
  return await awaitErasure(stage, 'brand', begun);
};
const takenOut = async (datasetId: string, snapshotId: string, part = 0) =>
  Buffer.concat(await Array.fromAsync(stage.as('brand').datasets.takeOut(datasetId, snapshotId, part))).toString();
const traces = (...emails: string[]): (string | Buffer)[] =>
  emails.flatMap((email) => {
    const digest = hash('sha256', email, 'buffer');
    // As it was written, as it was normalised, and its digest in every form that could lie there.
    return [
      email,
      email.toUpperCase(),
      digest,
      digest.subarray(0, 16),
      digest.toString('hex'),
      digest.toString('base64'),
      digest.toString('base64url'),
    ];
  });

describe('the erasure of persons', () => {
  const victims = mailings.slice(10, 14).map((m) => m.email);

  it('takes their rows out of columns and original, and nobody else’s', async () => {
    const before = await takenOut(table.mailingsId, table.mailingsSnapshotId);
    const erasure = await erase(...victims, 'nobody-of-these@example.com');
    expect(erasure).toMatchObject({
      isDone: true,
      identifierCount: 5n,
      rowCount: 4n,
      refusedRowCount: 0n,
      partCount: 1n,
    });
    const lines = before
      .split('\n')
      .filter((line) => !victims.some((email) => line.toLowerCase().startsWith(`${email},`)));
    expect(await takenOut(table.mailingsId, table.mailingsSnapshotId)).toBe(lines.join('\n'));
    const dataset = await stage.as('brand').datasets.get(table.mailingsId);
    expect(dataset.snapshots.map((s) => [s.rowCount, s.revision])).toEqual([[BigInt(mailings.length - 4), 1]]);
    const counted = await countPersons(stage, 'platform', {
      collaborationId: table.collaborationId,
      sql: 'select count(distinct email) as n from chenxi.mailings',
      epsilon: 5,
    });
    expect(Math.abs(counted - (mailings.length - 4))).toBeLessThan(25);
  });

  it('leaves a receipt that names them by keyed digests and says nothing of what was found', async () => {
    const [entry] = await entriesOf(stage, 'person-erased');
    const { identifiers, parts, ...facts } = (entry?.subject ?? {}) as {
      identifiers: string[];
      parts: Record<string, string>[];
    };
    expect(facts).toMatchObject({ identifierCount: 5, partCount: 1 });
    expect(identifiers).toHaveLength(5);
    expect(Object.keys(facts)).toEqual(expect.not.arrayContaining(['rowCount', 'rows', 'persons']));
    for (const part of parts) expect(part.before).not.toBe(part.after);
    const words = JSON.stringify(entry);
    for (const trace of traces(...victims)) expect(words).not.toContain(String(trace));
    await verifyLogOf(stage);
  });

  it('changes as much for somebody who is not there as for somebody who is', async () => {
    const { collaborationId } = table;
    const sql = 'select count(*) as n from chenxi.mailings';
    await ask(stage, 'platform', collaborationId, sql, { epsilon: 0.5 });
    const charged = await chargesOf(stage, 'platform', collaborationId);
    const erasure = await erase('a-stranger@example.com');
    expect(erasure).toMatchObject({ rowCount: 0n, partCount: 0n });
    await ask(stage, 'platform', collaborationId, sql, { epsilon: 0.5 });
    expect(await chargesOf(stage, 'platform', collaborationId)).not.toEqual(charged);
    const [first, second] = await entriesOf(stage, 'person-erased');
    expect(Object.keys(second?.subject ?? {})).toEqual(Object.keys(first?.subject ?? {}));
    expect(second?.subject.partCount).toBe(first?.subject.partCount);
  });

  it('drops rows that had been refused from the original, and says how many', async () => {
    const { datasetId } = await createDataset(stage, 'brand', ['email:email', 'arm:text']);
    const file = 'email,arm\nana@example.com,mens\nno address,mens\nbo@example.com,womens\n';
    const { snapshot } = await upload(stage, 'brand', datasetId, file, { maxRejects: 1 });
    const erasure = await erase('bo@example.com');
    expect(erasure).toMatchObject({ rowCount: 1n, refusedRowCount: 1n });
    expect(await takenOut(datasetId, snapshot.snapshotId)).toBe('email,arm\nana@example.com,mens\n');
  });

  it('is the owner’s own to ask for and to read', async () => {
    const identifiers = named('email', 'zoe@example.com');
    await expectRefused(stage.as('auditor').rights.erasePersons({ identifiers, requestId: '' }), 'PERMISSION_DENIED');
    await expectRefused(stage.as('isv').rights.erasePersons({ identifiers, requestId: '' }), 'PERMISSION_DENIED');
    const { erasureId } = await erase('zoe@example.com');
    await expectRefused(stage.as('platform').rights.getErasure(erasureId), 'NOT_FOUND');
  });

  it('happens once for one request', async () => {
    const request = { identifiers: named('email', 'once@example.com'), requestId: randomUUID() };
    const first = await stage.as('brand').rights.erasePersons(request);
    const again = await stage.as('brand').rights.erasePersons(request);
    expect(again.erasureId).toBe(first.erasureId);
  });
});

describe('exact numbers', () => {
  it('do not leave before and after an erasure, whose difference would be the erased', async () => {
    const own = await setTable(stage, { outcomesRules: { threshold: {} }, mailingsRules: { threshold: {} } });
    const exactly = { mode: queries.ReleaseMode.THRESHOLD, epsilon: 0 };
    const sql = 'select arm, count(distinct email) as n from chenxi.mailings group by arm';
    expect((await ask(stage, 'platform', own.collaborationId, sql, exactly)).rows.length).toBeGreaterThan(0);
    await erase(mailings[200]?.email ?? '');
    const refused = stage.as('platform').queries.submit(questionOf(own.collaborationId, sql, exactly), randomUUID());
    const refusal = await expectRefused(refused, 'NOT_ACCEPTED');
    expect(refusal.message).toContain('private mode');
    // Where nothing exact had left, nothing can be compared.
    const other = await setTable(stage, { outcomesRules: { threshold: {} }, mailingsRules: { threshold: {} } });
    await erase('nobody-else@example.com');
    expect((await ask(stage, 'platform', other.collaborationId, sql, exactly)).rows.length).toBeGreaterThan(0);
  });

  it('are compared with what had left before an opt-out, so that one person cannot be told by the difference', async () => {
    const own = await setTable(stage, { outcomesRules: { threshold: {} }, mailingsRules: { threshold: {} } });
    const exactly = { mode: queries.ReleaseMode.THRESHOLD, epsilon: 0 };
    const sql = 'select count(distinct email) as n from chenxi.mailings';
    expect((await ask(stage, 'platform', own.collaborationId, sql, exactly)).rows).toHaveLength(1);
    await stage.as('brand').rights.optOut(named('email', mailings[300]?.email ?? ''));
    expect((await ask(stage, 'platform', own.collaborationId, sql, exactly)).rows).toEqual([]);
    await stage.as('brand').rights.withdrawOptOut(named('email', mailings[300]?.email ?? ''));
  });
});

describe('the erasure of a dataset', () => {
  it('leaves nothing that could be asked, taken out or opened', async () => {
    const own = await setTable(stage);
    const sql = `select count(distinct m.email) as n ${joined}`;
    await ask(stage, 'platform', own.collaborationId, sql, { epsilon: 1 });
    const begun = await stage.as('brand').rights.eraseDataset({ datasetId: own.mailingsId, requestId: randomUUID() });
    const erasure = await awaitErasure(stage, 'brand', begun);
    expect(erasure).toMatchObject({ rowCount: BigInt(mailings.length), partCount: 1n });
    await expectRefused(stage.as('brand').datasets.get(own.mailingsId), 'NOT_FOUND');
    const again = stage.as('platform').queries.submit(questionOf(own.collaborationId, sql), randomUUID());
    await expectRefused(again, 'NOT_ACCEPTED');
    const [entry] = await entriesOf(stage, 'dataset-erased');
    expect(entry?.subject).toMatchObject({ datasets: [own.mailingsId] });
    // The other side's own is untouched.
    await ask(stage, 'platform', own.collaborationId, 'select count(*) as n from jiufang.outcomes', { epsilon: 1 });
    const rows = storedRows(
      stage.dataDirectory,
      `select count(*) as n from parts where dataset_id = '${own.mailingsId}'`,
    );
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('is not for others', async () => {
    const refused = stage.as('platform').rights.eraseDataset({ datasetId: table.mailingsId, requestId: '' });
    await expectRefused(refused, 'NOT_FOUND');
  });
});

describe('erasures over the end of the service', () => {
  it('are gone on with, and leave no trace on the disk that the keys could open', async () => {
    const own = await ServiceStage.open();
    try {
      const set = await setTable(own);
      await upload(own, 'brand', set.mailingsId, mailingsCsv());
      await ask(own, 'platform', set.collaborationId, `select count(distinct m.email) as n ${joined}`, { epsilon: 1 });
      const victims = mailings.filter((_, n) => n % 100 === 0).map((m) => m.email);
      const others = mailings.filter((_, n) => n % 100 === 1).map((m) => m.email);
      const identifiers = named('email', ...victims);
      const call = own.as('brand').rights.erasePersons({ identifiers, requestId: 'the-one' });
      call.catch(() => {});
      await expect
        .poll(() => storedRows(own.dataDirectory, 'select state from erasures').length, { timeout: 45_000 })
        .toBe(1);
      await own.crash();
      const begun = await own.as('brand').rights.erasePersons({ identifiers, requestId: 'the-one' });
      expect(await awaitErasure(own, 'brand', begun)).toMatchObject({
        rowCount: BigInt(victims.length * 2),
        partCount: 2n,
      });
      // The same people are the platform's too: those rows are its own, and are erased by it alone.
      const theirs = await own.as('platform').rights.erasePersons({ identifiers, requestId: 'theirs' });
      await awaitErasure(own, 'platform', theirs);
      await ask(own, 'platform', set.collaborationId, `select count(distinct m.email) as n ${joined}`, { epsilon: 1 });
      await own.end('SIGTERM');
      const files = await openDisk(own.dataDirectory);
      expect(filesWith(files, traces(...victims))).toEqual([]);
      // What is looked for can be found: the same search finds those who stayed.
      expect(filesWith(files, traces(...others)).length).toBeGreaterThan(3);
      const held = storedRows(own.dataDirectory, 'select part_id from parts').map((row) => String(row.part_id));
      const folders = new Set(heldFiles(own.dataDirectory).flatMap((path) => /^parts\/([^/]+)/u.exec(path)?.[1] ?? []));
      expect([...folders].sort()).toEqual(held.sort());
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  it('of a member leave nothing of its own, and everything of the others', async () => {
    const own = await ServiceStage.open();
    try {
      const set = await setTable(own);
      await own.as('brand').rights.optOut(named('email', 'ana@example.com'));
      await expectRefused(own.as('brand').rights.eraseMember({ member: 'jiufang', requestId: '' }), 'INVALID_REQUEST');
      const begun = await own.as('brand').rights.eraseMember({ member: cast.brand.member, requestId: 'all' });
      await awaitErasure(own, 'brand', begun);
      expect(await own.as('brand').datasets.list()).toEqual([]);
      expect(await own.as('brand').rights.countOptOuts()).toEqual([]);
      const theirs = await Array.fromAsync(own.as('platform').datasets.takeOut(set.outcomesId, set.outcomesSnapshotId));
      expect(Buffer.concat(theirs).toString()).toBe(outcomesCsv());
      await own.end('SIGTERM');
      const files = await openDisk(own.dataDirectory);
      const held = files.filter(({ path }) => /^(parts|originals|persons|verdicts)\//u.test(path));
      expect(
        filesWith(
          held,
          mailings.filter((m) => m.tier === 3).map((m) => `${m.email},${m.arm},3`),
        ),
      ).toEqual([]);
      expect(storedRows(own.dataDirectory, "select count(*) as n from uploads where member = 'chenxi'")).toEqual([
        { n: 0 },
      ]);
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });
});
