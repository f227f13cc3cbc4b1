// The attack: somebody has everything that a service ever wrote (its disk, its operator's log, the log's tiles, exports and
// receipts) and looks for people in it: as they were written, normalised, hashed, encoded or packed.
//
// The wall: what members bring and write lies sealed, identifiers as digests in sealed columns, and no entry has a field that
// a value fits into. Each marker below is planted where a real value, identifier or word would stand; then everything is
// searched for each of them.
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { digestIdentifier, type IdentifierKind } from '../../../identity/index.ts';
import { audiences, audit } from '../../../proto/index.ts';
import { awaitErasure, named } from '../../support/demanded-rights.ts';
import { audienceName, awaitActivation, StageEngine } from '../../support/service-engine.ts';
import { filesBelow } from '../../support/service-files.ts';
import { segment, submit } from '../../support/service-functions.ts';
import { listOf, reportOf } from '../../support/service-matching.ts';
import { mailings, mailingsCsv, outcomes, outcomesCsv } from '../../support/service-people.ts';
import { ask, entriesOf, joined, questionOf } from '../../support/service-questions.ts';
import { refusalOf } from '../../support/service-refusal.ts';
import { destinationId } from '../../support/service-rules.ts';
import { ServiceStage } from '../../support/service-stage.ts';
import { createDataset, setTable, type Table, upload } from '../../support/service-table.ts';
import { tally } from '../../support/tally.ts';
import { type Found, formsOf, searchFor } from './search-for.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const marker = (what: string): string => `${what}Marker${randomUUID().replaceAll('-', '')}`;
const digits = (count: number): string => Array.from({ length: count }, () => randomInt(1, 10)).join('');

const email = `Jane.${marker('address')}@Example.COM`;
const identifiers: readonly (readonly [IdentifierKind, string])[] = [
  ['email', email],
  ['phone', `+861391${digits(7)}`],
  ['member_id', marker('member')],
  ['device_id', randomUUID()],
  ['card_number', luhn(`4${digits(14)}`)],
  ['custom:loyalty_id', marker('loyalty')],
];
const words = {
  city: marker('city'),
  badValue: marker('value'),
  header: marker('header'),
  fileName: marker('file'),
  unpublished: marker('unpublished'),
  number: digits(14),
  literal: marker('literal'),
  note: marker('note'),
  comment: marker('comment'),
  alias: marker('alias').toLowerCase(),
  cte: marker('cte').toLowerCase(),
  inner: marker('inner').toLowerCase(),
  shown: marker('shown').toLowerCase(),
  column: marker('column').toLowerCase(),
  audienceLiteral: marker('audience'),
  code: marker('code'),
};

/** A number that passes the check of cards. */
function luhn(start: string): string {
  const sum = [...start].toReversed().reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${start}${(10 - (sum % 10)) % 10}`;
}

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, {
    outcomesCsv: outcomesCsv([{ email, city: words.city, visit: 1, spendCents: 100 }, ...outcomes]),
    mailingsCsv: mailingsCsv([...mailings, { email, arm: 'womens', tier: 3 }]),
  });
  engine = await StageEngine.open(stage);
  await engine.register(stage, table.collaborationId);
  await bringIdentifiers();
  await askQuestions();
  await publishAudience();
  await match();
}, 600_000);

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

/** Every kind of identifier and value: accepted, refused, broken off, opted out. */
async function bringIdentifiers(): Promise<void> {
  const brand = stage.as('brand');
  const columns = ['email:email', 'tel:phone(CN)?', 'member:member_id?', 'device:device_id?', 'card:card_number?'];
  const all = [...columns, 'loyalty:custom(loyalty_id)?', 'town:text', 'amount:integer'];
  const { datasetId } = await createDataset(stage, 'brand', all);
  const row = [...identifiers.map(([, text]) => text), words.city, words.number].join(',');
  const head = 'email,tel,member,device,card,loyalty,town,amount';
  await upload(stage, 'brand', datasetId, `${head}\n${row}\n`);
  await refusalOf(upload(stage, 'brand', datasetId, `${head}\n${row}${words.badValue}\n`));
  await refusalOf(upload(stage, 'brand', datasetId, `${words.header},${email}\n`));
  const waiting = await brand.uploads.begin({ requestId: randomUUID(), fileName: `${words.fileName}.csv` });
  const bytes = Buffer.from(`${head}\n${words.unpublished},${row}\n`);
  await brand.uploads.send(
    waiting.uploadId,
    0,
    (async function* () {
      yield bytes;
    })(),
  );
  for (const [kind, text] of identifiers.slice(0, 3)) await brand.rights.optOut(named(kind, text));
}

async function askQuestions(): Promise<void> {
  const { collaborationId } = table;
  const { queries } = stage.as('brand');
  const { literal, note, comment, alias, column, cte, inner, shown } = words;
  const admitted = [
    `select count(*) as n ${joined} where m.arm <> '${literal}' -- ${comment}`,
    `select m.arm, count(*) as ${alias}, '${note}' as note ${joined} group by m.arm`,
    `with ${cte} as (select m.arm as ${inner}, count(*) as n ${joined} group by m.arm) select ${inner}, n as ${shown} from ${cte}`,
  ];
  for (const sql of admitted) await ask(stage, 'brand', collaborationId, sql);
  const refused = [
    `select m.${column} from chenxi.mailings m where m.arm = '${literal}'`,
    `select count(*) from chenxi.mailings m where m.email = '${email}' /* ${comment} */`,
    `select '${literal}`,
  ];
  for (const sql of refused) {
    await refusalOf(queries.submit(questionOf(collaborationId, sql), randomUUID()));
    await queries.explain(questionOf(collaborationId, sql));
  }
}

