// SQL, or a worker that has been taken over, looks for what belongs to others: the tables of another job, what the
// engine remembers of them in its catalogue and its statistics, and what the host keeps in its folders.
//
// The wall: a worker lives for one job, is given that job's columns and nothing else, and there is no way to another.
import { afterAll, describe, expect, it } from 'vitest';

import { column, fileOf, jobOf, takeAll, wallOfChanged } from '../../../sandbox/testkit/index.ts';
import { report } from '../../support/wall/report.ts';

const LIMITS = { deadlineMs: 30_000 };
const SECRET = 'ana@example.com';
const TIMEOUT_MS = 120_000;

const wall = wallOfChanged({});
afterAll(() => wall.close());

const others = { name: 'others_table', columns: [column('others_column', { kind: 'text' }, [SECRET, 'x', 'y'])] };
const mine = { name: 'my_table', columns: [column('my_column', { kind: 'integer' }, [1n, 2n])] };

/** Places where an engine tells of its tables and of what is in them. */
const catalogs = [
  'select table_name from duckdb_tables()',
  'select column_name from duckdb_columns() where not internal',
  'select table_name from information_schema.tables',
  'select column_name from information_schema.columns',
  "select name from sqlite_master where type = 'table'",
  'select relname from pg_catalog.pg_class',
  'select sql from duckdb_tables()',
  'select stats(others_column) from others_table limit 1',
  "select stats from pragma_storage_info('others_table')",
  'select others_column from others_table',
  'select column_name from (describe others_table)',
];

async function answerOf(sql: string, ...tables: (typeof mine | typeof others)[]): Promise<string> {
  try {
    return JSON.stringify(await wall.run(jobOf(sql, ['text'], ...tables), LIMITS), (_, cell) =>
      typeof cell === 'bigint' ? String(cell) : cell,
    );
  } catch {
    return '';
  }
}

describe('a job', () => {
  it.each(catalogs)(
    'finds nothing of another one by %s',
    async (sql) => {
      // Both at once, and the other one again before: neither a neighbour nor a predecessor is to be seen.
      await answerOf('select others_column from others_table', others);
      const [found] = await Promise.all([
        answerOf(sql, mine),
        answerOf('select others_column from others_table', others),
      ]);
      const isEscape = found.includes('others') || found.includes(SECRET);
      report({ category: 'catalogs', attack: sql, isEscape, stoppedBy: 'a worker for one job alone' });
      expect(found).not.toContain('others');
      expect(found).not.toContain(SECRET);
    },
    TIMEOUT_MS,
  );

  it(
    'would find it, were it in the same worker',
    async () => {
      const found = await Promise.all(catalogs.map((sql) => answerOf(sql, mine, others)));
      expect(found.filter((text) => text.includes('others') || text.includes(SECRET)).length).toBeGreaterThan(6);
    },
    TIMEOUT_MS,
  );
});

// A worker taken over before its job: it tells the host, as a syntax tree, all that it was ever given.
const TELLS_ALL = `
import * as fs from 'node:fs';
import { answer } from './channel.js';
answer({ kind: 'ready' });
let text = '';
const part = Buffer.alloc(65536);
for (;;) {
  const count = fs.readSync(0, part, 0, part.length, null);
  if (count === 0) break;
  text += part.toString('latin1', 0, count);
  if (text.endsWith('\\0\\0\\0\\0\\x03')) break;
}
answer({ kind: 'tree', text: JSON.stringify({ text, arguments: process.argv, environment: process.env }) });
process.exit(0);
`;

describe('a parser worker', () => {
  it('that has been taken over was given the text of the question and nothing else', async () => {
    const parser = wallOfChanged({ 'worker/main.js': () => TELLS_ALL });
    try {
      const sql = 'select count(*) from brand.mailings';
      const result = await parser.parse(sql, LIMITS);
      const told = JSON.parse(result.ok ? result.tree : '{}') as Record<string, unknown>;
      const job = JSON.stringify({ kind: 'parse', sql });
      const length = Buffer.alloc(4);
      length.writeUInt32LE(job.length);
      const given = `${length.toString('latin1')}\0${job}\0\0\0\0\x03`;
      const isEscape = told.text !== given || JSON.stringify(told.environment) !== '{"PWD":"/"}';
      report({
        category: 'parser swaps',
        attack: 'a parser worker that has been taken over looks for data',
        isEscape,
        stoppedBy: 'empty-handed parser worker alone',
      });
      // What such a worker may answer in place of a tree is tried in test/fuzz/syntax-trees.test.ts.
      expect(told.text).toBe(given);
      expect(told.environment).toEqual({ PWD: '/' });
    } finally {
      await parser.close();
    }
  });
});

