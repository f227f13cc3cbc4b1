import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Cell } from '../../../wire/column-type.ts';
import type { IngestColumn } from '../../../wire/jobs.ts';
import { memoryFile, type TakenUpload, takeUpload } from '../testkit/take-upload.ts';
import { JsonObjectReader } from './json-object.ts';

const LAYOUT = { format: 'ndjson' as const };
const COLUMNS: IngestColumn[] = [
  { name: 't', type: { kind: 'text' }, nullable: true },
  { name: 'n', type: { kind: 'integer' }, nullable: true },
  { name: 'd', type: { kind: 'decimal', scale: 3 }, nullable: true },
  { name: 'b', type: { kind: 'boolean' }, nullable: true },
  { name: 'day', type: { kind: 'date' }, nullable: true },
];
const ALL = '{"t":"x","n":1,"d":1,"b":true,"day":"2024-02-29"}';

function take(text: string | Uint8Array, columns = COLUMNS, partBytes = 7): Promise<TakenUpload> {
  return takeUpload(memoryFile(text, partBytes), columns, { layout: LAYOUT });
}

/** The row that a line makes beside a whole one, or why it is left out. */
async function rowOf(line: string): Promise<Cell[] | { column: string; reason: string }> {
  const { rows, rejects, refusal } = await take(`${ALL}\n${line}\n`);
  expect(refusal).toBeNull();
  const [reject] = rejects;
  if (reject === undefined) return rows[1] as Cell[];
  expect(reject.line).toBe(2);
  return { column: reject.column, reason: reject.reason };
}

