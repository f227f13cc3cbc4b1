import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { datasets } from '../proto/index.ts';
import { readSchemaFile, SchemaFault, writeSchemaFile } from './schema-file.ts';

const schemaUrl = new URL('../docs/schema-file.schema.json', import.meta.url);
const isValid = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(schemaUrl, 'utf8')));

const good = {
  file: { format: 'csv', encoding: 'gb18030', delimiter: ';', quote: '"', nullWords: ['NULL', 'n/a'] },
  columns: [
    { name: 'mail', source: 'E-Mail', kind: 'email', nullable: true, hashed: false },
    { name: 'mobile', source: 'mobile', kind: 'phone', nullable: true, region: 'CN', hashed: false },
    { name: 'loyalty', source: 'Loyalty', kind: 'custom', nullable: true, hashed: true, customKind: 'loyalty_id' },
    { name: 'spend', source: 'spend', kind: 'decimal', scale: 2, nullable: false },
  ],
  tolerance: { rows: 5, share: 0.01 },
};

describe('a schema file', () => {
  it('says what a dataset is created with', () => {
    const { layout, columns, tolerance } = readSchemaFile(JSON.stringify(good));
    expect(layout).toEqual({ ...good.file, format: datasets.FileFormat.CSV });
    expect(columns[0]).toMatchObject({
      name: 'mail',
      source: 'E-Mail',
      kind: datasets.ColumnKind.EMAIL,
      nullable: true,
    });
    expect(columns[1]).toMatchObject({ source: '', defaultRegion: 'CN' });
    expect(columns[2]).toMatchObject({ customKind: 'loyalty_id', hashed: true });
    expect(columns[3]).toMatchObject({ scale: 2 });
    expect(tolerance).toEqual({ rows: 5n, share: 0.01 });
  });

  it('is written as it is read, a line a column, and as editors are told', () => {
    const text = writeSchemaFile(readSchemaFile(JSON.stringify(good)));
    expect(JSON.parse(text)).toEqual(good);
    expect(text.split('\n').filter((line) => line.includes('"name"'))).toHaveLength(4);
    expect(isValid(JSON.parse(text))).toBe(true);
  });

  const column = (fields: object) => ({ ...good, columns: [{ name: 'a', kind: 'text', ...fields }] });
  it.each<[string, unknown, string]>([
    ['no columns', { ...good, columns: [] }, '`columns`'],
    ['an unknown field', { ...good, colums: [] }, '`colums`'],
    ['an unknown field of a column', column({ knd: 'text' }), '`columns[0].knd`'],
    ['an unknown kind', column({ kind: 'money' }), '`columns[0].kind`'],
    ['a name that SQL cannot write', column({ name: 'E-Mail' }), '`columns[0].name`'],
    ['a flag in quotes', column({ nullable: 'true' }), '`columns[0].nullable`'],
    ['a scale too many', column({ kind: 'decimal', scale: 12 }), '`columns[0].scale`'],
    ['a decimal without a scale', column({ kind: 'decimal' }), '`columns[0].scale`'],
    ['a scale of text', column({ scale: 2 }), '`columns[0].scale`'],
    ['a region of an address', column({ kind: 'email', region: 'CN' }), '`columns[0].region`'],
    ['a hashed measure', column({ kind: 'integer', hashed: true }), '`columns[0].hashed`'],
    ['a custom identifier without its kind', column({ kind: 'custom' }), '`columns[0].customKind`'],
    ['two characters between fields', { ...good, file: { delimiter: '||' } }, '`file.delimiter`'],
    ['an unknown format', { ...good, file: { format: 'xlsx' } }, '`file.format`'],
    ['a share over one', { ...good, tolerance: { share: 5 } }, '`tolerance.share`'],
    ['half a row', { ...good, tolerance: { rows: 0.5 } }, '`tolerance.rows`'],
  ])('with %s is refused by its place, and editors mark it too', (_, document, place) => {
    const read = () => readSchemaFile(JSON.stringify(document));
    expect(read).toThrow(SchemaFault);
    expect(read).toThrow(place);
    expect(isValid(document)).toBe(false);
  });

  it('with one column twice, or that is no JSON, is refused with the way out', () => {
    const twice = { ...good, columns: [good.columns[0], good.columns[0]] };
    expect(() => readSchemaFile(JSON.stringify(twice))).toThrow('`columns[1].name` is there twice');
    expect(() => readSchemaFile('{"columns": [}')).toThrow('look for a comma');
  });
});
