// What is left of the wall on a machine without bubblewrap, for made-up data only: a worker there still sees the host's
// world-readable files and every system call. It is never chosen by itself, and its worker code is another than the one
// of the real wall, so that nothing in the real one could be talked into running here.
import { spawnSync } from 'node:child_process';

import { TOOL_PATH } from './host-tools.ts';

/** What a worker's script is told first behind the development wall. */
export const DEVELOPMENT_WORD = 'development-wall';

/** Network, processes, message queues and mounts of its own, where the machine lets an ordinary user have them. */
const NAMESPACES = [
  'unshare',
  '--user',
  '--map-current-user',
  ...['--net', '--pid', '--ipc', '--uts', '--mount'],
  ...['--fork', '--kill-child=SIGKILL'],
  '--',
];

/** No program that a worker could start gains rights by it. */
const NO_NEW_RIGHTS = ['setpriv', '--no-new-privs', '--'];

/** Gives the steps that this machine can take in bubblewrap's place, as a command prefix. */
export function findDevelopmentSteps(): string[] {
  return [NAMESPACES, NO_NEW_RIGHTS].filter(works).flat();
}

function works(step: readonly string[]): boolean {
  const [command = '', ...rest] = [...step, 'true'];
  // As the user that workers run as, who has fewer rights than root.
  const asNobody = process.getuid?.() === 0 ? { uid: PROBE_UID, gid: PROBE_UID } : {};
  return spawnSync(command, rest, { ...asNobody, cwd: '/', env: { PATH: TOOL_PATH }, stdio: 'ignore' }).status === 0;
}

/** The user `nobody`: the probe starts nothing but the program `true`. */
const PROBE_UID = 65_534;
