import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import type { WallCheck } from '../wall.ts';
import { WallUnsafeError } from './build-wall.ts';
import { judgeReport } from './denials.ts';
import { findMissingTools } from './host-tools.ts';
import { type RuntimeFolder, stageRuntime } from './runtime-folder.ts';
import { HOSTILE_SCRIPT, observe, selfTest } from './self-test.ts';
import type { WallLayer } from './wall-layer.ts';
import { commandLine } from './worker-process.ts';
import { asUser, openWorkerUsers } from './worker-users.ts';

const budget = { engineMemoryMib: 512, cpuSeconds: 60 };
const runtime = stageRuntime();
const users = openWorkerUsers();
const isRoot = process.getuid?.() === 0;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-self-test-'));
fs.chmodSync(folder, 0o755);
afterAll(async () => {
  await users.close();
  fs.rmSync(folder, { recursive: true });
});

const ENGINE = [
  'engine-reads-no-file',
  'engine-writes-no-file',
  'engine-attaches-no-file',
  'engine-loads-no-extension',
  'engine-keeps-its-settings',
];

function namesOfHoles(checks: readonly WallCheck[]): string[] {
  return checks.filter(({ holds }) => !holds).map(({ name }) => name);
}

/** Tests the wall without some layers and names the denials that did not hold. */
async function findHolesWithout(without: WallLayer[], changed: RuntimeFolder = runtime): Promise<string[]> {
  return namesOfHoles(await selfTest({ runtime: changed, budget, users, without }));
}

/** Runs the first hostile program with a changed command line and names the denials that did not hold. */
async function findHoles(
  change: (command: string[]) => string[],
  without: WallLayer[] = ['seccomp'],
): Promise<string[]> {
  const usual = commandLine({ runtime, budget, users, script: HOSTILE_SCRIPT, seccomp: 'refuse', without });
  const [command, ...rest] = change(usual) as [string, ...string[]];
  const user = users.claim();
  const child = spawn(command, rest, {
    ...(without.includes('own-user') ? {} : asUser(user)),
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
  });
  const { report } = await observe(child);
  user.giveBack();
  return namesOfHoles(judgeReport(report, users));
}

/** Drops a flag and its values. */
function drop(command: string[], flag: string, valueCount: number): string[] {
  const at = command.indexOf(flag);
  expect(at).toBeGreaterThan(0);
  return command.toSpliced(at, 1 + valueCount);
}

/** The staged worker code with one file changed. */
function withCode(name: string, change: (text: string) => string): RuntimeFolder {
  const code = fs.mkdtempSync(path.join(folder, 'code-'));
  fs.chmodSync(code, 0o755);
  fs.cpSync(runtime.code, code, { recursive: true });
  const file = path.join(code, 'worker/engine', name);
  const text = fs.readFileSync(file, 'utf8');
  expect(change(text)).not.toBe(text);
  fs.chmodSync(file, 0o644);
  fs.writeFileSync(file, change(text));
  return { ...runtime, code };
}

