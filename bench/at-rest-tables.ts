// The same made-up rows in every form that is compared, written once and sealed like members' data.
import { createReadStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from 'duckdb';
import type { Vault } from '../api/vault/index.ts';
import type { ColumnType } from '../sandbox/index.ts';
import { encodeColumnChunk } from '../sandbox/testkit/index.ts';

/** Rows of a chunk, as the wall's columns have. */
const CHUNK_ROWS = 65_536;
const ROWS_PER_PERSON = 10;
const PERSON_STEP = 0x9e37_79b9_7f4a_7c15n;
const REGIONS = Array.from({ length: 50 }, (_, index) => `region-${String(index).padStart(2, '0')}`);
const CHANNELS = ['web', 'app', 'mini-program', 'store'];
const FIRST_DAY = 20_000;

/** The columns, in the order of a file's. */
export const COLUMNS: readonly { readonly name: string; readonly type: ColumnType }[] = [
  { name: 'person', type: { kind: 'person' } },
  { name: 'region', type: { kind: 'text' } },
  { name: 'channel', type: { kind: 'text' } },
  { name: 'amount', type: { kind: 'decimal', scale: 2 } },
  { name: 'visits', type: { kind: 'integer' } },
  { name: 'day', type: { kind: 'date' } },
];

/** One form of the rows on the disk. */
export interface AtRest {
  readonly directory: string;
  readonly rowCount: number;
  readonly shardCount: number;
}

/** The place of a sealed column or shard. */
export function placeOf({ directory }: AtRest, name: string): { path: string; fileId: string; dataset: string } {
  return { path: join(directory, `${name}.sealed`), fileId: name, dataset: 'ds-bench' };
}

/** Writes the rows as sealed columns (B1), as sealed shards of the engine's own format (B2), and plain. */
export async function writeTables(at: AtRest, vault: Vault): Promise<void> {
  mkdirSync(at.directory, { recursive: true });
  for (const index of COLUMNS.keys()) await writeColumn(at, vault, index);
  const shards = await writeShards(at);
  for (const [shard, path] of shards.entries()) {
    const file = await vault.createFile(placeOf(at, `shard-${shard}`));
    for await (const bytes of createReadStream(path, { highWaterMark: 1_048_576 })) await file.write(bytes as Buffer);
    await file.finish();
    rmSync(path);
  }
}

/** Writes the rows as one file that the engine itself has encrypted (A); this needs its crypto extension. */
export async function writeEncrypted(at: AtRest, key: string, extension: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  await connection.run(`LOAD '${extension}'`);
  const path = join(at.directory, 'encrypted.db');
  await connection.run(`ATTACH '${path}' AS e (ENCRYPTION_KEY '${key}', ENCRYPTION_CIPHER 'GCM')`);
  await connection.run(`CREATE TABLE e."rows" AS ${rowsSql(at.rowCount)} ORDER BY person`);
  await connection.run('DETACH e');
  connection.closeSync();
}

async function writeShards(at: AtRest): Promise<readonly string[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const paths: string[] = [];
  await connection.run(`CREATE TABLE made AS ${rowsSql(at.rowCount)}`);
  for (let shard = 0; shard < at.shardCount; shard += 1) {
    const path = join(at.directory, `shard-${shard}.db`);
    await connection.run(`ATTACH '${path}' AS s`);
    const inShard = `person >> 56 >= ${(shard * 256) / at.shardCount} AND person >> 56 < ${((shard + 1) * 256) / at.shardCount}`;
    await connection.run(`CREATE TABLE s."rows" AS SELECT * FROM made WHERE ${inShard} ORDER BY person`);
    await connection.run('DETACH s');
    paths.push(path);
  }
  connection.closeSync();
  return paths;
}

function rowsSql(rowCount: number): string {
  const names = (values: readonly string[]) => `[${values.map((value) => `'${value}'`).join(', ')}]`;
  return `SELECT CAST(CAST(i // ${ROWS_PER_PERSON} AS UHUGEINT) * ${PERSON_STEP} % 18446744073709551616::UHUGEINT AS UBIGINT) AS person,
    list_extract(${names(REGIONS)}, 1 + i * 7 % ${REGIONS.length}) AS region,
    list_extract(${names(CHANNELS)}, 1 + i * 3 % ${CHANNELS.length}) AS channel,
    CAST(i * 7919 % 100000 * 0.01::DECIMAL(18, 2) AS DECIMAL(18, 2)) AS amount, CAST(i * 31 % 97 AS BIGINT) AS visits,
    DATE '1970-01-01' + CAST(${FIRST_DAY} + i % 365 AS INTEGER) AS "day" FROM range(${rowCount}) numbers(i)`;
}

async function writeColumn(at: AtRest, vault: Vault, index: number): Promise<void> {
  const { name, type } = COLUMNS[index] as (typeof COLUMNS)[number];
  const file = await vault.createFile(placeOf(at, name));
  for (let from = 0; from < at.rowCount; from += CHUNK_ROWS) {
    const rowCount = Math.min(CHUNK_ROWS, at.rowCount - from);
    const chunk = encodeColumnChunk({ type, rowCount, validity: null, values: valuesOf(index, from, rowCount) });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(chunk.length);
    await file.write(length);
    await file.write(chunk);
  }
  await file.finish();
}

function valuesOf(index: number, from: number, count: number) {
  const numbers = Array.from({ length: count }, (_, offset) => from + offset);
  switch (index) {
    case 0:
      return BigUint64Array.from(numbers, (i) =>
        BigInt.asUintN(64, BigInt(Math.floor(i / ROWS_PER_PERSON)) * PERSON_STEP),
      );
    case 1:
      return textOf(
        REGIONS,
        Uint16Array.from(numbers, (i) => (i * 7) % REGIONS.length),
      );
    case 2:
      return textOf(
        CHANNELS,
        Uint16Array.from(numbers, (i) => (i * 3) % CHANNELS.length),
      );
    case 3:
      return BigInt64Array.from(numbers, (i) => BigInt((i * 7919) % 100_000));
    case 4:
      return BigInt64Array.from(numbers, (i) => BigInt((i * 31) % 97));
    default:
      return Int32Array.from(numbers, (i) => FIRST_DAY + (i % 365));
  }
}

function textOf(words: readonly string[], indices: Uint16Array) {
  const parts = words.map((word) => Buffer.from(word));
  const offsets = new Uint32Array(words.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] ?? 0) + part.length;
  return { offsets, bytes: new Uint8Array(Buffer.concat(parts)), indices };
}

/** Reads a sealed column's chunks, as the trunk does. */
export async function* readChunks(at: AtRest, vault: Vault, name: string): AsyncGenerator<Uint8Array, void> {
  const file = await vault.openFile(placeOf(at, name));
  try {
    let pending: Buffer = Buffer.alloc(0);
    for await (const bytes of file.chunks()) {
      pending = Buffer.concat([pending, bytes]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32LE(0)) {
        const end = 4 + pending.readUInt32LE(0);
        yield new Uint8Array(pending.subarray(4, end));
        pending = pending.subarray(end);
      }
    }
  } finally {
    await file.close();
  }
}

/** Bytes on the disk of the files of one form. */
export function bytesOf({ directory }: AtRest, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
