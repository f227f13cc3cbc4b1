import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  Bool,
  DateDay,
  Decimal,
  Dictionary,
  Float64,
  Int32,
  Int64,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fileOf } from '../testkit/files.ts';
import { cellsOf, takeAll } from '../testkit/tables.ts';
import type { FileSource, IngestEvent, IngestJob, Wall } from '../wall.ts';
import type { Cell } from '../wire/column-type.ts';
import type { IngestColumn } from '../wire/jobs.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 20_000 };

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ engine: 'cold' });
});
afterAll(() => wall.close());

const ORDERS: IngestColumn[] = [
  { name: 'email', type: { kind: 'digest' }, nullable: false, identifier: 'email' },
  { name: 'amount', type: { kind: 'decimal', scale: 2 }, nullable: false },
  { name: 'count', type: { kind: 'integer' }, nullable: true },
  { name: 'day', type: { kind: 'date' }, nullable: true },
  { name: 'at', type: { kind: 'timestamp' }, nullable: true },
  { name: 'member', type: { kind: 'boolean' }, nullable: true },
  { name: 'note', type: { kind: 'text' }, nullable: true },
];
const JOB: IngestJob = { layout: { format: 'csv' }, columns: ORDERS, maxRejects: 0, sortKey: Buffer.alloc(32, 1) };
const ARROW = { layout: { format: 'arrow' as const } };
const HEADER = 'email,amount,count,day,at,member,note';

const digestOf = (normalised: string): string => hash('sha256', normalised, 'base64');

interface Upload {
  columns: Cell[][];
  rejects: IngestEvent[];
  done: IngestEvent | undefined;
}

/** Columns with their rows in one order of ours: that of an upload is known to nobody who has not its key. */
function inOrder(columns: readonly Cell[][]): Cell[][] {
  const order = (columns[0] ?? []).map((_, row) => row);
  const key = (row: number) => columns.map((cells) => String(cells[row])).join();
  order.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return columns.map((cells) => order.map((row) => cells[row] as Cell));
}

async function upload(bytes: Uint8Array | string, job: Partial<IngestJob> = {}): Promise<Upload> {
  const whole = { ...JOB, maxRejects: 100, ...job };
  const events = await takeAll(wall.ingest(whole, fileOf(bytes, 3_001), LIMITS));
  const columns = whole.columns.map((_, index) =>
    events.flatMap((event) => (event.kind === 'chunk' && event.column === index ? cellsOf(event.bytes) : [])),
  );
  return { columns: inOrder(columns), rejects: events.filter(({ kind }) => kind === 'reject'), done: events.at(-1) };
}

async function assertRefused(reason: string, bytes: Uint8Array | string, job: Partial<IngestJob> = {}): Promise<void> {
  await expect(upload(bytes, job)).rejects.toMatchObject({ code: 'INPUT_REFUSED', reason });
}

/** One good row with one field replaced. */
function rowWith(name: string, text: string): string {
  const fields: Record<string, string> = {
    email: 'a@b.example',
    amount: '1',
    count: '1',
    day: '2024-02-29',
    at: '2024-02-29',
    member: 't',
    note: 'n',
  };
  fields.at = '2024-02-29T12:00:00Z';
  return `${HEADER}\n${HEADER.split(',')
    .map((field) => (field === name ? text : fields[field]))
    .join(',')}\n`;
}

