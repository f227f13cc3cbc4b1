import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { descendantsOf, isRunning, until } from '../testkit/processes.ts';
import { bubblewrapArguments } from './bubblewrap.ts';
import { endLeftBehind } from './end-left-behind.ts';
import { TOOL_PATH } from './host-tools.ts';
import { sweepRuntimes } from './sweep-runtimes.ts';
import { asUser, openWorkerUsers } from './worker-users.ts';

/** What bubblewrap reads before it sets its inner process up, and where it says that it has begun. */
const [BLOCK_FD, SAID_FD] = [5, 6];

// A root of its own, as services that run beside the tests sweep theirs. Nothing is mounted yet: nothing need be in it.
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-left-behind-'));
afterAll(() => fs.rmSync(root, { recursive: true }));
const [node, packages, code] = [path.join(root, 'node'), path.join(root, 'node_modules'), path.join(root, 'code')];
const runtime = { node, packages, code, seccomp: { kill: '', refuse: '' } };

/** Starts a worker's bubblewrap, which waits in the middle of setting up; answers it and its inner process. */
async function halfSetUp(): Promise<{ outer: ChildProcess; inner: number }> {
  const users = openWorkerUsers();
  onTestFinished(() => users.close());
  const [command = '', ...rest] = bubblewrapArguments(runtime, ['seccomp']);
  const waiting = ['--unshare-user', '--userns-block-fd', String(BLOCK_FD), '--info-fd', String(SAID_FD)];
  const outer = spawn(command, [...waiting, ...rest, node], {
    ...asUser(users.claim()),
    cwd: '/',
    env: { PATH: TOOL_PATH },
    stdio: ['ignore', 'ignore', 'ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  await once(outer.stdio[SAID_FD] as Readable, 'data');
  const [inner = 0] = descendantsOf(outer.pid ?? 0);
  onTestFinished(() => {
    outer.kill('SIGKILL');
    if (isRunning(inner)) process.kill(inner, 'SIGKILL');
  });
  expect(isRunning(inner)).toBe(true);
  return { outer, inner };
}

it('ends what is left of a worker whose outer process was killed while it set up, and no worker that has one', async () => {
  const [lost, living] = [await halfSetUp(), await halfSetUp()];
  endLeftBehind(root);
  expect(isRunning(lost.inner)).toBe(true);
  const gone = once(lost.outer, 'exit');
  lost.outer.kill('SIGKILL');
  await gone;
  // Nothing else ends it: it would wait for ever.
  expect(isRunning(lost.inner)).toBe(true);
  endLeftBehind(path.join(root, 'of-another'));
  expect(isRunning(lost.inner)).toBe(true);
  expect(endLeftBehind(root)).toBe(1);
  await until(() => !isRunning(lost.inner));
  expect(isRunning(living.inner)).toBe(true);
});

it('is done whenever runtimes are swept', async () => {
  const { outer, inner } = await halfSetUp();
  const gone = once(outer, 'exit');
  outer.kill('SIGKILL');
  await gone;
  await sweepRuntimes(root);
  await until(() => !isRunning(inner));
});
