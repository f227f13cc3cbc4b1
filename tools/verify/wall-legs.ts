// The wall is verified as the service is run: by root, by an ordinary user, and from a checkout that only root can
// enter. What a run must not have to read from the checkout is seen only where it cannot.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** One way to run the suite. */
export interface Leg {
  readonly title: string;
  /** Where the checkout of this run is. */
  readonly root: string;
  /** Whom it runs as; the caller's own user when left out. */
  readonly uid?: number;
  readonly env: Readonly<Record<string, string>>;
  /** Which files it runs; a leg about the checkout alone needs those that start what is staged from it. */
  readonly patterns: readonly string[];
}

/** An unprivileged user of nobody's: no account has this number by default, and no worker. */
const ORDINARY_UID = 23_456;

const ALL = ['test/attacks/wall/**/*.test.ts'];
const OF_THE_CHECKOUT = ['test/attacks/wall/{files,engine-lockdown,lying-worker,lying-worker-other-jobs}.test.ts'];
const PRIVATE_MODE = 0o700;
const ENTERED_MODE = 0o755;

/** All runs for whoever starts the tool, and how to remove what was made for them. */
export function legsOf(root: string, isRoot: boolean): { legs: Leg[]; close: () => void } {
  const own = { title: isRoot ? 'as root' : 'as an ordinary user', root, env: {}, patterns: ALL };
  if (!isRoot) return { legs: [own], close: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'galley-verify-'));
  chmodSync(folder, ENTERED_MODE);
  const ordinary = copyTo(root, join(folder, 'ordinary'), ORDINARY_UID);
  const closed = copyTo(root, join(folder, 'closed'), 0);
  const legs = [
    own,
    { title: 'as an ordinary user, from a home of its own', ...ordinary, uid: ORDINARY_UID, patterns: ALL },
    { title: 'as root, from a clone in a home of mode 0700', ...closed, patterns: OF_THE_CHECKOUT },
  ];
  return { legs, close: () => rmSync(folder, { recursive: true, force: true }) };
}

// A home of mode 0700 with the checkout in it, and beside it a temporary folder that workers can enter.
function copyTo(root: string, folder: string, uid: number): Pick<Leg, 'root' | 'env'> {
  const home = join(folder, 'home');
  const temporary = join(folder, 'tmp');
  mkdirSync(home, { recursive: true });
  mkdirSync(temporary);
  chmodSync(folder, ENTERED_MODE);
  chmodSync(temporary, ENTERED_MODE);
  const copy = join(home, 'galley');
  mkdirSync(copy);
  for (const name of readdirSync(root)) {
    if (!['node_modules', '.git', '.cache', '.galley', 'coverage'].includes(name)) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
  }
  giveTo(uid, home);
  copyPackages(join(root, 'node_modules'), join(copy, 'node_modules'));
  // What the test runner keeps between its runs belongs to whoever ran it last.
  for (const cache of ['.vite', '.vite-temp', '.cache']) {
    rmSync(join(copy, 'node_modules', cache), { recursive: true, force: true });
  }
  chownSync(join(copy, 'node_modules'), uid, uid);
  chownSync(temporary, uid, uid);
  chmodSync(home, PRIVATE_MODE);
  return { root: copy, env: { HOME: home, TMPDIR: temporary } };
}

function giveTo(uid: number, path: string): void {
  lchownSync(path, uid, uid);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) giveTo(uid, inside);
    else lchownSync(inside, uid, uid);
  }
}

// Half a gigabyte that nobody changes: links where the file system can, copies where not.
function copyPackages(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  if (spawnSync('cp', ['-rlL', '--preserve=mode', from, to], { stdio: 'ignore' }).status === 0) return;
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, dereference: true });
}
