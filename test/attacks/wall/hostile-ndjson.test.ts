// Attack: a sender writes lines that are no objects: brackets without end, keys without number, numbers that no memory
// can write out, texts of half characters, one key twice with two meanings.
// Wall: as for CSV. A line is left out by its number and a word; what holds no lines is refused; no key is looked at that
// was not asked for, and nothing is ever as deep or as long as the sender says.
import { gzipSync } from 'node:zlib';
import { repeatedFile } from '../../../sandbox/testkit/index.ts';
import { askFor, type HostileCase, hostileSuite } from '../../support/hostile-suite.ts';

const MIB = 1_048_576;
const clean = { file: Buffer.from('{"n":1}\n{"n":2}\n{"n":3}\n'), rows: 3 };

function lines(...parts: readonly string[]): () => Buffer {
  return () => Buffer.from(`{"n":1}\n${parts.join('\n')}\n`);
}

const shapes: readonly HostileCase[] = [
  { title: 'is empty', file: () => Buffer.alloc(0), ends: 'empty' },
  { title: 'is lines of nothing', file: () => repeatedFile('', Buffer.alloc(MIB, '\n'), 2), ends: 'empty' },
  { title: 'is an array', file: () => Buffer.from('[{"n":1}]'), ends: 'not-this-format' },
  { title: 'is a text', file: () => Buffer.from('"n"\n'), ends: 'not-this-format' },
  { title: 'begins with a NUL', file: () => Buffer.from('{\0"n":1}\n'), ends: 'not-this-format' },
  { title: 'never has the key', file: () => Buffer.from('{"N":1}\n{"m":2}\n'), ends: 'header-mismatch' },
  {
    title: 'is one object of a gigabyte',
    file: () => repeatedFile('{"n":1', Buffer.alloc(MIB, ',"m":1'), 1_024),
    ends: 'row-too-long',
  },
  {
    title: 'is one text of a gigabyte',
    file: () => repeatedFile('{"m":"', Buffer.alloc(MIB, 'x'), 1_024),
    ends: 'row-too-long',
  },
  {
    title: 'unpacks to a thousand times its size',
    file: () => gzipSync(Buffer.alloc(64 * MIB, '{"n":1}\n')),
    ends: 'too-large',
  },
];

const objects: readonly HostileCase[] = [
  {
    title: 'opens brackets without end',
    file: lines(`{"m":${'['.repeat(500_000)}`, `{"m":${'[{"x":'.repeat(100_000)}`),
    ends: { rows: 1, rejects: ['not-an-object', 'not-an-object'] },
  },
  {
    title: 'has sixty thousand keys',
    file: lines(`{${Array.from({ length: 60_000 }, (_, key) => `"k${key}":0`).join()},"n":2}`),
    ends: { rows: 2 },
  },
  {
    title: 'has keys of the language',
    file: lines('{"__proto__":{"n":7},"constructor":1,"n":2}', '{"\\u006e":3}'),
    ends: { rows: 3 },
  },
  {
    title: 'has the key twice, once in disguise',
    file: lines('{"n":2,"n":3}', '{"n":2,"\\u006e":3}'),
    ends: { rows: 1, rejects: ['not-an-object', 'not-an-object'] },
  },
  {
    title: 'has two objects on a line, or one on two',
    file: lines('{"n":2}{"n":3}', '{"n":4,', '"m":5}'),
    ends: { rows: 1, rejects: ['not-an-object', 'not-an-object', 'not-an-object'] },
  },
];

const numbers: readonly HostileCase[] = [
  {
    title: 'holds numbers that no memory can write out',
    file: lines(
      '{"n":1e999999999}',
      '{"n":1e-999999999}',
      `{"n":${'9'.repeat(900_000)}}`,
      '{"n":0e999999999}',
      '{"n":1e18}',
    ),
    ends: { rows: 3, rejects: ['not-an-integer', 'not-an-integer', 'not-an-integer'] },
  },
  {
    title: 'holds what is a number elsewhere',
    file: lines('{"n":0x10}', '{"n":+1}', '{"n":.5}', '{"n":1_0}', '{"n":Infinity}', '{"n":-}'),
    ends: { rows: 1, rejects: Array.from({ length: 6 }, () => 'not-an-object') },
  },
  {
    title: 'holds bytes that are no text',
    file: () =>
      Buffer.concat([
        Buffer.from('{"n":"a"}\n{"n":"'),
        Buffer.from([0xff]),
        Buffer.from('"}\n{"n":"\\ud800"}\n{"n":"b"}'),
      ]),
    ends: { rows: 2, rejects: ['encoding', 'encoding'] },
    columns: askFor({ kind: 'text' }),
  },
];

hostileSuite('ndjson', clean, { 'no table': shapes, 'no objects': objects, 'values that cannot be kept': numbers });
