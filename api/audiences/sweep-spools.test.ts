import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../config/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { sweepSpools } from './sweep-spools.ts';

let dataDirectory: string;
let store: Store;

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'galley-spools-'));
  mkdirSync(join(dataDirectory, 'deliveries'));
  store = await openStore(dataDirectory);
});

afterEach(async () => {
  await store.close();
  rmSync(dataDirectory, { recursive: true });
});

/** A publication that was made, as its row says. */
function putRow(activationId: string, version: number): void {
  using database = new DatabaseSync(join(dataDirectory, 'control.sqlite'), { enableForeignKeyConstraints: false });
  database
    .prepare("insert into spools values (?, ?, 'full', null, 1, 'digest', 'made', '{}', 0)")
    .run(activationId, version);
}

const putFile = (name: string) => writeFileSync(join(dataDirectory, 'deliveries', name), 'sealed');

/** What is left after a start, by its names: rows and files. */
async function sweep(): Promise<{ rows: readonly string[]; files: readonly string[] }> {
  const config = await readConfig(undefined, {}, { dataDirectory, listenAddress: '127.0.0.1:0' });
  await sweepSpools({ store, config });
  const rows = await store.db.selectFrom('spools').select(['activation_id', 'version']).execute();
  const files = readdirSync(join(dataDirectory, 'deliveries'));
  return { rows: rows.map((row) => `${row.activation_id}.${row.version}`), files: files.toSorted() };
}

describe('a start sweeps what is to be sent', () => {
  it('and keeps a publication that has its row and its lists', async () => {
    putRow('act-1', 2);
    for (const list of ['members', 'range-0']) putFile(`act-1.2.${list}.sealed`);
    expect(await sweep()).toEqual({ rows: ['act-1.2'], files: ['act-1.2.members.sealed', 'act-1.2.range-0.sealed'] });
  });

  it('of lists whose row a crash has not left', async () => {
    putRow('act-1', 2);
    for (const version of [1, 2, 12]) putFile(`act-1.${version}.members.sealed`);
    putFile('act-1.2.persons.sealed.0123456789ab');
    expect(await sweep()).toEqual({ rows: ['act-1.2'], files: ['act-1.2.members.sealed'] });
  });

  it('of rows whose lists a backup did not have, so that they are made again', async () => {
    putRow('act-1', 1);
    putRow('act-1', 12);
    putFile('act-1.12.members.sealed');
    expect(await sweep()).toEqual({ rows: ['act-1.12'], files: ['act-1.12.members.sealed'] });
  });
});
