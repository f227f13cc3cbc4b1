import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  Bool,
  DateDay,
  Float64,
  Int32,
  Struct,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fileOf } from '../testkit/files.ts';
import type { Wall } from '../wall.ts';
import type { FileDescription } from '../wire/inspection.ts';
import type { FileLayout } from '../wire/jobs.ts';
import { readDescription } from '../wire/read-description.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 60_000 };

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ engine: 'cold' });
});
afterAll(() => wall.close());

function inspect(file: Uint8Array | string, layout?: Partial<FileLayout>): Promise<FileDescription> {
  return wall.inspect(layout === undefined ? {} : { layout }, fileOf(file), LIMITS);
}

/** Name and kind of each column, and what else is worth saying of it. */
function kindsOf({ columns }: FileDescription): Record<string, string> {
  return Object.fromEntries(
    columns.map(({ name, kind, scale, form, nullable }) => [
      name,
      [kind, scale > 0 ? scale : '', form === 'hashed' ? form : '', nullable ? 'or missing' : '']
        .filter(Boolean)
        .join(' '),
    ]),
  );
}

function randomRows(): Buffer {
  return Buffer.from(Array.from({ length: 9_000 }, (_, row) => `${row},${sha(String(row)).slice(0, 60)}\n`).join(''));
}

const sha = (text: string) => hash('sha256', text, 'hex');

