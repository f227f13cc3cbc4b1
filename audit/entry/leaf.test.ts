import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { entryOf } from '../testdata/kitchen-log.ts';
import { ENTRY_VERSION, type EntryBody } from './entry.ts';
import { entryKinds } from './entry-kind.ts';
import { MAX_SUBJECT_DEPTH_LEVELS } from './json-value.ts';
import { MAX_LEAF_BYTES, parseLeaf, toLeaf } from './leaf.ts';
import { currentVersion } from './schema/entry-schemas.ts';

const entry = entryOf('question-submitted', { question: 'q-1', über: [1, null, { b: true, a: '€' }] });
const text = Buffer.from(toLeaf(entry)).toString('utf8');

function leafOf(leafText: string): Uint8Array {
  return Buffer.from(leafText, 'utf8');
}

describe('a leaf', () => {
  it('is the RFC 8785 canonical JSON of the entry', () => {
    expect(text).toBe(
      '{"actor":{"member":"noodle-house","principal":"mei"},"at":"2031-05-01T12:00:00.000Z","collaboration":"spring-menu",' +
        `"kind":"question-submitted","kindVersion":${currentVersion('question-submitted')},` +
        '"subject":{"question":"q-1","über":[1,null,{"a":"€","b":true}]},"version":2}',
    );
  });

  it('gives the entry back, for any subject', () => {
    const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), json),
        fc.constantFrom(...Object.keys(entryKinds)),
        (subject, kind) => {
          const body = { ...entry, kind, subject } as EntryBody;
          const leaf = toLeaf(body);
          expect(toLeaf(parseLeaf(leaf))).toEqual(leaf);
          const written = { ...body, version: ENTRY_VERSION, kindVersion: currentVersion(body.kind) };
          expect(parseLeaf(leaf)).toEqual(JSON.parse(JSON.stringify(written)));
        },
      ),
    );
  });

  it('is refused when the same entry is spelled otherwise', async () => {
    const otherSpellings = [
      text.replace('{"actor"', '{ "actor"'),
      text.replace('"version":2', '"version":2,"version":2'),
      text.replace('"version":2', '"version":2.0'),
      text.replace('€', '\\u20ac'),
      text.replace('"kind":"question-submitted",', '').replace('"version"', '"kind":"question-submitted","version"'),
    ];
    for (const spelling of otherSpellings) await expectCode(() => parseLeaf(leafOf(spelling)), 'LEAF_NOT_CANONICAL');
  });

  it('is refused when it is not JSON in UTF-8', async () => {
    await expectCode(() => parseLeaf(leafOf('')), 'LEAF_NOT_JSON');
    await expectCode(() => parseLeaf(leafOf(`\u{feff}${text}`)), 'LEAF_NOT_JSON');
    await expectCode(() => parseLeaf(Buffer.from([0x22, 0xff, 0x22])), 'LEAF_NOT_JSON');
  });

  it('is refused past its largest size', async () => {
    const padding = MAX_LEAF_BYTES - toLeaf({ ...entry, subject: { query: '' } }).byteLength;
    expect(toLeaf({ ...entry, subject: { query: 'x'.repeat(padding) } }).byteLength).toBe(MAX_LEAF_BYTES);
    await expectCode(() => toLeaf({ ...entry, subject: { query: 'x'.repeat(padding + 1) } }), 'LEAF_TOO_LARGE');
    await expectCode(() => parseLeaf(new Uint8Array(MAX_LEAF_BYTES + 1)), 'LEAF_TOO_LARGE');
  });
});

describe('an entry', () => {
  it('is refused when its kind or version is not of the closed list', async () => {
    await expectCode(
      () => parseLeaf(leafOf(text.replace('question-submitted', 'question-forgotten'))),
      'ENTRY_KIND_UNKNOWN',
    );
    await expectCode(() => parseLeaf(leafOf(text.replace('question-submitted', 'toString'))), 'ENTRY_KIND_UNKNOWN');
    await expectCode(() => parseLeaf(leafOf(text.replace('"version":2', '"version":3'))), 'ENTRY_VERSION_UNKNOWN');
    for (const version of ['0', '99', '1.5', '"1"', 'null']) {
      const other = text.replace(/"kindVersion":\d+/, `"kindVersion":${version}`);
      await expectCode(() => parseLeaf(leafOf(other)), 'ENTRY_VERSION_UNKNOWN');
    }
  });

  it('is refused with a field too many, too few or of another shape', async () => {
    const wrong: Record<string, unknown>[] = [
      { at: '2031-05-01T12:00:00Z' },
      { at: '2031-02-30T12:00:00.000Z' },
      { at: '2031-05-01T14:00:00.000+02:00' },
      { at: 1 },
      { actor: undefined },
      { actor: { principal: 'mei' } },
      { actor: { principal: 'mei', member: 'noodle-house', token: 'x' } },
      { actor: { principal: '', member: 'noodle-house' } },
      { collaboration: '' },
      { collaboration: 7 },
      { subject: null },
      { subject: [] },
      { note: 'between the lines' },
    ];
    for (const fields of wrong)
      await expectCode(() => toLeaf({ ...entry, ...fields } as EntryBody), 'ENTRY_FIELD_INVALID');
  });

  it('is refused when its subject holds what JSON would drop, rewrite or not end', async () => {
    let deep: unknown = 1;
    for (let level = 0; level <= MAX_SUBJECT_DEPTH_LEVELS; level += 1) deep = [deep];
    const endless: Record<string, unknown> = {};
    endless.self = endless;
    const unsaid: unknown[] = [
      undefined,
      Number.NaN,
      1n,
      new Date(0),
      () => 1,
      Symbol('s'),
      '\ud800',
      new Array(2),
      deep,
      endless,
      { '\udc00': 1 },
    ];
    for (const value of unsaid) {
      await expectCode(() => toLeaf({ ...entry, subject: { value } } as unknown as EntryBody), 'ENTRY_FIELD_INVALID');
    }
  });
});
