// Bubblewrap's inner process waits for the outer one to set it up, and ties its life to the outer one's only afterwards:
// where a service is killed in between, and the outer one with it, the inner waits for ever. It holds nothing of a job,
// but a place among the processes of its user, and nobody would ever end it.
import * as fs from 'node:fs';
import * as path from 'node:path';

const PROGRAM = 'bwrap';

interface Seen {
  readonly name: string;
  readonly parent: string;
  /** How many views of processes it is in, from ours on. */
  readonly viewCount: number;
  readonly line: readonly string[];
}

/**
 * Ends what killed services have left behind of workers of this root: inner processes of bubblewrap that have lost the
 * outer one. A living service's are never among them: without its outer process a worker is nobody's.
 *
 * @returns how many were ended
 */
export function endLeftBehind(root: string): number {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isLeftBehind(pid, root) && end(Number(pid))).length;
}

function isLeftBehind(pid: string, root: string): boolean {
  const seen = look(pid);
  // The outer process is in our own view alone; an inner one that is set up has become another program.
  if (seen?.name !== PROGRAM || seen.viewCount < 2) return false;
  if (!seen.line.some((argument) => argument.startsWith(path.join(root, path.sep)))) return false;
  const parent = look(seen.parent);
  return parent?.name !== PROGRAM || parent.line.join() !== seen.line.join();
}

function look(pid: string): Seen | undefined {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
    const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return { name: field('Name'), parent: field('PPid'), viewCount: field('NSpid').split(/\s+/).length, line };
  } catch {
    // It has ended since.
    return undefined;
  }
}

function end(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // Another user's, or gone by itself.
    return false;
  }
}