async function publishAudience(): Promise<void> {
  const { collaborationId } = table;
  const { audiences: client } = stage.as('brand');
  const sql = `select m.email ${joined} where m.arm <> '${words.audienceLiteral}'`;
  const definition = {
    definition: undefined,
    collaborationId,
    displayName: audienceName,
    sql,
    onBehalfOf: '',
    requestId: randomUUID(),
  };
  const { audienceId } = await client.define(definition);
  await refusalOf(
    client.define({
      ...definition,
      sql: `${sql} and o.spend > 1 -- ${words.comment}`,
      requestId: '',
    }),
  );
  await client.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
  await awaitActivation(stage, 'brand', audienceId, audiences.ActivationState.DELIVERED);
  await submit(stage, { ...segment, code: `// ${words.code}\n${segment.code}` }, { collaborationId, name: 'segment' });
}

async function match(): Promise<void> {
  const { collaborationId } = table;
  const { matches } = stage.as('brand');
  await matches.report(reportOf(collaborationId));
  const digest = digestIdentifier('email', email) ?? Buffer.alloc(0);
  await matches.estimate(listOf(collaborationId, [1, 2, 3], { digests: [digest] }));
}

/** All that an auditor and a brand were given, as files would have it. */
async function answers(): Promise<ReadonlyMap<string, Buffer>> {
  const auditor = stage.as('auditor').audit;
  const given = new Map<string, Buffer>();
  const formats = {
    jsonl: audit.ExportFormat.JSON_LINES,
    parquet: audit.ExportFormat.PARQUET,
    ocsf: audit.ExportFormat.OCSF,
  };
  for (const [name, format] of Object.entries(formats)) {
    const request = { filter: {}, format, fromIndex: 0n, untilIndex: 0n };
    const pieces = await Array.fromAsync(auditor.exportEntries(request));
    given.set(`export.${name}`, Buffer.concat(pieces.map(({ content }) => content)));
  }
  const { treeSize } = { treeSize: BigInt((await entriesOf(stage)).length) };
  given.set('leaves', Buffer.concat(await Array.fromAsync(auditor.leaves(treeSize))));
  for (const { subject } of await entriesOf(stage, 'release-made')) {
    const { receipt, bundle } = await stage.as('brand').audit.receipt(String(subject.question));
    given.set(`receipt ${subject.question}`, Buffer.from(bundle));
    given.set(`claims ${subject.question}`, Buffer.from(receipt.split('.')[1] ?? '', 'base64url'));
  }
  return given;
}

/** Everything the service wrote: its directory, the operator's log, and what it has answered to those who check it. */
function written(given: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  const below = filesBelow(stage.directory).map((path): [string, Buffer] => [
    path,
    readFileSync(join(stage.directory, path)),
  ]);
  return new Map([...below, ...given]);
}

/** Every marker by its name, in every form in which it could lie there. */
function markers(): ReadonlyMap<string, readonly Buffer[]> {
  const planted = new Map(Object.entries(words).map(([name, text]) => [name, formsOf(text)]));
  for (const [kind, text] of identifiers) {
    const digest = digestIdentifier(kind, text);
    if (digest === null) throw new Error(`the marker of ${kind} is unusable`);
    const plain = createHash('sha256').update(text).digest();
    const forms = [text, text.toLowerCase(), digest, digest.subarray(0, 16), plain].flatMap((form) => formsOf(form));
    planted.set(kind, forms);
  }
  return planted;
}

describe('whoever has all that the service ever wrote', () => {
  const places = (found: readonly Found[]) => found.map(({ name, path }) => `${name} in ${path}`);

  it('finds no marker of any data, identifier, literal, comment, code or file name', async () => {
    const planted = markers();
    const given = await answers();
    // While it runs, with all of its journals; then ended without warning, and started anew with all of its sweeps.
    const running = searchFor(written(given), planted);
    await stage.end('SIGKILL');
    const killed = searchFor(written(given), planted);
    await stage.start();
    const victim = named('email', email);
    const begun = await stage.as('brand').rights.erasePersons({ identifiers: victim, requestId: randomUUID() });
    await awaitErasure(stage, 'brand', begun);
    await stage.end('SIGTERM');
    const ended = searchFor(written(given), planted);
    const found = [...running, ...killed, ...ended];
    expect(places(found)).toEqual([]);
    tally('markersFound', found.length);
  });

  it('would find them, were they there, in any of the forms and any of the places', () => {
    const { collaborationId } = table;
    const known = new Map([['collaboration', formsOf(collaborationId)]]);
    const paths = new Set(searchFor(written(new Map()), known).map(({ path }) => path));
    const inLog = filesBelow(stage.dataDirectory).filter((path) => path.startsWith('log/'));
    expect([...paths].some((path) => inLog.includes(relative('galley', path)))).toBe(true);
    expect([...paths]).toContain('galley/control.sqlite');
    mkdirSync(join(stage.directory, 'none'), { recursive: true });
    for (const form of formsOf(collaborationId)) {
      const file = new Map([['file', Buffer.concat([Buffer.from('abc'), form, Buffer.from('xyz')])]]);
      expect(searchFor(file, known)).toHaveLength(1);
    }
  });
});
