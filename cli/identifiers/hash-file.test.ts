import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { digestIdentifier } from '../../identity/index.ts';
import { type FileHashing, hashFile } from './hash-file.ts';
import { readIdentifierColumn } from './identifier-columns.ts';

const folder = mkdtempSync(join(tmpdir(), 'galley-identifiers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const email = { name: 'email', kind: 'email' } as const;
const tel = { name: 'tel', kind: 'phone', region: 'DE' } as const;
const base64Of = (text: string, kind: 'email' | 'phone' = 'email'): string =>
  digestIdentifier(kind, text, 'DE')?.toString('base64') ?? '';

async function hashed(content: string | Uint8Array, more: Partial<FileHashing> = {}) {
  const path = join(folder, 'in');
  const out = join(folder, 'out');
  const rejects = join(folder, 'rejects');
  rmSync(out, { force: true });
  writeFileSync(path, content);
  const counts = await hashFile({
    path,
    out,
    rejects,
    format: 'csv',
    columns: [email],
    encoding: 'utf-8',
    delimiter: null,
    onRead: () => {},
    ...more,
  });
  return { counts, text: readFileSync(out, 'utf8'), rejects: readFileSync(rejects, 'utf8') };
}

describe('a csv file', () => {
  it('is written again with its identifiers hashed, whatever else is in it', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(',', ';', '\t', '|'),
        fc.array(fc.tuple(fc.emailAddress(), fc.string({ unit: 'grapheme' }), fc.string()), { minLength: 1 }),
        async (delimiter, rows) => {
          const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;
          const table = [['email', 'note', 'm'], ...rows];
          const { text, counts } = await hashed(
            `\ufeff${table.map((row) => row.map(quote).join(delimiter)).join('\r\n')}`,
          );
          const expected = [table[0], ...rows.map(([address, ...others]) => [base64Of(address), ...others])];
          expect(parse(text, { delimiter })).toEqual(expected);
          expect(counts.rows).toBe(rows.length);
        },
      ),
      { numRuns: 50 },
    ));

  it('tells what was not hashed by line, column and reason, and keeps none of it', async () => {
    const content =
      'email,tel\nana@example.com,030 901820\n\nnot an address,\n,12\nbo@example.com,"0\n0"\ncy@example.com\n';
    const { text, rejects, counts } = await hashed(content, { columns: [email, tel] });
    expect(text).toBe(
      `email,tel\n${base64Of('ana@example.com')},${base64Of('030 901820', 'phone')}\n,\n,\n${base64Of('bo@example.com')},\n`,
    );
    expect(rejects).toBe(
      'line,column,reason\n4,email,not-an-identifier\n5,tel,not-an-identifier\n6,tel,not-an-identifier\n8,,wrong-column-count\n',
    );
    expect(counts).toEqual({
      rows: 4,
      hashed: new Map([
        ['email', 2],
        ['tel', 1],
      ]),
      missing: new Map([
        ['email', 1],
        ['tel', 1],
      ]),
      unhashed: new Map([
        ['email', new Map([['not-an-identifier', 1]])],
        ['tel', new Map([['not-an-identifier', 2]])],
        ['', new Map([['wrong-column-count', 1]])],
      ]),
    });
  });

  it.each([
    ['a column that it does not have', 'mail,tel\na@example.com,1\n', 'no column `email`'],
    ['a column that it has twice', 'email,email\na@example.com,b@example.com\n', 'two columns'],
    ['nothing in it', '', 'no header row'],
    ['a quote that is never closed', 'email\n"ana@example.com\n', 'Quote'],
  ])('with %s leaves no output behind', async (_, content, message) => {
    await expect(hashed(content)).rejects.toThrow(message);
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect(existsSync(join(folder, 'out.part'))).toBe(false);
  });

  it('may be in any encoding that is named, and is never hashed in a wrong one', async () => {
    const latin = Buffer.from('email;name\nana@example.com;Jos\xe9\n', 'latin1');
    expect((await hashed(latin, { encoding: 'windows-1252' })).text).toBe(
      `email;name\n${base64Of('ana@example.com')};José\n`,
    );
    await expect(hashed(latin)).rejects.toThrow('--encoding');
    await expect(hashed(latin, { encoding: 'latin-17' })).rejects.toThrow('latin-17');
    const wide = Buffer.from('\ufeffemail\njos\u00e9@example.com\n', 'utf16le');
    expect((await hashed(wide, { encoding: 'utf-16le' })).text).toBe(`email\n${base64Of('josé@example.com')}\n`);
  });

  it('may be packed', async () => {
    const path = join(folder, 'rows.csv.gz');
    writeFileSync(path, gzipSync('email\nana@example.com\n'));
    expect((await hashed('', { path })).text).toBe(`email\n${base64Of('ana@example.com')}\n`);
    writeFileSync(path, gzipSync('email\nana@example.com\n').subarray(0, -9));
    await expect(hashed('', { path })).rejects.toThrow();
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('becomes a file for its owner alone', async () => {
    await hashed('email\na@example.com\n');
    for (const name of ['out', 'rejects']) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });
});

describe('a file of json lines', () => {
  const ndjson = { format: 'ndjson' as const };

  it('is written again with its identifiers hashed, numbers as they were written', async () => {
    const { text } = await hashed(
      '{"id":12345678901234567890,"email":" Ana@Example.com ","at":1.50,"more":{"email":"x@example.com","n":[1e400]}}\r\n\n{"email":null}\n',
      ndjson,
    );
    expect(text).toBe(
      `{"id":12345678901234567890,"email":"${base64Of('ana@example.com')}","at":1.50,"more":{"email":"x@example.com","n":[1e400]}}\n{"email":null}\n`,
    );
  });

  it('may hold identifiers as numbers', async () => {
    const { text } = await hashed('{"tel":30901820}\n', { ...ndjson, columns: [tel] });
    expect(text).toBe(`{"tel":"${base64Of('30901820', 'phone')}"}\n`);
  });

  it('loses lines that are no rows', async () => {
    const { text, rejects } = await hashed(
      '{"email":"a@example.com"}\nnope\n["b@example.com"]\n{"email":{}}\n',
      ndjson,
    );
    expect(text).toBe(`{"email":"${base64Of('a@example.com')}"}\n{"email":null}\n`);
    expect(rejects).toBe('line,column,reason\n2,,not-json\n3,,not-json\n4,email,not-an-identifier\n');
  });

  it('in which a column never occurs leaves no output behind', async () => {
    await expect(hashed('{"Email":"a@example.com"}\n', ndjson)).rejects.toThrow('member `email`');
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});

describe('a column of the command line', () => {
  it.each([
    ['email=email', { name: 'email', kind: 'email' }],
    ['a=b=member_id', { name: 'a=b', kind: 'member_id' }],
    ['tel=phone:DE', { name: 'tel', kind: 'phone', region: 'DE' }],
    ['tel=phone', { name: 'tel', kind: 'phone' }],
    ['card=custom:loyalty_id', { name: 'card', kind: 'custom:loyalty_id' }],
  ])('may be %s', (text, expected) => {
    expect(readIdentifierColumn(text)).toEqual(expected);
  });

  it.each(['email', '=email', 'email=', 'email=mail', 'tel=phone:de', 'tel=phone:', 'x=custom:', 'e=email:DE'])(
    'is not %s',
    (text) => {
      expect(readIdentifierColumn(text)).toBeNull();
    },
  );
});
