import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Readable } from 'node:stream';

import type { WallCheck } from '../wall.ts';
import { ANSWER_FD, type WorkerBudget } from './bubblewrap.ts';
import type { RuntimeFolder } from './runtime-folder.ts';
import { SANDBOX_UID } from './sandbox-user.ts';
import { spawnBehindWall, type WorkerProgram } from './worker-process.ts';

/** The hostile program, below the code folder. */
export const HOSTILE_SCRIPT = 'worker/hostile.js';

/**
 * Longest a hostile program may take. It needs a second; the rest is for a machine so busy that a shorter deadline
 * would take load for a hole.
 */
const MAX_SELF_TEST_MS = 120_000;

/** Longest report of a hostile program; it is hostile. */
const MAX_REPORT_BYTES = 65_536;

/** How a process ends that a seccomp filter killed: by SIGSYS, as bubblewrap reports it. */
const KILLED_BY_FILTER_EXIT_CODE = 128 + 31;

const REINSTALL =
  'install bubblewrap 0.8 or later from the distribution, and do not wrap the service in a profile that changes it';
const USER_NAMESPACES =
  'allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0)';
const SECCOMP = 'run a kernel with CONFIG_SECCOMP_FILTER';
const CLOSE_RANGE = 'run a kernel of 5.9 or later, whose `close_range` closes what the service inherited';
const LIMITS = 'install util-linux, whose `prlimit` sets the limits of a worker';

const TOO_BUSY = `the machine was too busy to finish it in ${MAX_SELF_TEST_MS / 1_000} s: start the service again`;
const NO_START = `no worker started: ${USER_NAMESPACES}; ${REINSTALL}`;

/** What each denial needs, by the name the hostile program gives it. */
const FIXES: Readonly<Record<string, string>> = {
  'holds-no-other-descriptor': CLOSE_RANGE,
  'reads-no-host-file': REINSTALL,
  'reads-no-own-process-files': REINSTALL,
  'reads-no-process-one': REINSTALL,
  'sees-only-the-worker': REINSTALL,
  'writes-no-file': REINSTALL,
  'sets-no-core-pattern': 'start the service as root, so that workers can be given to `nobody`, or as an ordinary user',
  'has-no-environment': REINSTALL,
  'opens-no-tcp-socket': USER_NAMESPACES,
  'listens-on-no-unix-socket': SECCOMP,
  'sends-no-datagram': SECCOMP,
  'starts-no-program': SECCOMP,
  'signals-nobody': SECCOMP,
  'becomes-no-other-user': SECCOMP,
  'is-process-one': REINSTALL,
  'is-not-root': 'start the service as root, so that workers can be given to `nobody`, or as an ordinary user',
  'takes-no-more-memory': LIMITS,
};

/**
 * Runs the hostile program in the worker's place, twice: once with refusals in place of kills, so that it can
 * report each one, and once as shipped.
 *
 * Shape: one check a denial; a denial the program did not report does not hold. When it reported nothing at all or
 * was not done in time, one check that says so: nothing was proven, and nothing was seen open either.
 */
export async function selfTest(runtime: RuntimeFolder, budget: WorkerBudget): Promise<WallCheck[]> {
  const program = { runtime, budget, script: HOSTILE_SCRIPT };
  const [refused, killed] = await Promise.all([
    observe(spawnWithPlant({ ...program, seccomp: 'refuse' })),
    observe(spawnBehindWall({ ...program, seccomp: 'kill' })),
  ]);
  if (refused.isLate || killed.isLate) return [unproven(TOO_BUSY)];
  if (Object.keys(refused.report).length === 0) return [unproven(NO_START)];
  return [
    ...judgeReport(refused.report),
    {
      name: 'dies-at-a-fatal-call',
      holds: killed.exitCode === KILLED_BY_FILTER_EXIT_CODE || killed.signal === 'SIGSYS',
      fix: SECCOMP,
      isRequired: true,
    },
    dedicatedUser(refused.report),
  ];
}

// What a service inherits differs from start to start; the plant makes every start prove that it is closed.
function spawnWithPlant(program: WorkerProgram): ChildProcess {
  const planted = fs.openSync(path.join(program.runtime.code, program.script), 'r');
  try {
    return spawnBehindWall(program, [planted]);
  } finally {
    fs.closeSync(planted);
  }
}

function unproven(fix: string): WallCheck {
  return { name: 'answers-the-self-test', holds: false, fix, isRequired: true };
}

/** Turns a hostile program's report into checks: every denial must have been reported as held. */
export function judgeReport(report: Record<string, unknown>): WallCheck[] {
  return Object.entries(FIXES).map(([name, fix]) => ({ name, holds: report[name] === true, fix, isRequired: true }));
}

// An ordinary user cannot give its workers to another one; the namespaces and the filter hold all the same.
function dedicatedUser(report: Record<string, unknown>): WallCheck {
  return {
    name: 'is-a-user-of-its-own',
    holds: report.uid === SANDBOX_UID,
    fix: 'start the service as root: its workers then run as `nobody`, who owns no file',
    isRequired: false,
  };
}

interface Observation {
  report: Record<string, unknown>;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Whether the deadline ended it. */
  isLate: boolean;
}

/** Waits for a hostile program and reads what it says it could not do; a report that is not one is empty. */
export async function observe(child: ChildProcess, deadlineMs = MAX_SELF_TEST_MS): Promise<Observation> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, deadlineMs);
  child.stdin?.on('error', () => {});
  const ended = new Promise<Pick<Observation, 'exitCode' | 'signal'>>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    child.once('error', () => resolve({ exitCode: null, signal: null }));
  });
  const text = await readText(child.stdio[ANSWER_FD] as Readable);
  const ending = await ended;
  clearTimeout(timer);
  return { report: parseReport(text), ...ending, isLate };
}

async function readText(source: Readable): Promise<string> {
  const parts: Uint8Array[] = [];
  let byteCount = 0;
  try {
    for await (const part of source as AsyncIterable<Uint8Array>) {
      byteCount += part.byteLength;
      if (byteCount > MAX_REPORT_BYTES) return '';
      parts.push(part);
    }
  } catch {
    return '';
  }
  return Buffer.concat(parts).toString();
}

function parseReport(text: string): Record<string, unknown> {
  try {
    const report: unknown = JSON.parse(text);
    return typeof report === 'object' && report !== null ? (report as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