describe('self-test', () => {
  it('finds every denial in place', async () => {
    const checks = await selfTest({ runtime, budget, users });
    expect(namesOfHoles(checks)).toEqual(isRoot ? [] : ['is-a-user-of-its-own', 'reads-no-private-file']);
    expect(checks.filter(({ holds, isRequired }) => isRequired && !holds)).toEqual([]);
    expect(checks.length).toBeGreaterThan(25);
  });

  it('says of every denial which layer keeps it and what to do, in one sentence', () => {
    for (const { layer, fix } of judgeReport({}, users)) {
      expect(layer).toMatch(/^[a-z-]+$/);
      expect(fix).toMatch(/^[a-z`].*[^.]$/);
    }
  });

  it.for<[WallLayer, string[]]>([
    ['closing-step', ['holds-no-other-descriptor', 'answers-on-one-descriptor']],
    ['limits', ['takes-no-more-memory', 'opens-no-more-descriptors', 'starts-no-more-threads']],
    [
      'seccomp',
      [
        'opens-no-tcp-socket',
        'listens-on-no-unix-socket',
        'sends-no-datagram',
        'starts-no-program',
        'dies-at-a-fatal-call',
      ],
    ],
  ])('names what `%s` alone keeps, and nothing else', async ([layer, alone]) => {
    const named = await findHolesWithout([layer]);
    const always = isRoot ? [] : ['is-a-user-of-its-own', 'reads-no-private-file'];
    expect(named.sort()).toEqual([...alone, ...always].sort());
  });

  it('names what the namespaces alone keep', async () => {
    const named = await findHolesWithout(['namespaces']);
    expect(named).toEqual(
      expect.arrayContaining(['reads-no-host-file', 'sees-only-the-worker', 'has-no-environment', 'is-process-one']),
    );
    expect(named).not.toContain('takes-no-more-memory');
    expect(named).not.toContain('dies-at-a-fatal-call');
  });

  it('names what a user of its own alone keeps', async () => {
    const named = await findHolesWithout(['own-user']);
    const asRoot = ['starts-no-more-threads', 'is-not-root', 'is-a-user-of-its-own', 'reads-no-private-file'];
    expect(named).toEqual(isRoot ? asRoot : ['is-a-user-of-its-own', 'reads-no-private-file']);
  });

  it('names another worker within reach where neither namespaces nor filter nor a user of its own are', async () => {
    // It looks for its own parent, which is this test, where it is given nobody else.
    const named = await findHoles((command) => command, ['namespaces', 'seccomp', 'own-user']);
    expect(named).toEqual(expect.arrayContaining(['reaches-no-other-worker', 'signals-nobody']));
    // Nobody but root writes where not even the owner may.
    expect(named.includes('changes-no-code')).toBe(isRoot);
  });

  it.for<[string, RegExp, string[]]>([
    ['its lock', /enable_external_access = false|disabled_filesystems = '\w*'|lock_configuration = true/g, [...ENGINE]],
    ['its settings locked', /lock_configuration = true/g, ['engine-keeps-its-settings']],
  ])('names what the engine allows without %s', async ([, settings, open]) => {
    // Another setting in its place, so that all else is as it ships.
    const changed = withCode('engine.js', (text) => text.replace(settings, 'threads = 2'));
    const named = await findHolesWithout([], changed);
    expect(named.filter((name) => name.startsWith('engine-'))).toEqual(open);
  });

  it('names what is open without a read-only root', async () => {
    expect(await findHoles((command) => drop(command, '--remount-ro', 1))).toContain('writes-no-file');
  });

  it('names what is open without an empty environment', async () => {
    expect(await findHoles((command) => drop(command, '--clearenv', 0))).toContain('has-no-environment');
  });

  it('names what is open with a whole /proc', async () => {
    const holes = await findHoles((command) => command.toSpliced(command.indexOf('bwrap') + 1, 0, '--proc', '/proc'));
    expect(holes).toContain('reads-no-own-process-files');
  });

  it('says that nothing was proven when no worker starts, and names no denial it did not see fail', async () => {
    const checks = await selfTest({ runtime: { ...runtime, node: '/bin/false' }, budget, users });
    expect(checks).toMatchObject([{ name: 'answers-the-self-test', holds: false, isRequired: true }]);
    expect(new WallUnsafeError(checks).message).toContain('no worker started');
  });

  it('tells a program that was not done in time from one that answered', async () => {
    const child = spawn('sleep', ['10'], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
    expect(await observe(child, 50)).toMatchObject({ report: {}, isLate: true });
  });

  it('takes silence for a hole', () => {
    expect(judgeReport({}, users).every(({ holds }) => !holds)).toBe(true);
    expect(judgeReport({ 'reads-no-host-file': 'true' }, users).some(({ holds }) => holds)).toBe(false);
  });
});

describe('opening the wall', () => {
  it('names missing programs and what to do', () => {
    const missing = findMissingTools(['/nonexistent']);
    expect(missing.map(({ name }) => name)).toEqual(['bubblewrap', 'prlimit', 'unshare', 'perl']);
    expect(new WallUnsafeError(missing).message).toContain('install the package `bubblewrap`');
  });
});
