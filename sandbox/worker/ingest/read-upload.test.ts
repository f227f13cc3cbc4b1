import { hash } from 'node:crypto';
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Cell } from '../../wire/column-type.ts';
import type { FileLayout, IngestColumn } from '../../wire/jobs.ts';
import { memoryFile, type TakenUpload, takeUpload } from './testkit/take-upload.ts';

const NAMES: IngestColumn[] = [
  { name: 'name', type: { kind: 'text' }, nullable: true },
  { name: 'n', type: { kind: 'integer' }, nullable: true },
];
const PEOPLE: IngestColumn[] = [
  { name: 'email', type: { kind: 'digest' }, nullable: true, identifier: 'email' },
  { name: 'card', type: { kind: 'digest' }, nullable: true, identifier: 'member_id' },
  { name: 'place', type: { kind: 'integer' }, nullable: false },
];

function take(text: string | Uint8Array, layout: Partial<FileLayout> = {}, columns = NAMES): Promise<TakenUpload> {
  return takeUpload(memoryFile(text, 7), columns, { layout: { format: 'csv', ...layout } });
}

/** Any text, as one of these encodings writes it. */
const ENCODED: readonly (readonly [string, Buffer, string])[] = [
  ['utf-16le', Buffer.from('\uFEFFname,n\n城市é,1\n', 'utf16le'), '城市é'],
  ['utf-16be', Buffer.from('\uFEFFname,n\n城市é,1\n', 'utf16le').swap16(), '城市é'],
  ['gb18030', Buffer.from('6e616d652c6e0ab3c7cad02c310a', 'hex'), '城市'],
  ['gbk', Buffer.from('6e616d652c6e0ab3c7cad02c310a', 'hex'), '城市'],
  ['big5', Buffer.from('6e616d652c6e0aabb0a5ab2c310a', 'hex'), '城市'],
  ['shift_jis', Buffer.from('6e616d652c6e0a93fa967b2c310a', 'hex'), '日本'],
  ['euc-kr', Buffer.from('6e616d652c6e0ac7d1b1b92c310a', 'hex'), '한국'],
  ['windows-1252', Buffer.from('name,n\nKöln €,1\n'.replace('€', '\x80'), 'latin1'), 'Köln €'],
  ['iso-8859-2', Buffer.from('6e616d652c6e0aa3f364bc2c310a', 'hex'), 'Łódź'],
];

describe('the encoding of a text', () => {
  it.each(ENCODED)('may be %s when it is named', async (encoding, file, name) => {
    expect((await take(file, { encoding })).rows).toEqual([[name, 1n]]);
  });

  it.each(['utf-16le', 'utf-16be'])('is found out when it is %s', async (encoding) => {
    const [, file] = ENCODED.find(([name]) => name === encoding) as (typeof ENCODED)[number];
    expect((await take(file)).rows).toEqual([['城市é', 1n]]);
    const unmarked = await take(file.subarray(2));
    expect(unmarked.rows).toEqual([['城市é', 1n]]);
  });

  it('is never guessed: what is not of it is left out by its line', async () => {
    const taken = await take(Buffer.concat([Buffer.from('name,n\nok,1\n'), Buffer.from('b3c7cad02c310a', 'hex')]));
    expect(taken.rows).toEqual([['ok', 1n]]);
    expect(taken.rejects).toEqual([{ line: 3, column: 'name', reason: 'encoding' }]);
  });

  it('is refused when nobody knows it', async () => {
    expect((await take('name,n\n', { encoding: 'klingon' })).refusal).toBe('not-supported');
  });
});

