import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetOverwritten, openStore, type Store } from './index.ts';

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'galley-store-'));
  store = await openStore(directory);
});
afterEach(() => store.close());

const collaboration = {
  collaboration_id: 'c1',
  display_name: 'Double 11',
  creator: 'home',
  epsilon_limit: 10,
  delta_limit: 1e-6,
  consumer_epsilon_limit: 5,
  consumer_delta_limit: 1e-6,
  created_at_ms: Date.UTC(2026, 0, 1),
  suspended_at_ms: null,
};

it('a start that cannot make one of its tables leaves none of the others behind', async () => {
  const other = await mkdtemp(join(tmpdir(), 'galley-store-'));
  // In the way of one of the last tables.
  const before = new DatabaseSync(join(other, 'control.sqlite'));
  before.exec('create table layouts (anything text) strict');
  await expect(openStore(other)).rejects.toThrow('layouts');
  const tables = before
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'kysely%'")
    .all();
  expect(tables).toEqual([{ name: 'layouts' }]);
  before.exec('drop table layouts');
  before.close();
  await (await openStore(other)).close();
});

describe('what was overwritten', () => {
  const marker = Buffer.from('a wrapped key that nobody may find again');
  const files = async () => {
    const names = (await readdir(directory)).filter((name) => name.startsWith('control.sqlite'));
    return Buffer.concat(await Promise.all(names.map((name) => readFile(join(directory, name)))));
  };
  const overwrite = async () => {
    await sql`update overwritten set content = zeroblob(length(content))`.execute(store.db);
    await forgetOverwritten(store.db);
  };

  beforeEach(async () => {
    await sql`create table overwritten (content blob not null) strict`.execute(store.db);
    await sql`insert into overwritten values (${marker})`.execute(store.db);
  });

  it('is in no file of the store, nor in its journal', async () => {
    expect((await files()).includes(marker)).toBe(true);
    await overwrite();
    expect((await files()).includes(marker)).toBe(false);
  });

  it('is not said to be gone while another process reads the store as it was', async () => {
    const reader = new DatabaseSync(join(directory, 'control.sqlite'));
    reader.exec('begin');
    reader.prepare('select count(*) from overwritten').get();
    await sql`pragma busy_timeout = 0`.execute(store.db);
    await expect(overwrite()).rejects.toThrow('another process reads the store');
    expect((await files()).includes(marker)).toBe(true);
    reader.close();
    await overwrite();
    expect((await files()).includes(marker)).toBe(false);
  });
});

describe('the control store', () => {
  it('keeps what was written when it is opened again', async () => {
    await store.db.insertInto('collaborations').values(collaboration).execute();
    await store.close();
    store = await openStore(directory);
    const [kept] = await store.db.selectFrom('collaborations').selectAll().execute();
    expect(kept).toMatchObject(collaboration);
  });

  it('writes through to the disk, holds to foreign keys, and is its owner’s alone', async () => {
    const one = async (name: string) =>
      (await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(store.db)).rows;
    expect(await one('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await one('synchronous')).toEqual([{ synchronous: 2 }]);
    expect(await one('foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    expect((await stat(join(directory, 'control.sqlite'))).mode & 0o777).toBe(0o600);
    const orphan = {
      collaboration_id: 'none',
      member: 'acme',
      abilities: '[]',
      invited_at_ms: 1,
      accepted_at_ms: null,
    };
    await expect(store.db.insertInto('collaboration_members').values(orphan).execute()).rejects.toThrow(/FOREIGN KEY/);
  });

  it('does all of a transaction or none', async () => {
    const work = store.transaction(async (transaction) => {
      await transaction.insertInto('collaborations').values(collaboration).execute();
      await transaction.insertInto('collaborations').values(collaboration).execute();
    });
    await expect(work).rejects.toThrow();
    expect(await store.db.selectFrom('collaborations').selectAll().execute()).toEqual([]);
  });

  it('waits for the disk with a transaction and not with a note, and with all that comes after a note', async () => {
    const settingIn = (db: Store['db']) => sql<{ synchronous: number }>`pragma synchronous`.execute(db);
    const of = async (db: Store['db']) => (await settingIn(db)).rows[0]?.synchronous;
    const [NORMAL, FULL] = [1, 2];
    expect(await store.noteDown(of)).toBe(NORMAL);
    expect(await store.transaction(of)).toBe(FULL);
    await expect(store.noteDown(() => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
    expect(await of(store.db)).toBe(FULL);
    await store.noteDown((db) => db.insertInto('collaborations').values(collaboration).execute());
    expect(await store.db.selectFrom('collaborations').selectAll().execute()).toHaveLength(1);
  });

  it('reads rows one after the other while others ask the same', async () => {
    await store.db
      .insertInto('collaborations')
      .values([collaboration, { ...collaboration, collaboration_id: 'c2' }])
      .execute();
    const all = store.db.selectFrom('collaborations').select('collaboration_id');
    expect((await Array.fromAsync(all.stream())).length).toBe(2);
    expect([await all.execute(), await all.execute()].map((rows) => rows.length)).toEqual([2, 2]);
  });

  it('gives bytes back as they were', async () => {
    const response = Uint8Array.from({ length: 256 }, (_, at) => at);
    const request = { member: 'acme', rpc: 'submit', request_id: 'r', request_digest: 'd', response, created_at_ms: 1 };
    await store.db.insertInto('requests').values(request).execute();
    const row = await store.db.selectFrom('requests').selectAll().executeTakeFirstOrThrow();
    expect(new Uint8Array(row.response)).toEqual(response);
  });

  it('refuses a state that is none', async () => {
    const bad = sql`insert into uploads (upload_id, member, request_id, file_name, state, created_at_ms, touched_at_ms)
      values ('u1', 'acme', 'r', 'f', 'odd', 1, 1)`;
    await expect(bad.execute(store.db)).rejects.toThrow(/CHECK/);
  });

  it('keeps its table when a name is an attack', async () => {
    const display_name = "'); drop table collaborations; --";
    await store.db
      .insertInto('collaborations')
      .values({ ...collaboration, display_name })
      .execute();
    const row = await store.db.selectFrom('collaborations').selectAll().executeTakeFirstOrThrow();
    expect(row.display_name).toBe(display_name);
  });

  it('refuses to round a number that JavaScript cannot hold', async () => {
    const beyond = sql<{ n: number }>`select 9007199254740993 as n`;
    await expect(beyond.execute(store.db)).rejects.toThrow(/too large/);
  });
});
