// Each version of the worker's code has a folder of its own, and on a machine that is developed on there is a version every
// few minutes. What nobody uses any more goes; what a running service uses stays, whichever version it is of.
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { endLeftBehind } from './end-left-behind.ts';
import { lockOf, takeAway } from './folder-use.ts';
import { SHARED_FILE } from './share-files.ts';

/**
 * How long a folder stays that nobody uses: whoever goes to and fro between two versions, or runs the tests of both, finds
 * the other's in place. A draft is a minute's work: one that is older has lost its process.
 */
const KEPT_UNUSED_MS = 86_400_000;

/** A start has better things to do first, and short lives need no sweeping. */
const FIRST_SWEEP_MS = 60_000;
/** A service that runs for months is started among others that are not. */
const SWEEP_EVERY_MS = 86_400_000;

/**
 * Services of versions without locks show by the command lines of their workers. One may have none for a moment, between a
 * job and the next spare, and for a minute after a start that failed: it is looked for several times.
 */
const LOOKS_COUNT = 4;
const BETWEEN_LOOKS_MS = 30_000;

/** What `stageRuntime` makes. */
const FOLDER = /^(?:tools|code|development)-[0-9a-f]{24}$/;
const DRAFT = /^(?:tools|code|development)-[0-9a-f]{24}\.[0-9a-f]{12}$/;
const FOLDERS_NAMED = /(?:tools|code|development)-[0-9a-f]{24}/g;

/** The kernel's name for the machine's own view of processes, in which all others are. */
const FIRST_VIEW = 'pid:[4026531836]';

/** What a sweep goes by; tests say otherwise. */
export interface SweepTerms {
  readonly nowMs?: number;
  readonly betweenLooksMs?: number;
  readonly looksCount?: number;
  readonly isSeeingAll?: boolean;
}

/** Sweeps a root now and then, until it is stopped; keeps no process alive. */
export function keepSwept(root: string): { stop(): void } {
  // Room on the disk is worth no failure: what cannot be removed today is tried again.
  const sweep = () => void sweepRuntimes(root).catch(() => {});
  const first = setTimeout(sweep, FIRST_SWEEP_MS).unref();
  const others = setInterval(sweep, SWEEP_EVERY_MS).unref();
  return {
    stop: () => {
      clearTimeout(first);
      clearInterval(others);
    },
  };
}

/**
 * Ends what killed services have left behind of their workers, and removes what no service has used for a day: staged
 * folders, drafts of starts that died, and the bytes that they shared.
 *
 * The root is this user's own and nobody else writes in it; links in it are not followed, and nothing of another user is
 * touched.
 */
export async function sweepRuntimes(root: string, terms: SweepTerms = {}): Promise<void> {
  // First: what is left behind of a worker names a folder, and would keep it.
  endLeftBehind(root);
  const nowMs = terms.nowMs ?? Date.now();
  const isOld = (file: string) =>
    nowMs - (fs.lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? nowMs) > KEPT_UNUSED_MS;
  const names = fs.readdirSync(root).filter((name) => isOwnFolder(path.join(root, name)));
  for (const name of names.filter((one) => DRAFT.test(one) && isOld(path.join(root, one)))) {
    await fs.promises.rm(path.join(root, name), { recursive: true, force: true });
  }
  const folders = names.filter((name) => FOLDER.test(name)).map((name) => path.join(root, name));
  const [locked, lockless] = [true, false].map((has) => folders.filter((one) => fs.existsSync(lockOf(one)) === has));
  for (const folder of locked ?? []) await remove(folder, () => isOld(lockOf(folder)));
  const old = (lockless ?? []).filter(isOld);
  if (old.length > 0) {
    const shown = await foldersShown(terms);
    for (const folder of old) await remove(folder, () => shown !== null && !shown.has(path.basename(folder)));
  }
  for (const name of fs.readdirSync(root).filter((one) => SHARED_FILE.test(one))) removeUnshared(path.join(root, name));
}

async function remove(folder: string, isDoomed: () => boolean): Promise<void> {
  if (!isDoomed()) return;
  const aside = `${folder}.${randomBytes(6).toString('hex')}`;
  if (takeAway(folder, aside, isDoomed)) await fs.promises.rm(aside, { recursive: true, force: true });
}

/** One name is the shared file's own. */
function removeUnshared(file: string): void {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() && stat.nlink === 1 && stat.uid === process.getuid?.()) fs.rmSync(file, { force: true });
}

function isOwnFolder(file: string): boolean {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.getuid?.();
}

/** The staged folders on the command lines of all processes, over a while; null where some process may be hidden from us. */
async function foldersShown(terms: SweepTerms): Promise<ReadonlySet<string> | null> {
  const { betweenLooksMs = BETWEEN_LOOKS_MS, looksCount = LOOKS_COUNT, isSeeingAll = seesAll() } = terms;
  if (!isSeeingAll) return null;
  const shown = new Set<string>();
  for (let look = 0; look < looksCount; look += 1) {
    if (look > 0) await sleep(betweenLooksMs, undefined, { ref: false });
    for (const line of commandLines()) for (const [name] of line.matchAll(FOLDERS_NAMED)) shown.add(name);
  }
  return shown;
}

// A container sees its own processes alone, and `hidepid` shows each user its own: the first process is root's.
function seesAll(): boolean {
  try {
    fs.readFileSync('/proc/1/cmdline');
    return fs.readlinkSync('/proc/self/ns/pid') === FIRST_VIEW;
  } catch {
    return false;
  }
}

function commandLines(): readonly string[] {
  return fs.readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      return [fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1')];
    } catch {
      // It has ended since.
      return [];
    }
  });
}
