// The command line that puts a program behind the wall. Order matters thrice: the closing step first, so that nothing
// after it holds a descriptor of the service, `prlimit` next, so that its limits hold for bubblewrap too, and
// `--remount-ro /` after every mount, because nothing can be mounted below a read-only root.
import * as fs from 'node:fs';
import * as path from 'node:path';

import { LAST_KEPT_FD } from './closing-step.ts';
import type { RuntimeFolder } from './runtime-folder.ts';

/** Where things are inside the wall. */
export const INSIDE = { node: '/galley/node', packages: '/galley/node_modules', code: '/galley/code' } as const;

/** The descriptor a worker answers on. */
export const ANSWER_FD = 3;

/** The descriptor bubblewrap reads the seccomp program from; it is closed before the worker starts. */
const SECCOMP_FD = LAST_KEPT_FD;

/** Memory and time a worker may have. */
export interface WorkerBudget {
  /** What the engine may use for tables, hash tables and sorts, in MiB. */
  engineMemoryMib: number;
  /**
   * Processor time over all threads, in seconds: a backstop for the day the parent hangs and its deadline does not
   * fire.
   */
  cpuSeconds: number;
}

/**
 * Address space of an idle worker: V8 and the engine reserve far more than they use. Measured at 1.9 GiB, with room
 * for threads' stacks.
 */
const IDLE_ADDRESS_SPACE_MIB = 2_304;

/**
 * Private memory of an idle worker (measured 0.65 GiB, most of it reserved by V8) and what scripts and decoders
 * need.
 */
const IDLE_DATA_MIB = 1_280;

/** What scalar functions may take beyond the engine's own limit, which does not count their strings and lists. */
const SCALAR_SLACK_MIB = 512;

const OPEN_FILES_COUNT = 64;
const BYTES_PER_MIB = 1_048_576;

/** The loader, libc and the C++ runtime: all that Node and the engine link to. */
const LIBRARIES = [
  'ld-linux-x86-64.so.2',
  'libc.so.6',
  'libdl.so.2',
  'libgcc_s.so.1',
  'libm.so.6',
  'libpthread.so.0',
  'librt.so.1',
  'libstdc++.so.6',
];
const LIBRARY_FOLDERS = [
  '/lib64',
  '/lib/x86_64-linux-gnu',
  '/usr/lib64',
  '/usr/lib/x86_64-linux-gnu',
  '/lib',
  '/usr/lib',
];

/** The engine's allocator reads this one file; without it, it commits memory in a way that no data limit counts. */
const OVERCOMMIT_FILE = '/proc/sys/vm/overcommit_memory';

/** Gives the resource limits as a command prefix. */
export function limitArguments(budget: WorkerBudget): string[] {
  const budgetMib = budget.engineMemoryMib + SCALAR_SLACK_MIB;
  return [
    'prlimit',
    `--as=${(IDLE_ADDRESS_SPACE_MIB + budgetMib) * BYTES_PER_MIB}`,
    `--data=${(IDLE_DATA_MIB + budgetMib) * BYTES_PER_MIB}`,
    `--cpu=${budget.cpuSeconds}`,
    `--nofile=${OPEN_FILES_COUNT}`,
    '--fsize=0',
    '--core=0',
    '--',
  ];
}

/**
 * Gives the arguments of `bwrap` up to the program: no network, no /proc but one file, nothing writable, two
 * devices, no environment.
 */
export function bubblewrapArguments(runtime: RuntimeFolder): string[] {
  return [
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    '--as-pid-1',
    '--cap-drop',
    'ALL',
    '--clearenv',
    ...LIBRARIES.flatMap(bindLibrary),
    ...['--ro-bind', runtime.node, INSIDE.node],
    ...['--ro-bind', runtime.packages, INSIDE.packages],
    ...['--ro-bind', runtime.code, INSIDE.code],
    ...['--ro-bind', OVERCOMMIT_FILE, OVERCOMMIT_FILE],
    ...['--dir', '/dev', '--dev-bind', '/dev/null', '/dev/null', '--dev-bind', '/dev/urandom', '/dev/urandom'],
    ...['--chdir', '/'],
    ...['--seccomp', String(SECCOMP_FD)],
    ...['--remount-ro', '/'],
    '--',
  ];
}

/** Gives the program of a worker: node with the script at `script`, a path below the code folder. */
export function nodeArguments(nodePath: string, scriptPath: string, budget: WorkerBudget): string[] {
  // WebAssembly (a decompressor uses it) would reserve 10 GiB a memory for its trap handler, which the address
  // space limit refuses.
  return [nodePath, '--disable-wasm-trap-handler', `--max-old-space-size=${budget.engineMemoryMib}`, scriptPath];
}

// A library is bound at every name the loader may look under; the source is followed to the file itself.
function bindLibrary(name: string): string[] {
  return LIBRARY_FOLDERS.map((folder) => path.join(folder, name))
    .filter((file) => fs.existsSync(file))
    .flatMap((file) => ['--ro-bind', fs.realpathSync(file), file]);
}
