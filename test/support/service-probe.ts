// Loaded into a service before everything else, by `--import`: writes down, line by line, what the service does to its
// disk, its control store and its workers, and how long its stages take. Nothing of it is in a service that ships.
import childProcess from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import type { ProbeEvent } from './probed-stage.ts';

/** The file that holds what the flows have in common; the log's own index is another. */
const CONTROL_STORE = /control\.sqlite$/;

const file = openSync(process.env.GALLEY_PROBE ?? '/dev/null', 'a', 0o600);
const tell = (event: ProbeEvent): void => void writeSync(file, `${JSON.stringify(event)}\n`);

// biome-ignore lint/suspicious/noExplicitAny: methods of any shape are passed through as they are.
type Method = (this: any, ...args: any[]) => any;

function before(target: object, name: string, onCall: (self: unknown, args: readonly unknown[]) => void): void {
  const own = Reflect.get(target, name) as Method;
  Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
    onCall(this, args);
    return own.apply(this, args);
  });
}

for (const name of ['galley.stage', 'galley.job']) subscribe(name, (event) => tell(event as ProbeEvent));

subscribe('http2.server.stream.created', (event) => {
  const { stream, headers } = event as { stream: ServerHttp2Stream; headers: IncomingHttpHeaders };
  const beganAt = performance.now();
  const call = String(headers[':path']);
  stream.once('close', () => tell({ call, beganAt, endedAt: performance.now() }));
});

const prepare = DatabaseSync.prototype.prepare;
DatabaseSync.prototype.prepare = function (this: DatabaseSync, text: string) {
  const statement = prepare.call(this, text);
  if (!CONTROL_STORE.test(this.location() ?? '')) return statement;
  for (const name of ['all', 'run']) before(statement, name, () => tell({ statement: text }));
  return statement;
};

const handle = await open('/dev/null');
const files = Object.getPrototypeOf(handle) as object;
await handle.close();
for (const name of ['sync', 'datasync']) before(files, name, () => tell({ sync: name }));

before(childProcess, 'spawn', () => tell({ start: 'worker' }));
syncBuiltinESMExports();
