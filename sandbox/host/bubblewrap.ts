// The command line that puts a program behind the wall. Order matters thrice: the closing step first, so that nothing
// after it holds a descriptor of the service, `prlimit` next, so that its limits hold for bubblewrap too, and
// `--remount-ro /` after every mount, because nothing can be mounted below a read-only root.
import * as fs from 'node:fs';
import * as path from 'node:path';

import { LAST_KEPT_FD } from './closing-step.ts';
import type { WorkerBudget } from './limits.ts';
import type { RuntimeFolder } from './runtime-folder.ts';
import type { WallLayer } from './wall-layer.ts';

/** Where things are inside the wall. */
export const INSIDE = { node: '/galley/node', packages: '/galley/node_modules', code: '/galley/code' } as const;

/** The descriptor a worker answers on. */
export const ANSWER_FD = 3;

/** The descriptor bubblewrap reads the seccomp program from; it is closed before the worker starts. */
const SECCOMP_FD = LAST_KEPT_FD;

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

/**
 * Gives `bwrap` and its arguments up to the program: no network, no /proc but one file, nothing writable, two
 * devices, no environment.
 *
 * Without namespaces the host is as it is, and bubblewrap only loads the filter; without both it is not there.
 */
export function bubblewrapArguments(runtime: RuntimeFolder, without: readonly WallLayer[] = []): string[] {
  const filter = without.includes('seccomp') ? [] : ['--seccomp', String(SECCOMP_FD)];
  if (without.includes('namespaces')) {
    return filter.length === 0 ? [] : ['bwrap', '--dev-bind', '/', '/', ...filter, '--'];
  }
  return [
    'bwrap',
    '--unshare-all',
    // A namespace of its own starts with the host's name in it.
    ...['--hostname', 'worker'],
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
    ...filter,
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
