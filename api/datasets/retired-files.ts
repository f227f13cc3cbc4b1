import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Longer than any job may run that could still be reading. */
const RETIREMENT_MS = 3_600_000;

const retired: { path: string; atMs: number }[] = [];

/**
 * Takes note of files that nothing names any more, and removes those that nobody can be reading any more: a reader holds
 * the names that it began with. What a crash leaves of them is removed at the next start.
 */
export async function retireFiles(paths: readonly string[]): Promise<void> {
  const nowMs = performance.now();
  retired.push(...paths.map((path) => ({ path, atMs: nowMs })));
  while ((retired[0]?.atMs ?? nowMs) < nowMs - RETIREMENT_MS) {
    const { path } = retired.shift() as { path: string };
    await rm(path, { force: true });
  }
}

/**
 * Removes those of some folders now, as an erasure needs: whoever could be reading them has been stopped. Readers of others
 * have not, and must not fail by what somebody else erases.
 */
export async function removeRetiredFiles(folders: readonly string[]): Promise<void> {
  const gone = retired.filter(({ path }) => folders.includes(dirname(path)));
  for (const file of gone) {
    await rm(file.path, { force: true });
    const index = retired.indexOf(file);
    if (index >= 0) retired.splice(index, 1);
  }
}
