import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Readable } from 'node:stream';

import type { WallCheck, WallCheckLayer } from '../wall.ts';
import { ANSWER_FD } from './bubblewrap.ts';
import { judgeReport, NO_START } from './denials.ts';
import type { WorkerBudget } from './limits.ts';
import type { RuntimeFolder } from './runtime-folder.ts';
import type { WallLayer } from './wall-layer.ts';
import { spawnBehindWall, type WorkerProgram } from './worker-process.ts';
import type { WorkerUsers } from './worker-users.ts';

/** The hostile program, below the code folder. */
export const HOSTILE_SCRIPT = 'worker/hostile.js';

/** The one that attacks from within the engine, and waits to be looked for by the first. */
const HOSTILE_ENGINE_SCRIPT = 'worker/hostile-engine.js';

/**
 * Longest a hostile program may take. It needs a second; the rest is for a machine so busy that a shorter deadline
 * would take load for a hole.
 */
const MAX_SELF_TEST_MS = 120_000;

/** Longest report of a hostile program; it is hostile. */
const MAX_REPORT_BYTES = 65_536;

/** How a process ends that a seccomp filter killed: by SIGSYS, as bubblewrap reports it. */
const KILLED_BY_FILTER_EXIT_CODE = 128 + 31;

/** Layers that only bubblewrap can put around a worker. */
const NEED_BUBBLEWRAP: ReadonlySet<WallCheckLayer> = new Set(['namespaces', 'seccomp']);

const TOO_BUSY = `the machine was too busy to finish it in ${MAX_SELF_TEST_MS / 1_000} s: start the service again`;

/** What is tested: the wall as it is, or as it is without some of its layers. */
export interface TestedWall {
  runtime: RuntimeFolder;
  budget: WorkerBudget;
  users: WorkerUsers;
  /** Steps in bubblewrap's place; behind the development wall only. */
  development?: readonly string[];
  without?: readonly WallLayer[];
}

/**
 * Runs hostile programs in the worker's place: one twice, with refusals in place of kills so that it can report each
 * one and as shipped, and one in the engine.
 *
 * Shape: one check a denial; a denial that no program reported does not hold. When nothing was reported at all or
 * not in time, one check that says so: nothing was proven, and nothing was seen open either.
 */
export async function selfTest(wall: TestedWall): Promise<WallCheck[]> {
  const { users } = wall;
  const engine = spawnBehindWall({ ...wall, script: HOSTILE_ENGINE_SCRIPT, seccomp: 'refuse' });
  const program = { ...wall, script: HOSTILE_SCRIPT, scriptArguments: [String(engine.pid)] };
  const inEngine = observe(engine);
  const [refused, killed] = await Promise.all([
    observe(spawnWithPlant({ ...program, seccomp: 'refuse' })),
    observe(spawnBehindWall({ ...program, seccomp: 'kill' })),
  ]);
  engine.stdin?.end();
  const bombed = await inEngine;
  if (refused.isLate || killed.isLate || bombed.isLate) return [unproven(TOO_BUSY)];
  if (Object.keys(refused.report).length === 0) return [unproven(NO_START)];
  const seen = {
    'dies-at-a-fatal-call': killed.exitCode === KILLED_BY_FILTER_EXIT_CODE || killed.signal === 'SIGSYS',
    'is-a-user-of-its-own': users.owns(refused.report.uid),
  };
  const checks = judgeReport({ ...refused.report, ...bombed.report, ...seen }, users);
  return wall.development === undefined ? checks : checks.map(lowerForDevelopment);
}

// What bubblewrap brings is named as missing; the rest must hold there too.
function lowerForDevelopment(check: WallCheck): WallCheck {
  return NEED_BUBBLEWRAP.has(check.layer) ? { ...check, isRequired: false } : check;
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
  return { name: 'answers-the-self-test', layer: 'machine', holds: false, fix, isRequired: true };
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

// A line at a time, later ones over earlier ones.
function parseReport(text: string): Record<string, unknown> {
  try {
    const lines = text.split('\n').filter(Boolean);
    const reports = lines.map((line): unknown => JSON.parse(line));
    return Object.assign({}, ...reports.filter((report) => typeof report === 'object'));
  } catch {
    return {};
  }
}
