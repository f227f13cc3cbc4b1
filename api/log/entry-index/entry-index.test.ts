import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditLog, type EntryBody, type EntryKind, openCheckpointKey, openLog } from '../../../audit/index.ts';
import { EntryIndex, type EntryQuery } from './entry-index.ts';
import { termsOf } from './entry-terms.ts';

const SECOND_MS = 1_000;
const START_MS = Date.UTC(2031, 4, 1, 12);
/** The schema and the table that says how far the index goes. */
const KEPT_PAGES_BYTES = 2 * 4_096;
const origin = 'kitchen.example/log';
const forever = new AbortController().signal;
const all: EntryQuery = {
  visible: 'all',
  terms: [],
  minRho: 0,
  fromIndex: 0,
  untilIndex: Number.POSITIVE_INFINITY,
};

let directory: string;
let log: AuditLog;
let failures: unknown[];
let index: EntryIndex;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'galley-index-'));
  failures = [];
  log = await openLog({ directory: join(directory, 'log'), origin, signer: await signer() });
  index = await openIndex();
});
afterEach(async () => {
  await index.close();
  await log.close();
  rmSync(directory, { recursive: true });
});

const signer = () => openCheckpointKey(join(directory, 'log.key'), origin);
const openIndex = () => EntryIndex.open({ directory, log, onFailure: (error) => failures.push(error) });

type Fields = Partial<Omit<EntryBody, 'kind' | 'subject' | 'at'>>;

/** Appends an entry, a second after the one before. */
async function say(kind: EntryKind, subject: EntryBody['subject'] = {}, fields: Fields = {}): Promise<number> {
  const at = new Date(START_MS + log.treeSize * SECOND_MS).toISOString();
  const actor = { principal: 'lin', member: 'chenxi' };
  const { leafIndex } = await log.append({ kind, at, actor, collaboration: 'col-1', subject, ...fields });
  return leafIndex;
}

/** Tells the life of a question over one column of one table. */
async function question(id: string, column: string, rho = 0.02): Promise<void> {
  const touched = [{ table: 'jiufang.outcomes', columns: [column] }];
  await say('question-submitted', { question: id, actingFor: 'chenxi', touched });
  await say('budget-reserved', { question: id, accounts: ['owner/ds-1', 'consumer/col-1/chenxi'], rho });
  await say('question-admitted', { question: id, tables: [{ table: 'jiufang.outcomes', rulesDigest: 'r' }] });
  await say('release-made', { question: id }, { actor: null });
}

async function find(...terms: string[]): Promise<readonly number[]> {
  return await search({ terms: terms.map((term) => [term]) });
}

async function search(query: Partial<EntryQuery>): Promise<readonly number[]> {
  await index.reach(log.treeSize, forever);
  return await Array.fromAsync(index.find({ ...all, ...query }, forever));
}

