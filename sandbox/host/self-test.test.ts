import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';

import { bubblewrapArguments, INSIDE, limitArguments, nodeArguments } from './bubblewrap.ts';
import { closingArguments } from './closing-step.ts';
import { findMissingTools } from './host-tools.ts';
import { WallUnsafeError } from './open-wall.ts';
import { stageRuntime } from './runtime-folder.ts';
import { sandboxUser } from './sandbox-user.ts';
import { HOSTILE_SCRIPT, judgeReport, observe, selfTest } from './self-test.ts';

const BUDGET = { engineMemoryMib: 512, cpuSeconds: 60 };
const runtime = stageRuntime();

/** Runs the hostile program with a changed command line and names the denials that did not hold. */
async function findHoles(
  change: (command: string[]) => string[],
  user: object | null = sandboxUser(),
): Promise<string[]> {
  const script = `${INSIDE.code}/${HOSTILE_SCRIPT}`;
  const usual = [
    ...closingArguments(),
    ...limitArguments(BUDGET),
    'bwrap',
    ...bubblewrapArguments(runtime),
    ...nodeArguments(INSIDE.node, script, BUDGET),
  ];
  const [command, ...rest] = change(usual) as [string, ...string[]];
  const child = spawn(command, rest, {
    ...user,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore', 'pipe', 'ignore'],
  });
  const { report } = await observe(child);
  return judgeReport(report)
    .filter(({ holds }) => !holds)
    .map(({ name }) => name);
}

/** Drops a flag and its values. */
function without(command: string[], flag: string, valueCount: number): string[] {
  const at = command.indexOf(flag);
  expect(at).toBeGreaterThan(0);
  return command.toSpliced(at, 1 + valueCount);
}

const withoutSeccomp = (command: string[]) => without(command, '--seccomp', 1);

describe('self-test', () => {
  it('finds every denial in place', async () => {
    const checks = await selfTest(runtime, BUDGET);
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(checks.length).toBeGreaterThan(15);
  });

  it('names what is open without the filter', async () => {
    const holes = await findHoles(withoutSeccomp);
    expect(holes).toEqual(
      expect.arrayContaining(['starts-no-program', 'listens-on-no-unix-socket', 'sends-no-datagram']),
    );
    expect(holes).not.toContain('reads-no-host-file');
  });

  it('names what is open without a read-only root', async () => {
    expect(await findHoles((command) => without(withoutSeccomp(command), '--remount-ro', 1))).toContain(
      'writes-no-file',
    );
  });

  it('names what is open without an empty environment', async () => {
    expect(await findHoles((command) => without(withoutSeccomp(command), '--clearenv', 0))).toContain(
      'has-no-environment',
    );
  });

  it('names what is open without resource limits', async () => {
    expect(await findHoles((command) => withoutSeccomp(command.slice(command.indexOf('bwrap'))))).toContain(
      'takes-no-more-memory',
    );
  });

  it('names what is open with a whole /proc', async () => {
    const holes = await findHoles((command) =>
      withoutSeccomp(command).toSpliced(command.indexOf('bwrap') + 1, 0, '--proc', '/proc'),
    );
    expect(holes).toContain('reads-no-own-process-files');
  });

  it('names what is open without bubblewrap', async () => {
    const hostile = path.join(runtime.code, HOSTILE_SCRIPT);
    const holes = await findHoles(() => [runtime.node, hostile]);
    expect(holes).toEqual(
      expect.arrayContaining(['reads-no-host-file', 'sees-only-the-worker', 'opens-no-tcp-socket', 'is-process-one']),
    );
  });

  it('says that nothing was proven when no worker starts, and names no denial it did not see fail', async () => {
    const checks = await selfTest({ ...runtime, node: '/bin/false' }, BUDGET);
    expect(checks).toMatchObject([{ name: 'answers-the-self-test', holds: false, isRequired: true }]);
    expect(new WallUnsafeError(checks).message).toContain('no worker started');
  });

  it('tells a program that was not done in time from one that answered', async () => {
    const child = spawn('sleep', ['10'], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
    expect(await observe(child, 50)).toMatchObject({ report: {}, isLate: true });
  });

  it('takes silence for a hole', () => {
    expect(judgeReport({}).every(({ holds }) => !holds)).toBe(true);
    expect(judgeReport({ 'reads-no-host-file': 'true' }).some(({ holds }) => holds)).toBe(false);
  });
});

describe('opening the wall', () => {
  it('names a missing bubblewrap and what to do', () => {
    const missing = findMissingTools(['/nonexistent']);
    expect(missing.map(({ name }) => name)).toEqual(['bubblewrap', 'prlimit', 'perl']);
    expect(new WallUnsafeError(missing).message).toContain('install the package `bubblewrap`');
  });
});
