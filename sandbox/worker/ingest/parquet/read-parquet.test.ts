import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from 'duckdb';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openWall } from '../../../host/open-wall.ts';
import { fileOf } from '../../../testkit/files.ts';
import { cellsOf, takeAll } from '../../../testkit/tables.ts';
import type { Wall } from '../../../wall.ts';
import type { IngestColumn } from '../../../wire/jobs.ts';

let wall: Wall;
const folder = mkdtempSync(path.join(tmpdir(), 'galley-parquet-'));
beforeAll(async () => {
  wall = await openWall({ spareCount: 1, engine: 'cold' });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await wall.close();
});

async function writeParquet(sql: string, options = ''): Promise<Uint8Array> {
  const file = path.join(folder, 'table.parquet');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`copy (${sql}) to '${file}' (format parquet ${options})`);
  connection.closeSync();
  return readFileSync(file);
}

function upload(bytes: Uint8Array, columns: IngestColumn[]) {
  const job = { layout: { format: 'parquet' as const }, columns, maxRejects: 10, sortKey: new Uint8Array(32) };
  return takeAll(wall.ingest(job, fileOf(bytes), { deadlineMs: 60_000 }));
}

async function columnsOf(bytes: Uint8Array, columns: IngestColumn[]) {
  const events = await upload(bytes, columns);
  return columns.map((_, index) =>
    events.flatMap((event) => (event.kind === 'chunk' && event.column === index ? cellsOf(event.bytes) : [])),
  );
}

const PHONE: IngestColumn = {
  name: 'phone',
  type: { kind: 'digest' },
  nullable: false,
  identifier: 'phone',
  defaultRegion: 'DE',
};
const column = (name: string, type: IngestColumn['type']): IngestColumn => ({ name, type, nullable: true });