describe('a csv upload', () => {
  it('becomes typed columns, with the digests of normalised identifiers', async () => {
    const { columns, rejects, done } = await upload(
      `\uFEFF${HEADER},ignored\r\n Ana.B+x@GMAIL.com ,12.3,-7,2024-02-29,2024-02-29T23:59:59.000001+02:00,yes,"a ""b""\r\nc",x\r\nbo@b.example,-0.05,,,,,,\r\n`,
    );
    expect(columns).toEqual(
      inOrder([
        ['anab@gmail.com', 'bo@b.example'].map(digestOf),
        [1230n, -5n],
        [-7n, null],
        [19_782n, null],
        [1_709_243_999_000_001n, null],
        [true, null],
        ['a "b"\r\nc', null],
      ]),
    );
    expect(rejects).toEqual([]);
    expect(done).toEqual({ kind: 'done', rows: 2, rejected: 0 });
  });

  it.each([',', ';', '\t', '|'])('may separate its fields by %j', async (delimiter) => {
    const columns: IngestColumn[] = [
      { name: 'a b', type: { kind: 'text' }, nullable: true },
      { name: 'c', type: { kind: 'integer' }, nullable: true },
    ];
    const text = `c${delimiter}"a b"\n1${delimiter}"x${delimiter}y"\n`;
    expect((await upload(text, { columns })).columns).toEqual([[`x${delimiter}y`], [1n]]);
  });

  it('may be compressed', async () => {
    const text = `${HEADER}\n${'a@b.example,1,1,,,,\n'.repeat(70_000)}`;
    const { columns, done } = await upload(gzipSync(text));
    expect(columns[1]).toHaveLength(70_000);
    expect(done).toMatchObject({ rows: 70_000 });
  });

  it.each([
    ['email', 'not an address', 'not-an-identifier'],
    ['email', '', 'missing'],
    ['amount', '1.234', 'not-a-decimal'],
    ['amount', '1e3', 'not-a-decimal'],
    ['amount', 'NaN', 'not-a-decimal'],
    ['amount', '10000000000000000', 'out-of-range'],
    ['amount', '', 'missing'],
    ['count', '1.0', 'not-an-integer'],
    ['count', '9223372036854775808', 'out-of-range'],
    ['count', '9'.repeat(50_000), 'out-of-range'],
    ['day', '2023-02-29', 'not-a-date'],
    ['day', '29.02.2024', 'not-a-date'],
    ['at', '2024-02-29T25:00:00Z', 'not-a-timestamp'],
    ['at', '2024-02-29T12:00:00.1234567Z', 'not-a-timestamp'],
    ['member', 'maybe', 'not-a-boolean'],
    ['note', 'x'.repeat(65_537), 'too-long'],
  ])('leaves out a row whose $0 is not usable ($2), and says only why', async (column, text, reason) => {
    const { columns, rejects, done } = await upload(rowWith(column, text));
    expect(rejects).toEqual([{ kind: 'reject', line: 2, column, reason }]);
    expect(columns.flat()).toEqual([]);
    expect(done).toEqual({ kind: 'done', rows: 0, rejected: 1 });
  });

  it('leaves out a row that names nobody by any of its identifiers', async () => {
    const columns: IngestColumn[] = [
      { name: 'mail', type: { kind: 'digest' }, nullable: true, identifier: 'email' },
      { name: 'tel', type: { kind: 'digest' }, nullable: true, identifier: 'phone', defaultRegion: 'DE' },
      { name: 'card', type: { kind: 'digest' }, nullable: true, identifier: 'card_number', form: 'hashed' },
    ];
    const hashed = digestOf('4111111111111111');
    const text = `mail,tel,card\na@b.example,,\n,,\n,030 901820,${hashed}\n ,\t,\n,12,\n,,4111111111111111\n`;
    const taken = await upload(text, { columns });
    expect(taken.columns).toEqual(
      inOrder([
        [digestOf('a@b.example'), null],
        [null, digestOf('+4930901820')],
        [null, hashed],
      ]),
    );
    expect(taken.rejects).toEqual([
      { kind: 'reject', line: 3, column: '', reason: 'no-identifier' },
      { kind: 'reject', line: 5, column: '', reason: 'no-identifier' },
      { kind: 'reject', line: 6, column: 'tel', reason: 'not-an-identifier' },
      { kind: 'reject', line: 7, column: 'card', reason: 'not-a-digest' },
    ]);
  });

  it('names the physical line on which a bad row starts', async () => {
    const good = 'a@b.example,1,,,,,';
    const { rejects } = await upload(
      `${HEADER}\n${good}"two\nlines"\n\nbad,1,,,,,"three\n\nlines"\n${good}\n1,2\n${good}x\nbad,1,,,,,\n`,
    );
    expect(rejects).toEqual([
      { kind: 'reject', line: 5, column: 'email', reason: 'not-an-identifier' },
      { kind: 'reject', line: 9, column: '', reason: 'wrong-column-count' },
      { kind: 'reject', line: 11, column: 'email', reason: 'not-an-identifier' },
    ]);
  });

  it('leaves out a row that is not utf-8', async () => {
    const { rejects } = await upload(Buffer.from(rowWith('note', 'caf\xe9'), 'latin1'));
    expect(rejects).toEqual([{ kind: 'reject', line: 2, column: 'note', reason: 'encoding' }]);
  });

  it('is refused as a whole after too many rejects', async () => {
    await assertRefused('too-many-rejects', `${HEADER}\n${'bad,1,,,,,\n'.repeat(3)}`, { maxRejects: 2 });
  });

  it('says which rows were too many, so that the sender can mend them at once', async () => {
    const lines: number[] = [];
    const events = wall.ingest(JOB, fileOf(`${HEADER}\n${'bad,1,,,,,\n'.repeat(3)}`), LIMITS);
    const reading = async (): Promise<void> => {
      for await (const event of events) if (event.kind === 'reject') lines.push(event.line);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'INPUT_REFUSED', reason: 'too-many-rejects' });
    expect(lines).toEqual([2, 3, 4]);
  });

  it.each([
    ['header-mismatch', 'email,amount,count,day,at,member\n'],
    ['header-mismatch', `${HEADER},email\n`],
    ['header-mismatch', '{"email":"a@b.example"}\n'],
    ['not-this-format', Buffer.from('PAR1\0\0\0\0 not a table')],
    ['not-this-format', Buffer.from('PK\x03\x04\0\0')],
    ['truncated', `${HEADER}\na@b.example,1,,,,,"open`],
    ['row-too-long', `${HEADER}\n"${'x'.repeat(2_000_000)}"\n`],
    ['empty', ''],
    ['truncated', gzipSync(`${HEADER}\n${rowWith('note', 'x')}`).subarray(0, -12)],
    ['unreadable', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from('not gzip at all')])],
    ['too-large', gzipSync(`${HEADER}\n${`a@b.example,1,,,,,${'x'.repeat(60_000)}\n`.repeat(600)}`, { level: 9 })],
  ])('is refused as $0', async (reason, bytes) => {
    await assertRefused(reason, bytes);
  });

  it('passes the error of a file that cannot be read on', async () => {
    const broken: FileSource = {
      byteCount: 1_000,
      async *read() {
        yield Buffer.from(`${HEADER}\n`);
        throw new Error('the seal is broken');
      },
    };
    await expect(takeAll(wall.ingest(JOB, broken, LIMITS))).rejects.toThrow('the seal is broken');
  });
});

