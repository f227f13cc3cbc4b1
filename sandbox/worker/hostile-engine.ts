// The second hostile program of the self-test: SQL that should not have passed, in the engine of a real worker, and
// then a bomb of threads. It tries what an engine without its lockdown would do even here: the files it names are there.
import * as fs from 'node:fs';
import { Worker } from 'node:worker_threads';

import { lockEngine, openEngine } from './engine/engine.ts';

const ANSWER_FD = 3;
const READABLE_FILE = '/galley/code/package.json';
const WRITABLE_FILE = '/dev/null';
// The engine says by these words that it would not, rather than that it could not.
const REFUSAL = /^(?:Permission Error|Invalid Input Error: Cannot change configuration option)/;
// Above every limit on a worker's threads, and with the stack of each below every limit on its memory.
const BOMB_THREADS_COUNT = 64;

const bomb = await openEngine();
const engine = await openEngine();
await lockEngine(engine);

tell({
  'engine-reads-no-file':
    (await isRefused(`SELECT * FROM read_text('${READABLE_FILE}')`)) &&
    (await isRefused(`SELECT * FROM read_blob('${READABLE_FILE}')`)) &&
    (await isRefused(`SELECT * FROM '${READABLE_FILE}'`)) &&
    (await isRefused("SELECT * FROM glob('/galley/*')")),
  'engine-writes-no-file': await isRefused(`COPY (SELECT 1) TO '${WRITABLE_FILE}' (FORMAT csv, USE_TMP_FILE false)`),
  'engine-attaches-no-file': await isRefused(`ATTACH '${READABLE_FILE}' AS other (READ_ONLY)`),
  'engine-loads-no-extension': (await isRefused('INSTALL httpfs')) && (await isRefused(`LOAD '${READABLE_FILE}'`)),
  'engine-keeps-its-settings':
    (await isRefused('SET enable_external_access = true')) &&
    (await isRefused("SET memory_limit = '1TB'")) &&
    (await isRefused('RESET disabled_filesystems')),
});

// The host reads about this process while it waits: it is the other worker that a hostile one looks for.
fs.readSync(0, new Uint8Array(1));

// The engine starts as many as it can and is silent about the rest; whether there is room for one more tells.
await bomb.run(`SET threads = ${BOMB_THREADS_COUNT}`);
tell({ 'starts-no-more-threads': startsNoThread() });
process.exit(0);

async function isRefused(sql: string): Promise<boolean> {
  try {
    await engine.run(sql);
    return false;
  } catch (error) {
    return error instanceof Error && REFUSAL.test(error.message);
  }
}

function startsNoThread(): boolean {
  try {
    new Worker('', { eval: true });
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_INIT_FAILED';
  }
}

// A line at a time: a bomb that goes off ends this process, and must not take with it what was found before.
function tell(findings: Record<string, boolean>): void {
  fs.writeSync(ANSWER_FD, `${JSON.stringify(findings)}\n`);
}