describe('a line of json', () => {
  it.each<[string, Cell[]]>([
    ['{"t":"a","n":-7,"d":1.5,"b":false,"day":"1970-01-02"}', ['a', -7n, 1500n, false, 1n]],
    ['  { "day" : null , "t" : "" , "x" : [ { "n" : "]}" } ] }  ', ['', null, null, null, null]],
    ['{"t":"\\u00e9\\n\\"\\ud83d\\ude00","n":"12","d":" .5 ","b":"yes"}', ['é\n"😀', 12n, 500n, true, null]],
    ['{"n":1e3,"d":12.34e-1,"b":1}', [null, 1000n, 1234n, true, null]],
    [
      '{"n":9223372036854775807,"d":123456789012345.678}',
      [null, 9223372036854775807n, 123456789012345678n, null, null],
    ],
    ['{"n":5.0,"d":-0.1250}', [null, 5n, -125n, null, null]],
    ['{"n":0e99999,"d":1000000000000000000000e-20}', [null, 0n, 10000n, null, null]],
    ['{}', [null, null, null, null, null]],
  ])('%s is read', async (line, row) => {
    expect(await rowOf(line)).toEqual(row);
  });

  it.each([
    ['{"t":1}', 't', 'not-text'],
    ['{"t":true}', 't', 'not-text'],
    ['{"t":{}}', 't', 'not-text'],
    ['{"n":[1]}', 'n', 'not-an-integer'],
    ['{"n":1.5}', 'n', 'not-an-integer'],
    ['{"n":9223372036854775808}', 'n', 'out-of-range'],
    ['{"n":1e400}', 'n', 'out-of-range'],
    ['{"n":1e99999}', 'n', 'not-an-integer'],
    ['{"d":0.0001}', 'd', 'not-a-decimal'],
    ['{"d":1e-99999}', 'd', 'not-a-decimal'],
    ['{"b":2}', 'b', 'not-a-boolean'],
    ['{"day":20240229}', 'day', 'not-a-date'],
    ['{"t":"\\u0000"}', 't', 'not-text'],
    ['{"t":"\\ud83d"}', 't', 'encoding'],
    ['{"t":"\uFFFD"}', 't', 'encoding'],
    ['{"n":1', '', 'not-an-object'],
    ['{"n":1}}', '', 'not-an-object'],
    ['{"n":1} {"n":2}', '', 'not-an-object'],
    ['{"n":1,"n":1}', '', 'not-an-object'],
    ['{"n":01}', '', 'not-an-object'],
    ['{"n":NaN}', '', 'not-an-object'],
    ['{n:1}', '', 'not-an-object'],
    ['{"n":1,}', '', 'not-an-object'],
    ['[1]', '', 'not-an-object'],
    ['{"t":"\t"}', '', 'not-an-object'],
    ['{"t":"\\x"}', '', 'not-an-object'],
    [`{"x":${'['.repeat(100)}${']'.repeat(100)}}`, '', 'not-an-object'],
    ['{"x":[}]}', '', 'not-an-object'],
    ['{"x":{,}}', '', 'not-an-object'],
    ['{"x":[1 2]}', '', 'not-an-object'],
  ])('%s is left out', async (line, column, reason) => {
    expect(await rowOf(line)).toEqual({ column, reason });
  });

  it('holds what the parser of the language finds in it, whatever its order and spaces', () => {
    const value = fc.jsonValue({ maxDepth: 2, noUnicodeString: false });
    const object = fc.dictionary(fc.constantFrom('t', 'n', 'u"', 'é', 'x'), value);
    return fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 5 }), fc.constantFrom(0, 1), (objects, space) => {
        const reader = new JsonObjectReader(['t', 'é', 'u"']);
        for (const written of objects) {
          const line = Buffer.from(JSON.stringify(written, null, space).replaceAll('\n', ' '));
          expect(reader.read(line, 0, line.length)).toBe(true);
          for (const [index, key] of ['t', 'é', 'u"'].entries()) {
            const { kind, start, end } = reader.values[index] as (typeof reader.values)[number];
            expect(kind === 'absent').toBe(!Object.hasOwn(written, key));
            if (kind === 'absent') continue;
            const isText = kind === 'text' || kind === 'escaped-text';
            const token = line.toString('utf8', isText ? start - 1 : start, isText ? end + 1 : end);
            expect(JSON.parse(token)).toEqual(JSON.parse(JSON.stringify(written))[key]);
          }
        }
      }),
    );
  });

  it('is refused where the parser of the language refuses it', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '"t"',
      ':',
      ',',
      '1',
      '-',
      '0',
      '.5',
      'e1',
      'null',
      'tru',
      '"',
      '\\',
      ' ',
      '"a\\u12"',
    );
    return fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
        const line = Buffer.from(`{${parts.join('')}}`);
        let isObject = true;
        try {
          JSON.parse(line.toString());
        } catch {
          isObject = false;
        }
        // A key twice is refused here and not there.
        if (!isObject) expect(new JsonObjectReader(['t']).read(line, 0, line.length)).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a file of lines of json', () => {
  it('may hold identifiers, as text or as a number', async () => {
    const columns: IngestColumn[] = [
      { name: 'id', source: 'Member', type: { kind: 'digest' }, nullable: false, identifier: 'member_id' },
    ];
    const { rows, rejects } = await take(
      '{"Member":"42"}\n{"Member":42}\n{"Member":4.2}\n\n{"Member":null}\n',
      columns,
    );
    expect(rows).toEqual([[hash('sha256', '42', 'base64')], [hash('sha256', '42', 'base64')]]);
    expect(rejects).toEqual([
      { line: 3, column: 'id', reason: 'not-an-identifier' },
      { line: 5, column: 'id', reason: 'missing' },
    ]);
  });

  it('may be packed, and may be UTF-16', async () => {
    expect((await take(gzipSync(`${ALL}\r\n${ALL}`))).rows).toHaveLength(2);
    expect((await take(Buffer.from(`\uFEFF${ALL}\n`, 'utf16le'))).rows).toHaveLength(1);
  });

  it.each([
    ['empty', ''],
    ['empty', '\n \n'],
    ['not-this-format', 'a,b\n1,2\n'],
    ['not-this-format', '[{"n":1}]'],
    ['header-mismatch', '{"t":"x","n":1,"d":1,"b":true}\n'],
    ['row-too-long', `{"t":"${'x'.repeat(1_100_000)}"}\n`],
  ])('is refused as %s', async (reason, text) => {
    expect((await take(text, COLUMNS, 65_536)).refusal).toBe(reason);
  });
});