describe('an entry', () => {
  it('is found by the column that its question touches, the release and what was charged included', async () => {
    await question('q-1', 'city');
    await question('q-2', 'spend');
    await say('question-refused', {
      question: 'q-3',
      violations: [{ rule: 'measure-is-permitted', owner: 'jiufang' }],
    });
    expect(await find('column/jiufang.outcomes.city')).toEqual([0, 1, 2, 3]);
    expect(await find('table/jiufang.outcomes')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await find('column/jiufang.outcomes.spend', 'kind/release-made')).toEqual([7]);
    expect(await find('rule/measure-is-permitted')).toEqual([8]);
    expect(await find('outcome/refused')).toEqual([8]);
    expect(await find('outcome/admitted')).toEqual([2, 6]);
    expect(await find('column/jiufang.outcomes.age')).toEqual([]);
  });

  it('is found by the dataset that a table of its collaboration is bound to, in that collaboration alone', async () => {
    const platform = { actor: { principal: 'he', member: 'jiufang' } };
    await say('dataset-bound', { alias: 'outcomes', dataset: 'ds-7' }, platform);
    await say('dataset-bound', { alias: 'outcomes', dataset: 'ds-8' }, { ...platform, collaboration: 'col-2' });
    const tables = ['jiufang.outcomes'];
    await say('match-begun', { match: 'match-1', tables });
    await say('match-begun', { match: 'match-2', tables }, { collaboration: 'col-2' });
    await say('match-estimated', { match: 'match-2' }, { collaboration: 'col-2' });
    expect(await find('dataset/ds-7')).toEqual([0, 2]);
    expect(await find('dataset/ds-8')).toEqual([1, 3, 4]);
  });

  it('is found by what it charged, and by the time it was made', async () => {
    await question('q-1', 'city', 0.5);
    await question('q-2', 'city', 0.01);
    expect(await search({ minRho: 0.1 })).toEqual([1]);
    expect(await search({ minRho: 0.01 })).toEqual([1, 5]);
    expect(index.firstAt(START_MS + 3 * SECOND_MS)).toBe(3);
    expect(index.firstAt(START_MS + 2 * SECOND_MS + 1)).toBe(3);
    expect([index.firstAt(0), index.firstAt(START_MS + 3_600 * SECOND_MS)]).toEqual([0, 8]);
  });

  it('leads from an activation to its destination, and from an audience not to the destinations of others', async () => {
    await say('audience-defined', { audience: 'aud-1', tables: ['chenxi.mailings'] });
    await say('audience-activated', { audience: 'aud-1', activation: 'act-1', destination: 'shop-front' });
    await say('audience-activated', { audience: 'aud-1', activation: 'act-2', destination: 'back-door' });
    await say('audience-delivered', { audience: 'aud-1', activation: 'act-2' }, { actor: null });
    expect(await find('destination/back-door')).toEqual([2, 3]);
    expect(await find('destination/shop-front')).toEqual([1]);
    expect(await find('table/chenxi.mailings')).toEqual([0, 1, 2, 3]);
  });

  it('does not even make its words known outside of its part of the log', async () => {
    await say('function-submitted', { function: 'f-1' }, { collaboration: 'col-2' });
    await say('log-read');
    await index.reach(log.treeSize, forever);
    const part = { collaboration: 'col-1', fromIndex: 0, untilIndex: Number.POSITIVE_INFINITY };
    const shows = (term: string, visible: EntryQuery['visible']) => index.shows(term, visible, forever);
    expect(await shows('subject/f-1', 'all')).toBe(true);
    expect(await shows('subject/f-1', [{ ...part, collaboration: 'col-2' }])).toBe(true);
    expect(await shows('subject/f-1', [part])).toBe(false);
    expect(await shows('kind/log-read', [part])).toBe(true);
    expect(await shows('kind/log-read', [{ ...part, untilIndex: 1 }])).toBe(false);
  });

  it('is seen by nobody outside of its part of the log', async () => {
    await question('q-1', 'city');
    await say('service-stopped', {}, { collaboration: null });
    await say('question-submitted', { question: 'q-2' }, { collaboration: 'col-2' });
    const part = (fromIndex: number, untilIndex: number) => ({ collaboration: 'col-1', fromIndex, untilIndex });
    expect(await search({ visible: [part(1, 3)] })).toEqual([1, 2]);
    expect(await search({ visible: [part(0, 2), part(1, 99)] })).toEqual([0, 1, 2, 3]);
    expect(await search({ visible: [] })).toEqual([]);
    expect(await search({})).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('a search', () => {
  it('finds what a look at every entry finds, for any entries and any question', async () => {
    const kinds: EntryKind[] = ['question-submitted', 'release-made', 'log-read'];
    const entries = fc.array(
      fc.record({
        kind: fc.constantFrom(...kinds),
        question: fc.constantFrom('q-1', 'q-2', 'q-3'),
        principal: fc.constantFrom('lin', 'he'),
        collaboration: fc.constantFrom('col-1', 'col-2', null),
      }),
      { maxLength: 60 },
    );
    const asked = fc.record({
      terms: fc.array(
        fc.subarray(['kind/log-read', 'kind/release-made', 'subject/q-1', 'principal/he', 'collaboration/col-2'], {
          minLength: 1,
        }),
        { maxLength: 3 },
      ),
      fromIndex: fc.nat(80),
      untilIndex: fc.nat(300),
    });
    await fc.assert(
      fc.asyncProperty(entries, fc.array(asked, { maxLength: 5 }), async (more, questions) => {
        for (const { kind, question: id, principal, collaboration } of more) {
          const actor = { principal, member: 'chenxi' };
          await say(kind, { question: id }, { actor, collaboration });
        }
        const own = (await Array.fromAsync(log.read(0, log.treeSize))).map(({ leafIndex, entry }) => {
          return { leafIndex, terms: new Set(termsOf(entry).terms) };
        });
        for (const query of questions) {
          const expected = own.filter(
            ({ leafIndex, terms }) =>
              leafIndex >= query.fromIndex &&
              leafIndex < query.untilIndex &&
              query.terms.every((any) => any.some((term) => terms.has(term))),
          );
          expect(await search(query)).toEqual(expected.map(({ leafIndex }) => leafIndex));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('ends when its reader goes', async () => {
    await question('q-1', 'city');
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(index.reach(log.treeSize + 1, gone)).rejects.toThrow('gone');
  });
});

describe('the index', () => {
  const reopened = async (change: () => void | Promise<void>) => {
    await question('q-1', 'city');
    await index.reach(log.treeSize, forever);
    await index.close();
    await change();
    index = await openIndex();
    return await find('column/jiufang.outcomes.city');
  };
  const path = () => join(directory, 'log-index.sqlite');

  it('goes on where it was', async () => {
    expect(await reopened(() => question('q-2', 'city').then(() => undefined))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(failures).toEqual([]);
  });

  it('is made again when it is missing or damaged', async () => {
    expect(await reopened(() => rmSync(path()))).toEqual([0, 1, 2, 3]);
    expect(await reopened(() => writeFileSync(path(), 'no database'))).toHaveLength(8);
    expect(await reopened(() => truncateSync(path(), 5_000))).toHaveLength(12);
    expect(failures.length).toBeGreaterThan(0);
  });

  it('is made again when its lists turn out to be damaged', async () => {
    const half = async () => {
      const bytes = readFileSync(path());
      writeFileSync(path(), bytes.fill(0xff, KEPT_PAGES_BYTES));
    };
    await expect(reopened(half)).rejects.toThrow('malformed');
    expect(await find('column/jiufang.outcomes.city')).toEqual([0, 1, 2, 3]);
    expect(failures).toHaveLength(1);
  });

  it('is made again when the log is another one', async () => {
    const found = await reopened(async () => {
      await log.close();
      rmSync(join(directory, 'log'), { recursive: true });
      log = await openLog({ directory: join(directory, 'log'), origin, signer: await signer() });
      for (let count = 0; count < 6; count += 1) await say('log-read');
      await question('q-9', 'city');
    });
    expect(found).toEqual([6, 7, 8, 9]);
  });
});
