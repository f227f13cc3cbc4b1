// The words of a question lie outside the log, under a key of their own; an erasure destroys that key, and the log stays
// as it was, to the last hash.
import { hash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyReceipt } from '../../audit/index.ts';
import { storedRows } from '../proof/opened-disk.ts';
import { awaitErasure, named } from '../support/demanded-rights.ts';
import { filesBelow } from '../support/service-files.ts';
import { mailings } from '../support/service-people.ts';
import { armsSql, ask, entriesOf, joined, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused, refusalOf } from '../support/service-refusal.ts';
import { replayAs } from '../support/service-replay.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const victim = mailings[20]?.email ?? '';
const neighbour = mailings[21]?.email ?? '';

let stage: ServiceStage;
let table: Table;
let kept: string;
let refusedOfVictim: string;
let refusedOfNeighbour: string;
let checkpoint: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  kept = (await ask(stage, 'brand', table.collaborationId, armsSql)).query.queryId;
  refusedOfVictim = await refuse(`select count(*) as n ${joined} where m.email = ' ${victim.toUpperCase()}'`);
  refusedOfNeighbour = await refuse(`select count(*) as n ${joined} where m.email = '${neighbour}'`);
  checkpoint = (await stage.as('auditor').audit.checkpoint()).checkpoint;
});

afterAll(() => stage[Symbol.asyncDispose]());

async function refuse(sql: string): Promise<string> {
  await refusalOf(stage.as('brand').queries.submit(questionOf(table.collaborationId, sql), randomUUID()));
  return String((await entriesOf(stage, 'question-refused')).at(-1)?.subject.question);
}

/** Where bytes stand on the disk, given in hex. */
function filesWithBytes(hex: string): readonly string[] {
  const bytes = Buffer.from(hex, 'hex');
  return filesBelow(stage.dataDirectory).filter((path) =>
    readFileSync(join(stage.dataDirectory, path)).includes(bytes),
  );
}

const replayed = (queryId: string) => replayAs(stage, queryId);

describe('what was recorded of a decision', () => {
  it('says which code has decided, as the log does at the start and with each decision', async () => {
    const { record } = (await replayed(kept)) as { record: { code?: object } };
    const code = {
      version: expect.any(String),
      engine: expect.any(String),
      rules: expect.stringMatching(/^[0-9a-f]{64}$/),
    };
    expect(record.code).toEqual(code);
    for (const kind of ['service-started', 'question-admitted', 'question-refused']) {
      expect((await entriesOf(stage, kind)).at(-1)?.subject.decidingCode).toEqual(record.code);
    }
  });

  it('is gone with the person it names, and nobody else’s is', async () => {
    const begun = await stage
      .as('brand')
      .rights.erasePersons({ identifiers: named('email', victim), requestId: randomUUID() });
    const { erasureId, leafIndex } = await awaitErasure(stage, 'brand', begun);
    const refusal = await expectRefused(stage.as('auditor').audit.decision(refusedOfVictim), 'RECORD_ERASED');
    expect(refusal.metadata).toEqual({ erasure: erasureId, leafIndex: String(leafIndex) });
    expect(await replayed(refusedOfNeighbour)).toMatchObject({ decided: 'refused', differences: [] });
    expect(await replayed(kept)).toMatchObject({ decided: 'admitted', differences: [] });
  });

  it('is for nobody but auditors, before and after', async () => {
    await expectRefused(stage.as('brand').audit.decision(refusedOfVictim), 'PERMISSION_DENIED');
  });

  it('is gone with the dataset it touched, and the words and the salt of its release with it', async () => {
    const sealed = `select lower(hex(wrapped_key)) as key, lower(hex(sealed)) as sealed from entry_details where subject_id = '${kept}'`;
    const before = storedRows(stage.dataDirectory, sealed);
    expect(before).toHaveLength(3);
    const found = () =>
      before.flatMap(({ key, sealed: bytes }) => [key, bytes].flatMap((hex) => filesWithBytes(String(hex))));
    expect(found()).not.toEqual([]);
    const request = { datasetId: table.mailingsId, requestId: randomUUID() };
    const { leafIndex } = await awaitErasure(stage, 'brand', await stage.as('brand').rights.eraseDataset(request));
    const refusal = await expectRefused(stage.as('auditor').audit.decision(kept), 'RECORD_ERASED');
    expect(refusal.metadata).toMatchObject({ leafIndex: String(leafIndex) });
    await expectRefused(stage.as('auditor').audit.decision(refusedOfNeighbour), 'RECORD_ERASED');
    const query = await stage.as('brand').queries.get(kept);
    expect(query.question?.sql).toBe('');
    expect(storedRows(stage.dataDirectory, sealed)).toEqual(before.map(() => ({ key: '', sealed: '' })));
    expect(found()).toEqual([]);
  });

  it('leaves the receipt of the release, without what opens its digests', async () => {
    const { bundle } = await stage.as('brand').audit.receipt(kept);
    const text = Buffer.from(bundle).toString();
    expect(JSON.parse(text)).toMatchObject({ salts: { query: null, output: null } });
    const { verifierKey } = await stage.as('brand').audit.checkpoint();
    expect((await verifyReceipt(text, { verifierKey })).sub).toBe(`question/${kept}`);
  });

  it('leaves the log as it was', async () => {
    await verifyLogOf(stage, [checkpoint]);
    const words = JSON.stringify(await entriesOf(stage));
    for (const email of [victim, neighbour]) {
      expect(words).not.toContain(email);
      expect(words).not.toContain(hash('sha256', email, 'hex'));
    }
  });
});