describe('an arrow upload', () => {
  const table = new Table({
    email: vectorFromArray(
      ['A@b.example', 'bo@b.example', null, 'c@b.example'],
      new Dictionary(new Utf8(), new Int32()),
    ),
    amount: vectorFromArray([12.34, 0.1 + 0.2, 1, -5], new Float64()),
    count: vectorFromArray([(1n << 62n) + 1n, 2n, 3n, null], new Int64()),
    day: vectorFromArray([new Date('2024-02-29'), null, null, new Date('1969-12-31')], new DateDay()),
    at: vectorFromArray([1_700_000_000_000, null, null, 1], new TimestampMicrosecond()),
    member: vectorFromArray([true, null, null, false], new Bool()),
    note: vectorFromArray(['é', null, null, ''], new Utf8()),
  });
  const expected = [
    ['a@b.example', 'c@b.example'].map(digestOf),
    [1234n, -500n],
    [(1n << 62n) + 1n, null],
    [19_782n, -1n],
    [1_700_000_000_000_000n, 1000n],
    [true, false],
    ['é', ''],
  ];

  it.each(['stream', 'file'] as const)('may be an ipc %s', async (form) => {
    const { columns, rejects } = await upload(tableToIPC(table, form), ARROW);
    expect(rejects).toEqual([
      { kind: 'reject', line: 2, column: 'amount', reason: 'not-a-decimal' },
      { kind: 'reject', line: 3, column: 'email', reason: 'missing' },
    ]);
    expect(columns).toEqual(inOrder(expected));
  });

  it('may be a compressed ipc stream, but no compressed ipc file', async () => {
    const { columns } = await upload(gzipSync(tableToIPC(table, 'stream')), ARROW);
    expect(columns).toEqual(inOrder(expected));
    await assertRefused('compressed', gzipSync(tableToIPC(table, 'file')), ARROW);
  });

  it('may hold decimals, which stay exact', async () => {
    const words = [123_456_789_012_345_678n, -1n].map((value) => {
      const bits = BigInt.asUintN(128, value);
      return Uint32Array.from([0, 32, 64, 96], (shift) => Number((bits >> BigInt(shift)) & 0xffff_ffffn));
    });
    const decimals = new Table({ d: vectorFromArray(words, new Decimal(3, 20, 128)) });
    const columns: IngestColumn[] = [{ name: 'd', type: { kind: 'decimal', scale: 3 }, nullable: false }];
    expect((await upload(tableToIPC(decimals, 'stream'), { ...ARROW, columns })).columns).toEqual(
      inOrder([[123_456_789_012_345_678n, -1n]]),
    );
  });

  it.each([
    ['not-this-format', Buffer.from('email,amount\n1,2\n')],
    ['unreadable', Buffer.concat([Buffer.from([255, 255, 255, 255, 16, 0, 0, 0]), Buffer.alloc(64, 7)])],
    ['header-mismatch', tableToIPC(new Table({ other: vectorFromArray(['x'], new Utf8()) }), 'stream')],
  ])('is refused as $0', async (reason, bytes) => {
    await assertRefused(reason, bytes, ARROW);
  });
});
