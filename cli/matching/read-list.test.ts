import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../identity/index.ts';
import { readList, readListColumn } from './read-list.ts';

const folder = mkdtempSync(join(tmpdir(), 'galley-list-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string, content: string | Buffer, column: string, isHashed = false) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  const named = readListColumn(column);
  if (named === null) return expect.fail(`\`${column}\` is no column`);
  return readList({ path, column: named, isHashed, delimiter: ',', onRead: () => {} });
};

const ana = digestOf('ana@example.com');

describe('a column of a list', () => {
  it.each([
    ['mail=email', { name: 'mail', kind: 'email', region: undefined }],
    ['tel=phone:de', { name: 'tel', kind: 'phone', region: 'DE' }],
    ['card no=custom:loyalty_id', { name: 'card no', kind: 'custom:loyalty_id', region: undefined }],
  ])('is a name and a kind: %s', (text, column) => expect(readListColumn(text)).toEqual(column));

  it.each(['mail', 'mail=', '=email', 'mail=mail', 'tel=email:DE'])('is not %s', (text) => {
    expect(readListColumn(text)).toBeNull();
  });
});

describe('a list', () => {
  it('has every identifier once, however it is written, and counts what is none', async () => {
    const rows = 'id,mail\n1,ana@example.com\n2, ANA@Example.com \n3,nobody\n4,\n';
    const list = await read('raw.csv', rows, 'mail=email');
    expect(list).toMatchObject({ rowCount: 4, unusableCount: 2 });
    expect(list.digests).toEqual([ana]);
    expect(await read('raw.csv.gz', gzipSync(rows), 'mail=email')).toEqual(list);
  });

  it('may hold digests already', async () => {
    const rows = `mail\n${ana.toString('hex')}\n${ana.toString('base64')}\nana@example.com\n`;
    const list = await read('hashed.csv', rows, 'mail=email', true);
    expect(list).toMatchObject({ rowCount: 3, unusableCount: 1, digests: [ana] });
  });

  it('is refused without the column, or with two of that name', async () => {
    await expect(read('no.csv', 'a,b\n1,2\n', 'mail=email')).rejects.toThrow('its columns are a, b');
    await expect(read('two.csv', 'mail,mail\n1,2\n', 'mail=email')).rejects.toThrow('two columns');
  });
});