describe('a file that nobody has described', () => {
  it('is found to be csv, with a kind for each column', async () => {
    const rows = Array.from({ length: 50 }, (_, row) =>
      [
        `p${row}@example.com`,
        `+4930123456${10 + row}`,
        sha(`p${row}`),
        row % 7 === 0 ? '' : row,
        `${row}.${row % 2 === 0 ? '50' : '125'}`,
        row % 3 === 0 ? 'true' : 'no',
        `2024-02-${10 + (row % 19)}`,
        `2024-02-29T12:00:${10 + row}Z`,
        `0${row}123`,
        `"M-${row}, ""x"""`,
        `0123456789ab-cdef`.length === 0 ? '' : `c0ffee00-0000-4000-8000-0000000000${10 + row}`,
      ].join(';'),
    );
    const header = 'E-Mail;Telefon;email SHA256;Orders;Amount (€);isMember;day;at;Zip;Customer No;IDFA';
    const found = await inspect(`\uFEFF${header}\r\n${rows.join('\r\n')}\r\n`);
    expect(found).toMatchObject({
      layout: { format: 'csv', encoding: 'utf-8', delimiter: ';', quote: '"' },
      packing: 'none',
      isEncodingGuessed: false,
      rowCount: 50,
      furtherColumnCount: 0,
    });
    expect(kindsOf(found)).toEqual({
      e_mail: 'email',
      telefon: 'phone',
      email_sha256: 'email hashed',
      orders: 'integer or missing',
      amount: 'decimal 3',
      is_member: 'boolean',
      day: 'date',
      at: 'timestamp',
      zip: 'text',
      customer_no: 'member_id',
      idfa: 'device_id',
    });
    expect(found.columns[4]?.source).toBe('Amount (€)');
  });

  it.each<[string, string, Partial<FileLayout>]>([
    ['tabs', 'a\tb\n1\t2\n3\t4\n', { delimiter: '\t' }],
    ['a separator that nobody sees', 'a\x01b\n1\x012\n', { delimiter: '\x01' }],
    ['commas inside of quotes', 'a;b\n"1,2,3";"4,5,6"\n', { delimiter: ';' }],
    ['apostrophes', "'a','b'\n'1,5','2'\n", { delimiter: ',', quote: "'" }],
    ['quotes that are escaped', 'a,b\n"x \\", y",1\n"z \\", y",2\n', { delimiter: ',', escape: '\\' }],
    ['one column', 'a\nx\ny\n', { delimiter: ',' }],
  ])('may be written with %s', async (_, text, layout) => {
    expect((await inspect(text)).layout).toMatchObject(layout);
  });

  it('says how many values are of the proposed kind, and which words stand for none', async () => {
    const numbers = Array.from({ length: 100 }, (_, row) => (row < 3 ? 'n.a.' : row < 20 ? 'NULL' : String(row)));
    const found = await inspect(`n,country\n${numbers.map((value) => `${value},NA\n`).join('')}`);
    expect(found.columns).toMatchObject([
      { name: 'n', kind: 'integer', nullable: true, fitPermille: 963 },
      { name: 'country', kind: 'text', nullable: false },
    ]);
    expect(found.layout.nullWords).toEqual(['NULL']);
  });

  it('is found to be lines of json, keys that come late included', async () => {
    const text = '{"id":1,"amount":1.25}\n{"id":2,"seen":"2024-02-29T12:00:00Z","tags":["x"]}\n';
    const found = await inspect(gzipSync(text));
    expect(found).toMatchObject({ layout: { format: 'ndjson', encoding: 'utf-8' }, packing: 'gzip', rowCount: 2 });
    expect(kindsOf(found)).toEqual({
      id: 'integer',
      amount: 'decimal 2 or missing',
      seen: 'timestamp or missing',
      tags: 'text or missing',
    });
  });

  it.each(['stream', 'file'] as const)('is found to be an arrow %s', async (form) => {
    const table = new Table({
      Name: vectorFromArray(['Ana', null], new Utf8()),
      n: vectorFromArray([1, 2], new Int32()),
      price: vectorFromArray([1.5, 2.25], new Float64()),
      ok: vectorFromArray([true, false], new Bool()),
      day: vectorFromArray([new Date('2024-02-29'), null], new DateDay()),
      at: vectorFromArray([1, 2], new TimestampMicrosecond()),
      nested: vectorFromArray([{ x: 1 }, { x: 2 }], new Struct([])),
    });
    const found = await inspect(tableToIPC(table.select(['Name', 'n', 'price', 'ok', 'day', 'at']), form));
    expect(found).toMatchObject({ layout: { format: 'arrow' }, rowCount: 2 });
    expect(kindsOf(found)).toEqual({
      name: 'text or missing',
      n: 'integer',
      price: 'decimal 2',
      ok: 'boolean',
      day: 'date or missing',
      at: 'timestamp',
    });
  });

  it.each([
    [
      'gb18030',
      '姓名,城市\n张伟,北京市\n王芳,上海市\n李娜,广州市的顾客\n',
      'd0d5c3fb2cb3c7cad00ad5c5ceb02cb1b1beaacad00acdf5b7bc2cc9cfbaa3cad00ac0eec4c82cb9e3d6ddcad0b5c4b9cbbfcd0a',
    ],
    ['windows-1252', '', Buffer.from('name,ort\nMüller,Köln\nSchäfer,Düsseldorf\n', 'latin1').toString('hex')],
    ['shift_jis', '', '96bc914f2c8f8a0a8e5293632c93fa967b82cc937381410a'],
    ['euc-kr', '', 'c0ccb8a72cb5b5bdc30ab1e8c3b6bcf62cbcadbfef0a'],
    [
      'big5',
      '',
      'a9 6d a6 57 2c ab b0 a5 ab 0a b1 69 b0 b6 2c a5 78 a5 5f a5 ab aa ba c5 55 ab c8 0a'.replaceAll(' ', ''),
    ],
  ])('may be of an old encoding, which is proposed: %s', async (encoding, _, hex) => {
    expect(await inspect(Buffer.from(hex, 'hex'))).toMatchObject({ layout: { encoding }, isEncodingGuessed: true });
  });

  it('is read as it is said to be', async () => {
    const found = await inspect('a|b,c\n1|2,3\n', { format: 'csv', delimiter: '|', quote: '', encoding: 'latin1' });
    expect(found.layout).toEqual({ format: 'csv', delimiter: '|', quote: '', encoding: 'latin1' });
    expect(found.columns.map(({ source }) => source)).toEqual(['a', 'b,c']);
  });

  it.each([
    ['inside quotes', Buffer.from(`a,b\n${'1,"x"\n'.repeat(50)}2,"y`)],
    ['inside its packing', gzipSync(Buffer.concat([Buffer.from('a,b\n'), randomRows()])).subarray(0, -2_000)],
  ])('may be the beginning of a file, cut %s', async (_, file) => {
    const found = await inspect(file);
    expect(found.columns.map(({ kind }) => kind)).toEqual(['integer', 'text']);
  });

  it('names columns so that sql can, each once', async () => {
    const found = await inspect('A b,a_B,城市,1st,select,É\n1,2,3,4,5,6\n');
    expect(found.columns.map(({ name }) => name)).toEqual(['a_b', 'a_b_2', 'column_3', 'column_1st', 'select', 'e']);
  });

  it.each([
    ['empty', ''],
    ['not-this-format', Buffer.from('\0\0\0\0')],
    ['truncated', Buffer.from('PAR1 and nothing')],
    ['no-header', 'ana@example.com,Berlin\nbo@example.com,Bonn\n'],
    ['no-header', '1,+49 170 1234567\n2,+49 170 7654321\n'],
    ['no-header', `${sha('ana')};x\n${sha('bo')};y\n`],
    ['no-header', '{"ana@example.com":1}\n'],
  ])('is refused as %s', async (reason, file) => {
    await expect(inspect(file)).rejects.toMatchObject({ code: 'INPUT_REFUSED', reason });
  });
});

