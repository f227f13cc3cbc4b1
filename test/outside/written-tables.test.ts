// One table, written by a program that we did not write in every way it knows: whatever the format, the compression and
// the encoding, an upload becomes the very same bytes. Our readers refuse much; this is what they must not refuse.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ColumnType, type IngestFormat, openWall, type Wall } from '../../sandbox/index.ts';
import { sendFile, type UploadEnd } from '../support/uploads.ts';

const LONG_MS = 300_000;
const ROW_COUNT = 400;
const FILE_COUNT = 24;

const types: Readonly<Record<string, ColumnType>> = {
  n: { kind: 'integer' },
  seq: { kind: 'integer' },
  small: { kind: 'integer' },
  big: { kind: 'integer' },
  day: { kind: 'date' },
  at: { kind: 'timestamp' },
  amount: { kind: 'decimal', scale: 4 },
  b: { kind: 'boolean' },
  f: { kind: 'decimal', scale: 2 },
  t: { kind: 'text' },
  label: { kind: 'text' },
  kind: { kind: 'text' },
};
const columns = Object.entries(types).map(([name, type]) => ({ name, type, nullable: true }));

const folder = mkdtempSync(join(tmpdir(), 'galley-tables-'));
let wall: Wall;
beforeAll(async () => {
  wall = await openWall();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await wall.close();
});

/** Writes the tables; the interpreter is the one that the task for tests has prepared. */
async function writeTables(): Promise<string[]> {
  const python = process.env.GALLEY_PEERS_PYTHON;
  if (python === undefined) throw new Error('set GALLEY_PEERS_PYTHON, or run `npm test -- test/outside`');
  await promisify(execFile)(python, [new URL('./write_tables.py', import.meta.url).pathname, folder]);
  return readdirSync(folder);
}

function send(name: string): Promise<UploadEnd> {
  const format = name.split('.').at(-1) as IngestFormat;
  return sendFile(wall, { format, columns, file: readFileSync(join(folder, name)), maxRejects: 0 });
}

describe('a table that another program wrote', () => {
  it(
    'is the same in every format, compression and encoding',
    async () => {
      const names = await writeTables();
      const expected = await send('table.csv');
      expect(expected).toMatchObject({ end: 'taken', rows: ROW_COUNT, rejects: [] });
      const others = names.filter((name) => name !== 'table.csv');
      expect(others).toHaveLength(FILE_COUNT);
      for (const name of others) expect(await send(name), name).toEqual(expected);
    },
    LONG_MS,
  );
});
