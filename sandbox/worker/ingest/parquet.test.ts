import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DuckDBInstance } from 'duckdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openWall } from '../../host/open-wall.ts';
import { cellsOf, takeAll, yieldAll } from '../../testkit/tables.ts';
import type { Wall } from '../../wall.ts';
import type { IngestColumn } from '../../wire/jobs.ts';

let wall: Wall;
const folder = mkdtempSync(path.join(tmpdir(), 'galley-parquet-'));
beforeAll(async () => {
  wall = await openWall({ spareCount: 1 });
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
  const job = { format: 'parquet' as const, columns, maxRejects: 10 };
  return takeAll(wall.ingest(job, yieldAll(bytes), { deadlineMs: 20_000 }));
}

async function columnsOf(bytes: Uint8Array, columns: IngestColumn[]) {
  const events = await upload(bytes, columns);
  return columns.map((_, index) =>
    events.flatMap((event) => (event.kind === 'chunk' && event.column === index ? cellsOf(event.bytes) : [])),
  );
}

const PHONE: IngestColumn = {
  name: 'phone',
  type: { kind: 'text' },
  nullable: false,
  identifier: 'phone',
  defaultRegion: 'DE',
};
const column = (name: string, type: IngestColumn['type']): IngestColumn => ({ name, type, nullable: true });

describe('a parquet upload', () => {
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
    expect(phone).toEqual(['+4930901820', '+4930901820']);
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

  it('is read over all its row groups', async () => {
    const bytes = await writeParquet(
      "select i, 'label ' || (i % 5) as t from range(150000) t(i)",
      ', row_group_size 20000',
    );
    const [numbers, labels] = await columnsOf(bytes, [column('i', { kind: 'integer' }), column('t', { kind: 'text' })]);
    expect(numbers).toEqual(Array.from({ length: 150_000 }, (_, index) => BigInt(index)));
    expect(labels?.at(-1)).toBe('label 4');
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
    for (const name of ['s', 'l', 'a', 'x']) {
      await expect(upload(bytes, [column(name, { kind: 'integer' })])).rejects.toMatchObject({
        reason: 'header-mismatch',
      });
    }
  });

  it('is refused when it is damaged, cut or something else', async () => {
    const bytes = await writeParquet('select i from range(1000) t(i)');
    const columns = [column('i', { kind: 'integer' })];
    const damaged = Uint8Array.from(bytes, (byte, index) =>
      index > bytes.length - 200 && index < bytes.length - 8 ? 0x7f : byte,
    );
    await expect(upload(damaged, columns)).rejects.toMatchObject({ code: 'INPUT_REFUSED', reason: 'not-this-format' });
    await expect(upload(bytes.subarray(0, -50), columns)).rejects.toMatchObject({ reason: 'truncated' });
    await expect(upload(Buffer.from('i\n1\n'), columns)).rejects.toMatchObject({ reason: 'not-this-format' });
  });
});
