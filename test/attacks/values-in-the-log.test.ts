// The attack: somebody gets hold of the disk, a backup of it, or the logs, and looks for people in them. A merchant's
// file holds addresses, a question's WHERE may hold a name, an error may quote a row; a plain hash of an address is no
// better than the address, since everybody can hash the addresses they know.
//
// The wall: nothing that a member wrote or uploaded is on the disk in the clear at any moment; identifiers become keyed
// pseudonyms; the log holds shapes, rules and places; and no text of the engine crosses into a message or a log.
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audiences } from '../../proto/index.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { filesHolding } from '../support/service-files.ts';
import { mailings, mailingsCsv, outcomes, outcomesCsv } from '../support/service-people.ts';
import { ask, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { refusalOf } from '../support/service-refusal.ts';
import { destinationId } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table, upload } from '../support/service-table.ts';

const marker = (name: string): string => `${name}Marker${randomUUID().replaceAll('-', '')}`;
const address = `Jane.${marker('address')}@Example.COM`;
const normalised = address.toLowerCase();
const city = marker('city');
const badValue = marker('value');
const literal = marker('literal');
const comment = marker('comment');
const unknownColumn = marker('column').toLowerCase();

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, {
    outcomesCsv: outcomesCsv([{ email: address, city, visit: 1, spendCents: 100 }, ...outcomes]),
    mailingsCsv: mailingsCsv([...mailings, { email: address, arm: 'womens', tier: 3 }]),
  });
  engine = await StageEngine.open(stage);
  await engine.register(stage, table.collaborationId);
  await live();
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

/** Uploads, refusals, questions and an audience, each with a marker in it. */
async function live(): Promise<void> {
  const { collaborationId } = table;
  const brand = stage.as('brand');
  const bad = mailingsCsv().replace(/,1\n/, `,${badValue}\n`).replace('email,arm', `email,arm`);
  await refusalOf(upload(stage, 'brand', table.mailingsId, `${bad}${address},${badValue}\n`));
  await ask(
    stage,
    'brand',
    collaborationId,
    `select count(*) as n ${joined} where m.arm <> '${literal}' -- ${comment}`,
  );
  await ask(
    stage,
    'brand',
    collaborationId,
    `select m.arm, count(*) as n, '${literal}' as note ${joined} group by m.arm`,
  );
  const forbidden = [
    `select m.${unknownColumn} from chenxi.mailings m where m.arm = '${literal}'`,
    `select cast(m.arm as integer) as n from chenxi.mailings m -- ${comment}`,
    `select count(*) from chenxi.mailings m where m.email = '${address}'`,
    `select '${literal}`,
  ];
  for (const sql of forbidden) {
    await refusalOf(brand.queries.submit(questionOf(collaborationId, sql), ''));
    await brand.queries.explain(questionOf(collaborationId, sql));
  }
  const sql = `select m.email ${joined} where m.arm <> '${literal}'`;
  const definition = {
    definition: undefined,
    collaborationId,
    displayName: audienceName,
    sql,
    onBehalfOf: '',
    requestId: randomUUID(),
  };
  const { audienceId } = await brand.audiences.define(definition);
  await refusalOf(
    brand.audiences.define({
      ...definition,
      sql: `${sql} and o.spend > 1 -- ${comment}`,
      requestId: '',
    }),
  );
  await brand.audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
  await awaitActivation(stage, 'brand', audienceId, audiences.ActivationState.DELIVERED);
}

function forms(text: string): readonly string[] {
  const hash = createHash('sha256').update(text).digest();
  return [
    text,
    hash.toString('hex'),
    hash.toString('base64url').slice(0, 22),
    Buffer.from(text).toString('base64').slice(0, -4),
    Buffer.from(text, 'utf16le').toString('latin1'),
  ];
}

describe('a reader of the whole disk', () => {
  const planted = { address, normalised, city, badValue, literal, comment, unknownColumn };

  it.each(Object.entries(planted))('finds the planted %s in no file, plain, hashed or encoded', (_, text) => {
    for (const form of forms(text)) expect(filesHolding(stage.dataDirectory, form)).toEqual([]);
    for (const form of forms(text)) expect(stage.operatorLog()).not.toContain(form);
  });

  it('finds nobody else of the files either', () => {
    for (const { email } of [...mailings.slice(0, 30), ...outcomes.slice(0, 30)]) {
      expect(filesHolding(stage.dataDirectory, email)).toEqual([]);
    }
  });

  it('would find them, were they there: what is public is found by the same search', () => {
    expect(filesHolding(stage.dataDirectory, 'chenxi').length).toBeGreaterThan(1);
    expect(filesHolding(stage.dataDirectory, 'womens')).toContain('control.sqlite-wal');
  });

  it('finds tokens and no addresses at the strategy engine', () => {
    expect(filesHolding(join(stage.directory, 'engine'), normalised)).toEqual([]);
    expect(engine.log()).not.toContain(normalised);
  });
});

describe('a reader of the log', () => {
  it('finds shapes and places, and none of the words', async () => {
    const text = JSON.stringify(await entriesOf(stage));
    for (const word of [address, normalised, city, badValue, literal, comment, unknownColumn]) {
      expect(text).not.toContain(word);
    }
    expect(text).toContain('column-is-known');
  });
});