describe('a parquet upload', () => {
  it('may have chunks that are longer than what is held of them', { timeout: 120_000 }, async () => {
    const rowCount = 60_000;
    const bytes = await writeParquet(
      `select i as n, repeat(i::varchar || '-', 30) as t, repeat('x' || i::varchar, 30) as u from range(${rowCount}) t(i)`,
      ', codec uncompressed',
    );
    expect(bytes.byteLength).toBeGreaterThan(2 * 8_388_608);
    const wanted = [column('u', { kind: 'text' }), column('n', { kind: 'integer' }), column('t', { kind: 'text' })];
    const [u, n, t] = await columnsOf(bytes, wanted);
    expect(n).toHaveLength(rowCount);
    expect(t?.every((value, index) => value === `${index}-`.repeat(30))).toBe(true);
    expect(u?.every((value, index) => value === `x${index}`.repeat(30))).toBe(true);
  });

  it.each([
    ['gzip', gzipSync('PAR1')],
    ['zstd', zstdCompressSync(Buffer.from('PAR1'))],
    ['zip', Buffer.from('PK\x03\x04 and more')],
  ])('is refused with a word of its own when it is compressed as a whole by %s', async (_, bytes) => {
    await expect(upload(bytes, [column('n', { kind: 'integer' })])).rejects.toMatchObject({
      code: 'INPUT_REFUSED',
      reason: 'compressed',
    });
  });

  it.each(['snappy', 'zstd', 'gzip', 'lz4_raw', 'uncompressed'])('may be compressed with %s', async (codec) => {
    const bytes = await writeParquet(
      `select '030 901820' as phone, 12.34::decimal(18,2) as small, -99999999.9999::decimal(30,4) as wide,
       9007199254740993::bigint as i, 4294967295::uinteger as u, date '2024-02-29' as day, timestamp '2024-02-29 12:00:00.000001' as "at",
       true as b, 0.1::double as d, 0.1::float as f, 'é' as t, '5b9a6a4e-0000-4000-8000-000000000001'::uuid as id
       union all select '+49 30 901820', null, null, null, null, null, null, null, null, null, null, null`,
      `, codec ${codec}`,
    );
    const columns = [
      PHONE,
      column('small', { kind: 'decimal', scale: 2 }),
      column('wide', { kind: 'decimal', scale: 4 }),
      column('i', { kind: 'integer' }),
      column('u', { kind: 'integer' }),
      column('day', { kind: 'date' }),
      column('at', { kind: 'timestamp' }),
      column('b', { kind: 'boolean' }),
      column('d', { kind: 'decimal', scale: 1 }),
      column('f', { kind: 'decimal', scale: 1 }),
      column('t', { kind: 'text' }),
      column('id', { kind: 'text' }),
    ];
    const [phone, ...others] = await columnsOf(bytes, columns);
    expect(phone).toEqual(Array(2).fill(hash('sha256', '+4930901820', 'base64')));
    expect(others.map(([first]) => first)).toEqual([
      1234n,
      -999_999_999_999n,
      9_007_199_254_740_993n,
      4_294_967_295n,
      19_782n,
      1_709_208_000_000_001n,
      true,
      1n,
      1n,
      'é',
      '5b9a6a4e-0000-4000-8000-000000000001',
    ]);
    expect(others.every(([, second]) => second === null)).toBe(true);
  });

  it('may be of the second version of the format, with its encodings', async () => {
    const bytes = await writeParquet(
      `select i::integer as i, (i * i - 7 * i)::bigint as l, 'label ' || (i % 7) as t, 'k' || i as u, i / 4 as f,
       case when i % 3 = 0 then null else i % 2 = 0 end as b from range(10000) t(i)`,
      ', parquet_version v2, row_group_size 4096',
    );
    const [i, l, t, u, f, b] = await columnsOf(bytes, [
      column('i', { kind: 'integer' }),
      column('l', { kind: 'integer' }),
      column('t', { kind: 'text' }),
      column('u', { kind: 'text' }),
      column('f', { kind: 'decimal', scale: 2 }),
      column('b', { kind: 'boolean' }),
    ]);
    const rows = Array.from({ length: 10_000 }, (_, index) => index);
    expect(i).toEqual(rows.map(BigInt));
    expect(l).toEqual(rows.map((row) => BigInt(row * row - 7 * row)));
    expect(t).toEqual(rows.map((row) => `label ${row % 7}`));
    expect(u).toEqual(rows.map((row) => `k${row}`));
    expect(f).toEqual(rows.map((row) => BigInt(row * 25)));
    expect(b).toEqual(rows.map((row) => (row % 3 === 0 ? null : row % 2 === 0)));
  });

  it('is read over all its row groups', async () => {
    const bytes = await writeParquet(
      "select i, 'label ' || (i % 5) as t from range(150000) t(i)",
      ', row_group_size 20000',
    );
    const [numbers, labels] = await columnsOf(bytes, [column('i', { kind: 'integer' }), column('t', { kind: 'text' })]);
    expect(numbers).toEqual(Array.from({ length: 150_000 }, (_, index) => BigInt(index)));
    expect(labels?.at(-1)).toBe('label 4');
  });

  // Our reader was written to refuse; that it also reads is held against one that was written to read.
  it('holds what another reader finds in it', async () => {
    const bytes = await writeParquet(
      `select case when i % 7 = 0 then null else hash(i)::ubigint % 100000 end::bigint as n,
       case when i % 5 = 0 then null else 'text ' || (i % 300) end as t, i % 2 = 0 as b from range(4000) t(i)`,
      ', codec brotli, row_group_size 2048',
    );
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file, compressors });
    const columns = [column('n', { kind: 'integer' }), column('t', { kind: 'text' }), column('b', { kind: 'boolean' })];
    const [n, t, b] = await columnsOf(bytes, columns);
    expect(n).toEqual(rows.map((row) => row.n ?? null));
    expect(t).toEqual(rows.map((row) => row.t ?? null));
    expect(b).toEqual(rows.map((row) => row.b));
  });

  it('names bad rows by their number', async () => {
    const bytes = await writeParquet("select unnest(['030 901820', 'none', '030 901821']) as phone");
    expect(await upload(bytes, [PHONE])).toContainEqual({
      kind: 'reject',
      line: 2,
      column: 'phone',
      reason: 'not-an-identifier',
    });
  });

  it('leaves out what cannot be kept exactly', async () => {
    const bytes = await writeParquet("select 'nan'::double as d union all select 0.125 union all select 'inf'::double");
    const rejects = (await upload(bytes, [column('d', { kind: 'decimal', scale: 2 })])).filter(
      ({ kind }) => kind === 'reject',
    );
    expect(rejects).toHaveLength(3);
  });

  it('is refused when a column is missing or nested', async () => {
    const bytes = await writeParquet('select {a: 1} as s, [1] as l');
    for (const [name, reason] of [
      ['s', 'not-supported'],
      ['l', 'not-supported'],
      ['a', 'header-mismatch'],
      ['x', 'header-mismatch'],
    ] as const) {
      await expect(upload(bytes, [column(name, { kind: 'integer' })])).rejects.toMatchObject({ reason });
    }
  });

  it('is refused when it is damaged, cut or something else', async () => {
    const bytes = await writeParquet('select i from range(1000) t(i)');
    const columns = [column('i', { kind: 'integer' })];
    const damaged = Uint8Array.from(bytes, (byte, index) =>
      index > bytes.length - 200 && index < bytes.length - 8 ? 0x7f : byte,
    );
    await expect(upload(damaged, columns)).rejects.toMatchObject({ code: 'INPUT_REFUSED', reason: 'unreadable' });
    await expect(upload(bytes.subarray(0, -50), columns)).rejects.toMatchObject({ reason: 'truncated' });
    await expect(upload(Buffer.from('i\n1\n'), columns)).rejects.toMatchObject({ reason: 'not-this-format' });
  });
});