/** An archive as its tools write it: members, directory, end. */
function zipOf(...members: { name: string; body: Buffer; method?: number; sum?: number; flags?: number }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, body, method = 8, sum = crc32(body), flags = 0 } of members) {
    const packed = method === 8 ? deflateRawSync(body) : body;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(sum, 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(body.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0'), fields, place, Buffer.from(name));
    parts.push(Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed);
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const TEXT = Buffer.from(`name,n\n${'Ana,1\nBo,2\n'.repeat(2_000)}`);
/** Far above what a file may unpack to, in lines so long that it is not the reading of lines that takes its time. */
const BOMB = Buffer.concat([Buffer.from('n\n'), Buffer.alloc(64_000_000, `${'n'.repeat(1_000)}\n`)]);

describe('a packed file', () => {
  it.each<[string, Buffer]>([
    ['gzip', gzipSync(TEXT)],
    ['gzip of many members', Buffer.concat([gzipSync(TEXT.subarray(0, 999)), gzipSync(TEXT.subarray(999))])],
    ['zstd', zstdCompressSync(TEXT)],
    [
      'zstd of many frames',
      Buffer.concat([zstdCompressSync(TEXT.subarray(0, 999)), zstdCompressSync(TEXT.subarray(999))]),
    ],
    ['a zip archive', zipOf({ name: 'table.csv', body: TEXT })],
    ['a zip archive that is not packed', zipOf({ name: 'table.csv', body: TEXT, method: 0 })],
    [
      'a zip archive of a Mac',
      zipOf(
        { name: 'a/', body: Buffer.alloc(0) },
        { name: 'a/table.csv', body: TEXT },
        { name: '__MACOSX/a/._table.csv', body: Buffer.from('x') },
      ),
    ],
  ])('may be %s', async (_, file) => {
    const taken = await take(file);
    expect(taken.refusal).toBeNull();
    expect(taken.rows).toHaveLength(4_000);
  });

  it.each<[string, string, Buffer]>([
    ['truncated', 'gzip that is cut', gzipSync(TEXT).subarray(0, -9)],
    ['truncated', 'zstd that is cut', zstdCompressSync(TEXT).subarray(0, -9)],
    ['unreadable', 'zstd that is damaged', Buffer.from(zstdCompressSync(TEXT)).fill(0x5a, 8, 30)],
    ['too-large', 'zstd that is a bomb', zstdCompressSync(BOMB)],
    ['too-large', 'zip that is a bomb', zipOf({ name: 'n', body: BOMB })],
    ['not-supported', 'zip of two tables', zipOf({ name: 'a', body: TEXT }, { name: 'b', body: TEXT })],
    ['not-supported', 'zip of nothing', zipOf()],
    ['not-supported', 'zip with a secret', zipOf({ name: 'a', body: TEXT, flags: 1 })],
    ['not-supported', 'zip packed in another way', zipOf({ name: 'a', body: TEXT, method: 12 })],
    ['unreadable', 'zip whose sum is wrong', zipOf({ name: 'a', body: TEXT, sum: 7 })],
    ['not-supported', 'bzip2', Buffer.from('BZh91AY&SY....')],
    ['not-supported', 'xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 1])],
  ])('is refused as %s when it is %s', async (reason, _, file) => {
    expect((await takeUpload(memoryFile(file), [{ name: 'n', type: { kind: 'text' }, nullable: true }])).refusal).toBe(
      reason,
    );
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('of many members (%s) is read to its end wherever the parts meet', async (name, pack) => {
    const members = ['t\nfirst\n', 'second\n', '', 'third\n'].map((text) => pack(Buffer.from(text)));
    const file = Buffer.concat([...members, Buffer.alloc(name === 'gzip' ? 20 : 0)]);
    const columns: IngestColumn[] = [{ name: 't', type: { kind: 'text' }, nullable: true }];
    for (let partBytes = 1; partBytes <= file.length; partBytes += 1) {
      const { rows, refusal } = await takeUpload(memoryFile(file, partBytes), columns);
      expect({ partBytes, rows, refusal }).toEqual({
        partBytes,
        rows: [['first'], ['second'], ['third']],
        refusal: null,
      });
    }
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('with something else behind it (%s) is refused', async (_, pack) => {
    const file = Buffer.concat([pack(TEXT), Buffer.from('more')]);
    for (const partBytes of [7, file.length - 4, 100_000]) {
      expect((await takeUpload(memoryFile(file, partBytes), NAMES)).refusal).toBe('unreadable');
    }
  });

  it('is not taken for one by its first letters', async () => {
    const columns: IngestColumn[] = [{ name: 'BZh', type: { kind: 'text' }, nullable: true }];
    expect((await take('BZh,n\nx,1\n', {}, columns)).rows).toEqual([['x']]);
  });
});

describe('a csv file', () => {
  it.each<[string, Partial<FileLayout>, string, Cell[][]]>([
    ['any separator', {}, 'name^n\nAna^1\n', [['Ana', 1n]]],
    ['a separator that nobody sees', {}, 'name\x01n\nAna\x011\n', [['Ana', 1n]]],
    ['a separator that is named', { delimiter: '~' }, 'name~n\nAna~1\n', [['Ana', 1n]]],
    ['apostrophes around fields', {}, "'name','n'\n'A,na','1'\n", [['A,na', 1n]]],
    ['no quotes at all', { quote: '' }, 'name,n\n"Ana,1\n', [['"Ana', 1n]]],
    ['quotes that are escaped', { escape: '\\' }, 'name,n\n"A \\"n\\\\a",1\n', [['A "n\\a', 1n]]],
    [
      'words for missing values',
      { nullWords: ['NULL', '\\N'] },
      'name,n\nNULL,\\N\nnull,1\n',
      [
        [null, null],
        ['null', 1n],
      ],
    ],
    ['names with spaces around them', {}, ' name , n \nAna,1\n', [['Ana', 1n]]],
    ['a blank line before its header', {}, '\r\n\nname;n\nAna;1\n', [['Ana', 1n]]],
  ])('may have %s', async (_, layout, text, rows) => {
    expect((await take(text, layout)).rows).toEqual(rows);
  });

  it('finds a column by its name in the file', async () => {
    const columns: IngestColumn[] = [{ name: 'city', source: 'Stadt (Ort)', type: { kind: 'text' }, nullable: true }];
    expect((await take('x,Stadt (Ort)\n1,Bern\n', {}, columns)).rows).toEqual([['Bern']]);
  });

  it.each<[Partial<FileLayout>]>([[{ delimiter: 'ä' }], [{ delimiter: '"' }], [{ quote: '\n' }], [{ delimiter: '' }]])(
    'is not read as %o',
    async (layout) => {
      expect((await take('name,n\n', layout)).refusal).toBe('not-supported');
    },
  );

  it('keeps nothing of a row that is left out', async () => {
    const taken = await take('name,n\nsecret,x\nAna,1\nlonger secret,y\n');
    expect(taken.rows).toEqual([['Ana', 1n]]);
    expect(taken.rejects.map(({ line }) => line)).toEqual([2, 4]);
  });
});

describe('rows of persons', () => {
  const digestOf = (text: string) => hash('sha256', text, 'base64');

  it('lie together, and stay in the order of the file among themselves', () => {
    const person = fc.nat(20);
    return fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(person, fc.boolean()), { minLength: 1, maxLength: 200 }), async (persons) => {
        const lines = persons.map(([id, isByCard], row) =>
          isByCard ? `,card${id},${row}` : `p${id}@b.example,x${row},${row}`,
        );
        const { rows } = await take(`email,card,place\n${lines.join('\n')}\n`, {}, PEOPLE);
        const keys = rows.map(([email, card]) => email ?? card);
        const runs = keys.filter((key, index) => key !== keys[index - 1]);
        expect(new Set(runs).size).toBe(runs.length);
        const places = (key: Cell) => rows.filter(([email, card]) => (email ?? card) === key).map((row) => row[2]);
        for (const key of new Set(keys))
          expect(places(key ?? null)).toEqual(places(key ?? null).toSorted((a, b) => Number(a) - Number(b)));
        expect(rows).toHaveLength(persons.length);
        for (const [id, isByCard] of persons) {
          expect(keys).toContain(digestOf(isByCard ? `card${id}` : `p${id}@b.example`));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("are nobody's without an identifier, and are left out", async () => {
    const taken = await take('email,card,place\n,,1\na@b.example,,2\n,c,3\n', {}, PEOPLE);
    expect(taken.rows.map((row) => row[2]).toSorted()).toEqual([2n, 3n]);
    expect(taken.rejects).toEqual([{ line: 2, column: '', reason: 'no-identifier' }]);
  });

  it('come in whole chunks over more than one of them', async () => {
    const lines = Array.from({ length: 150_000 }, (_, row) => `p${row % 70_000}@b.example,,${row}`);
    const taken = await takeUpload(memoryFile(`email,card,place\n${lines.join('\n')}\n`), PEOPLE);
    expect(taken.chunkRows).toEqual([65_536, 65_536, 18_928]);
    expect(new Set(taken.rows.map((row) => row[2])).size).toBe(150_000);
    const changes = taken.rows.filter((row, index) => row[0] !== taken.rows[index - 1]?.[0]).length;
    expect(changes).toBe(70_000);
  });
});

describe('texts of a column', () => {
  const column: IngestColumn[] = [{ name: 't', type: { kind: 'text' }, nullable: true }];

  it('are as they were written, repeated or not, short or long', () => {
    const text = fc.oneof(
      fc.constantFrom('red', 'green', '', 'ü', '城市'),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom('x', 'é'), minLength: 250, maxLength: 300 }),
    );
    const usable = text.filter((value) => !/[\0\uFFFD]/.test(value));
    return fc.assert(
      fc.asyncProperty(fc.array(usable, { maxLength: 60 }), async (texts) => {
        const csv = `t,u\n${texts.map((value) => `"${value.replaceAll('"', '""')}",1\n`).join('')}`;
        const { rows } = await take(csv, {}, column);
        expect(rows.map(([cell]) => cell ?? '')).toEqual(texts);
      }),
    );
  });

  it('fit their chunks however long all of them are', async () => {
    const value = 'x'.repeat(60_000);
    const taken = await takeUpload(memoryFile(`t\n${`${value}\n`.repeat(900)}`), column);
    expect(taken.rows).toHaveLength(900);
    expect(taken.rows.every(([cell]) => cell === value)).toBe(true);
    expect(taken.chunkRows.length).toBeGreaterThan(1);
  });

  it('of rows that are left out take no room', async () => {
    const columns: IngestColumn[] = [...column, { name: 'n', type: { kind: 'integer' }, nullable: false }];
    const bad = `${'y'.repeat(60_000)},x\n`;
    const taken = await takeUpload(memoryFile(`t,n\nz,1\n${bad.repeat(900)}`), columns);
    expect(taken.rows).toEqual([['z', 1n]]);
  });
});
