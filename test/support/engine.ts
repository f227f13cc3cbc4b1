import { type ChildProcess, fork } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { fileURLToPath } from 'node:url';
import { type Checked, type Parse, type ParsedQuery, readQuery } from '../../policies/index.ts';
import { NEW_FILE } from './new-file-channel.ts';

/** A value for a `$1` of the SQL. */
export type Parameter = bigint | string;

/** What the engine's process is asked. Bigints pass as they are. */
export interface EngineRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** What it answers: the rows, or the engine's own words; these are for whoever reads a failed test, and for no test. */
export type EngineAnswer =
  | { readonly id: number; readonly rows: readonly (readonly unknown[])[] }
  | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (rows: readonly (readonly unknown[])[]) => void;
  readonly reject: (error: Error) => void;
}

const program = fileURLToPath(new URL('./engine-child.ts', import.meta.url));
const waiting = new Map<number, Waiting>();
let engine: ChildProcess | undefined;
let lifeCount = 0;
let lastId = 0;

/** Trees by their text: tests ask the same few questions over and over, and a tree depends on its text alone. */
const parses = new Map<string, Promise<Parse>>();
/** Random questions do not come twice; this many are all that are written down in tests, several times over. */
const MAX_KEPT_PARSES = 5_000;

subscribe(NEW_FILE, () => {
  engine?.kill('SIGKILL');
  engine = undefined;
});

/** Which engine answers now: what was loaded into an earlier one is gone. */
export function engineLife(): number {
  if (engine === undefined) startEngine();
  return lifeCount;
}

/** Parses SQL with the grammar that ships: for tests of pure rules, where no wall is at stake. */
export function parseSql(sql: string): Promise<Parse> {
  const known = parses.get(sql);
  if (known !== undefined) return known;
  const parse = askForTree(sql);
  if (parses.size < MAX_KEPT_PARSES) parses.set(sql, parse);
  return parse;
}

/** Parses and reads SQL. */
export async function readSql(sql: string): Promise<Checked<ParsedQuery>> {
  return readQuery(sql, await parseSql(sql));
}

/**
 * Runs SQL and returns its rows as plain values; dates and decimals as their text.
 *
 * The engine is a process of this test file's own: it starts with the first question and ends with its asker.
 */
export function runSql(sql: string, parameters: readonly Parameter[] = []): Promise<readonly (readonly unknown[])[]> {
  return new Promise((resolve, reject) => {
    const child = engine ?? startEngine();
    const id = ++lastId;
    waiting.set(id, { resolve, reject });
    keepAlive(child);
    child.send({ id, sql, parameters } satisfies EngineRequest);
  });
}

async function askForTree(sql: string): Promise<Parse> {
  // As the worker that ships: the engine would stop reading at a NUL.
  const nul = sql.indexOf('\0');
  if (nul >= 0) return { ok: false, reason: 'syntax', position: Buffer.byteLength(sql.slice(0, nul)) };
  const rows = await runSql('select json_serialize_sql($1::varchar)', [sql]);
  const tree = String(rows[0]?.[0]);
  if (!tree.startsWith('{"error":true')) return { ok: true, tree };
  const answer = JSON.parse(tree) as { error_type?: string; position?: string };
  const reason = answer.error_type === 'parser' ? 'syntax' : 'not-select';
  if (answer.position === undefined) return { ok: false, reason };
  // The grammar counts characters here and bytes in its trees.
  const before = [...sql].slice(0, Number(answer.position)).join('');
  return { ok: false, reason, position: Buffer.byteLength(before) };
}

function startEngine(): ChildProcess {
  // Without the arguments of the test runner's own processes, which would load it there too.
  const child = fork(program, { execArgv: [], serialization: 'advanced' });
  child.on('message', (answer: EngineAnswer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) asker?.reject(new Error(answer.error));
    else asker?.resolve(answer.rows);
    if (waiting.size === 0) letGo(child);
  });
  child.on('exit', (code, signal) => abandon(child, new Error(`the test engine ended: ${signal ?? code}`)));
  child.on('error', (error) => abandon(child, error));
  engine = child;
  lifeCount += 1;
  // One that nobody asks anything is no reason to stay.
  letGo(child);
  return child;
}

// The next question starts another one.
function abandon(child: ChildProcess, error: Error): void {
  if (engine !== child) return;
  engine = undefined;
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
}

// A process that waits for an answer must not end, and one that waits for none must not be kept from it.
function keepAlive(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function letGo(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}
