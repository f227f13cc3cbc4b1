import { accessSync, constants } from 'node:fs';
import * as path from 'node:path';

import type { WallCheck } from '../wall.ts';

/** Where the programs of the wall are looked for; never the caller's own PATH, which somebody else may have set. */
const TOOL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];

/** The same folders, as the search path of what starts a worker. */
export const TOOL_PATH = TOOL_FOLDERS.join(':');

/** Lists what this machine lacks to build the wall at all. */
export function findMissingTools(folders: readonly string[] = TOOL_FOLDERS): WallCheck[] {
  const checks: WallCheck[] = [];
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    checks.push(
      missing('linux-x64', 'run the service on Linux on x86-64, the only system whose calls the filter knows'),
    );
  }
  if (!hasTool('bwrap', folders))
    checks.push(
      missing(
        'bubblewrap',
        'install the package `bubblewrap`, or start with `--development-wall` for made-up data only',
      ),
    );
  for (const name of ['prlimit', 'unshare']) {
    if (!hasTool(name, folders)) checks.push(missing(name, 'install the package `util-linux`'));
  }
  if (!hasTool('perl', folders)) checks.push(missing('perl', 'install the package `perl-base`'));
  return checks;
}

function hasTool(name: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function missing(name: string, fix: string): WallCheck {
  return { name, layer: 'machine', holds: false, fix, isRequired: true };
}