describe('a file that is written to deceive', () => {
  it('shows no name that a terminal obeys, that turns the writing round, or that is a page long', async () => {
    const names = ['ok', '\u001b[2Jx', 'a\u202eb', 'x'.repeat(300), 'z\u200b', 'twice', 'Twice', ''];
    const found = await inspect(`${names.join(',')}\n${'1,'.repeat(names.length - 1)}1\n`);
    expect(found.columns.map(({ source }) => source)).toEqual(['ok']);
    expect(found.furtherColumnCount).toBe(names.length - 1);
  });

  it('is described by no value of it', async () => {
    const secrets = Array.from(
      { length: 200 },
      (_, row) => `hidden${row}@secret.example,hidden note ${row},NULL,9${row}77001`,
    );
    const found = await inspect(`a,b,c,d\n${secrets.join('\n')}\n`);
    expect(JSON.stringify(found)).not.toMatch(/hidden|secret|77001/);
  });

  it('has more columns than are described', async () => {
    const found = await inspect(`${Array.from({ length: 1_500 }, (_, index) => `c${index}`).join(',')}\n`);
    expect(found.columns).toHaveLength(1_000);
    expect(found.furtherColumnCount).toBe(500);
  });

  it('has keys without end', async () => {
    const lines = Array.from({ length: 3_000 }, (_, row) => `{"k${row}":${row},"__proto__":1,"constructor":"x"}`);
    const found = await inspect(lines.join('\n'));
    expect(found.columns).toHaveLength(1_000);
    expect(found.furtherColumnCount).toBeGreaterThan(0);
  });
});

describe('what a worker says of a file', () => {
  const column = { source: 'a', name: 'a', kind: 'text', scale: 0, form: 'raw', nullable: false, fitPermille: 1_000 };
  const good = {
    layout: { format: 'csv', encoding: 'utf-8', delimiter: ',', quote: '"' },
    packing: 'none',
    isEncodingGuessed: false,
    columns: [column],
    furtherColumnCount: 0,
    rowCount: 1,
  };

  it('is taken as it stands when it is of the closed form, and nothing beside', () => {
    expect(readDescription({ ...good, note: 'a value' })).toEqual(good);
  });

  it.each<[string, object]>([
    ['a format of its own', { layout: { format: 'xlsx' } }],
    ['a text for a separator', { layout: { format: 'csv', delimiter: 'ana@example.com' } }],
    ['a text for an encoding', { layout: { format: 'csv', encoding: 'ana@example.com' } }],
    ['a long word for a missing value', { layout: { format: 'csv', nullWords: ['x'.repeat(100)] } }],
    ['a name with a control character', { columns: [{ ...column, source: 'a\u0007' }] }],
    ['a name that sql cannot write', { columns: [{ ...column, name: 'A b' }] }],
    ['a name twice', { columns: [column, { ...column, source: 'b' }] }],
    ['a kind of its own', { columns: [{ ...column, kind: 'person' }] }],
    ['a share above the whole', { columns: [{ ...column, fitPermille: 1_001 }] }],
    ['more rows than are looked at', { rowCount: 10_001 }],
    [
      'more columns than are described',
      { columns: Array.from({ length: 1_001 }, (_, i) => ({ ...column, source: `s${i}`, name: `s${i}` })) },
    ],
    ['no columns at all', { columns: null }],
  ])('is not believed with %s', (_, change) => {
    expect(() => readDescription({ ...good, ...change })).toThrow();
  });
});
