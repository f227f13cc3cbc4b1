// Stands in the worker's place for bench/at-rest.ts: an engine that is started already, behind a read-only root without
// a network, and opens files that are bound into it. One line in, one line out.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from 'duckdb';

/** What is asked: set-up first, then the engine's own lock as the wall has it, then the question. */
export interface AtRestAsked {
  readonly setUp: readonly string[];
  readonly sql: string;
}

const LOCK = [
  'SET enable_external_access = false',
  "SET disabled_filesystems = 'LocalFileSystem'",
  'SET lock_configuration = true',
];

const instance = await DuckDBInstance.create(':memory:', {
  threads: '2',
  memory_limit: '2048MiB',
  temp_directory: '',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
});
const connection = await instance.connect();
// Loaded before it is asked, as a warm worker would: the start is measured nowhere.
const extension = process.argv[2];
if (extension !== undefined) await connection.run(`LOAD '${extension}'`);
process.stdout.write(`${JSON.stringify({ ready: process.pid })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { setUp, sql } = JSON.parse(line) as AtRestAsked;
  for (const statement of [...setUp, ...LOCK]) await connection.run(statement);
  const reader = await connection.runAndReadAll(sql);
  const rows = reader.getRows().map((row) => row.map(String));
  const peakMib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024;
  process.stdout.write(`${JSON.stringify({ rows, peakMib })}\n`);
  break;
}
process.exit(0);
