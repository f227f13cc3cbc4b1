// SQL that has come past the policies asks the engine for what it can do beside queries: read files, write them, attach
// databases, load code, change its own settings. The wall around the process would stop the worst of it; the worker's
// own files are inside.
//
// The wall: the engine is locked before it sees the statement, and one SELECT is all it is given.
import { afterAll, describe, expect, it } from 'vitest';

import { ChangedWorkers, reportSql, rowsOf } from '../../support/wall/changed-workers.ts';

const TIMEOUT_MS = 120_000;
const workers = new ChangedWorkers();
afterAll(() => workers[Symbol.asyncDispose]());

/** What each asks for; every one of them is answered by an engine that is not locked and not asked what it is given. */
const attacks: readonly (readonly [string, string])[] = [
  ['reads a file of its worker', "select content from read_text('/galley/code/worker/main.js')"],
  ['lists the files of its worker', "select count(*) from glob('/galley/**')"],
  [
    'reads the one setting of the host that it can see',
    "select count(*) from read_csv('/proc/sys/vm/overcommit_memory')",
  ],
  ['asks whether a file of the host is there', "select content from read_text('/etc/passwd')"],
  ['reads a file as bytes', "select octet_length(content) from read_blob('/galley/code/worker/main.js')"],
  ['reads a file by naming it as a table', "select count(*) from '/galley/node_modules/duckdb/package.json'"],
  ['attaches a database', "attach ':memory:' as other"],
  ['loads an extension', 'load icu'],
  ['takes more threads', 'set threads = 64'],
  ['takes more memory', "set memory_limit = '100GB'"],
  ['gives its memory limit back', 'reset memory_limit'],
  ['changes a setting by a pragma', 'pragma threads = 64'],
  ['lets the lock be lifted', 'set lock_configuration = false'],
  ['writes a profile of what runs', "pragma enable_profiling = 'json'"],
  ['makes a table of its own', 'create table mine (a integer)'],
  ['logs what it sees', 'call enable_logging()'],
  ['keeps a variable', 'set variable kept = 1'],
  ['leaves its schema', 'use memory'],
  ['prepares a statement for later', 'prepare later as select 1'],
  ['asks how a statement would be run', 'explain select 1'],
];

describe('SQL that asks for more than a query', () => {
  it.each(attacks)(
    'gets nothing when it %s',
    async (name, sql) => {
      const finding = await workers.judge(sql);
      reportSql('engine lockdown', name, finding);
      expect(finding).toMatchObject({ isEscape: false, isBlank: false });
    },
    TIMEOUT_MS,
  );

  it.each([
    "copy (select 1) to '/tmp/galley-attack.csv'",
    "export database '/tmp/galley-attack'",
    "attach '/tmp/galley-attack.duckdb' as other",
    'install httpfs',
    'load httpfs',
    "select * from read_csv('https://127.0.0.1/x.csv')",
  ])('gets nothing outside the process even from an engine that is not locked: %s', async (sql) => {
    const answers = [
      await rowsOf(workers.without([]), sql),
      await rowsOf(workers.without(['engine lockdown', 'one select only']), sql),
    ];
    const isEscape = answers.some((rows) => rows !== null);
    reportSql('engine lockdown', sql, { isEscape, stoppedBy: 'engine lockdown, and the namespaces around it' });
    expect(answers).toEqual([null, null]);
  });

  // These two are functions of a SELECT and change the engine; neither layer knows them, the policies do not let them in.
  it.each(['select * from enable_peg_parser()', 'select * from enable_logging()'])(
    'changes the engine of its own worker only: %s',
    async (sql) => {
      const wall = workers.without([]);
      const probe = 'select 1 as a from (values (1)) t(x) where x in (1, 2) group by all';
      const before = await wall.parse(probe, { deadlineMs: 30_000 });
      await rowsOf(wall, sql);
      const after = await wall.parse(probe, { deadlineMs: 30_000 });
      const settings = await rowsOf(wall, "select count(*) from duckdb_logs() where type = 'QueryLog'");
      const isEscape = JSON.stringify(before) !== JSON.stringify(after) || String(settings) === '1';
      reportSql('parser swaps', sql, { isEscape, stoppedBy: 'a worker for one job alone' });
      expect(after).toEqual(before);
    },
    TIMEOUT_MS,
  );
});