const EXPRESSIONS = [
  'cast(others_column as integer)',
  'cast(others_column as date)',
  'others_column::timestamp',
  'error(others_column)',
  'json(others_column)',
  "strptime(others_column, '%Y')",
  "regexp_matches(others_column, others_column || '(')",
  'from_base64(others_column)',
  'cast(others_column as uuid)',
  "date_part(others_column, date '2026-01-01')",
  'list_extract([1], cast(others_column as integer))',
];

/** Everything of an error that somebody might print. */
function allOf(error: unknown): string {
  const seen = error as Record<string, unknown>;
  return Object.getOwnPropertyNames(seen)
    .map((name) => `${name}: ${String(seen[name])}`)
    .join('\n');
}

describe('the text of an error', () => {
  it.each(EXPRESSIONS)(
    'carries no value out of a run that fails by %s',
    async (expression) => {
      const sql = `select ${expression}::varchar from others_table`;
      const table = {
        name: 'others_table',
        columns: [{ name: 'others_column', kind: 'text' as const }],
        rows: [[SECRET]],
      };
      const attempts = [
        wall.run(jobOf(sql, ['text'], others), LIMITS),
        wall.compose({ tables: [table], sql, maxRows: 9 }, LIMITS),
      ];
      const ended = await Promise.allSettled<unknown>(attempts);
      const thrown = ended.map((end) => (end.status === 'rejected' ? (end.reason as unknown) : { code: 'no failure' }));
      const text = thrown.map(allOf).join('\n');
      const isEscape =
        text.includes('ana') || thrown.some((error) => (error as { code: string }).code !== 'RUN_FAILED');
      report({
        category: 'error texts',
        attack: `fails by ${expression}`,
        isEscape,
        stoppedBy: 'closed codes of the worker, output gate',
      });
      expect(thrown).toMatchObject([{ code: 'RUN_FAILED' }, { code: 'RUN_FAILED' }]);
      expect(text).not.toContain('ana');
      expect(text).not.toMatch(/convert|conversion|duckdb/i);
    },
    TIMEOUT_MS,
  );

  it('is not believed when a worker that has been taken over says it in place of a code', async () => {
    const speaking = wallOfChanged({
      'worker/main.js': (source) =>
        source.replace("code: 'RUN_FAILED', reason: null", 'code: String(error), reason: null'),
    });
    try {
      const failing = speaking.run(
        jobOf('select error(others_column)::varchar from others_table', ['text'], others),
        LIMITS,
      );
      const error: unknown = await failing.catch((thrown: unknown) => thrown);
      const isEscape = allOf(error).includes('ana');
      report({
        category: 'error texts',
        attack: 'says the error of its engine as a code',
        isEscape,
        stoppedBy: 'output gate alone',
      });
      expect(error).toMatchObject({ code: 'RUN_FAILED' });
      expect(allOf(error)).not.toContain('ana');
    } finally {
      await speaking.close();
    }
  });

  it('tells the sender of an upload where a row is wrong, and not what is in it', async () => {
    const file = Buffer.from(`a,b\n${SECRET},1\n2,${SECRET}\n`);
    const job = {
      layout: { format: 'csv' as const },
      sortKey: new Uint8Array(32),
      columns: [
        { name: 'a', type: { kind: 'integer' as const }, nullable: false },
        { name: 'b', type: { kind: 'date' as const }, nullable: false },
      ],
      maxRejects: 10,
    };
    const events = await takeAll(wall.ingest(job, fileOf(file), LIMITS));
    const text = JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    report({
      category: 'error texts',
      attack: 'fails by a cell of an upload',
      isEscape: text.includes('ana'),
      stoppedBy: 'closed codes of the worker',
    });
    expect(events.filter(({ kind }) => kind === 'reject').length).toBe(2);
    expect(text).not.toContain('ana');
  });
});
