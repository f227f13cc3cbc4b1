// When somebody is killed: at any moment, or within milliseconds of something that the service or the engine wrote,
// where the steps between log, store, spool and the destination's own store are.
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices } from '../../fuzz/choices.ts';

/** Something whose changes are waited for: a file, or all names below a folder. */
export interface Watched {
  readonly name: string;
  readonly path: string;
}

/** Longest that a change may be waited for: then the kill comes anyway. */
const MAX_CHANGE_WAIT_MS = 3_000;
/** Within so many milliseconds after a change the next step has been taken. */
const AFTER_CHANGE_MS = 15;
/** Most changes that are let pass. */
const CHANGES_LET_PASS_COUNT = 4;

/** Waits for a moment to kill at, and says which it was; over at once when nothing is under way any more. */
export async function waitForMoment(
  choices: Choices,
  { watched, usualMs, isOver }: { watched: readonly Watched[]; usualMs: number; isOver: () => boolean },
): Promise<string> {
  const one = choices.onceIn(watched.length + 1) ? undefined : choices.of(watched);
  if (one === undefined) {
    const delayMs = choices.below(usualMs);
    await waitWhile(() => !isOver(), delayMs);
    return `after ${delayMs} ms`;
  }
  const changeCount = 1 + choices.below(CHANGES_LET_PASS_COUNT);
  const delayMs = choices.below(AFTER_CHANGE_MS);
  let [seen, left] = [markOf(one.path), changeCount];
  await waitWhile(() => {
    const mark = markOf(one.path);
    if (mark !== seen) left -= 1;
    seen = mark;
    return left > 0 && !isOver();
  }, MAX_CHANGE_WAIT_MS);
  await sleep(delayMs);
  return `${delayMs} ms after ${changeCount} changes of the ${one.name}`;
}

async function waitWhile(isWaiting: () => boolean, maxMs: number): Promise<void> {
  const endsAtMs = performance.now() + maxMs;
  while (isWaiting() && performance.now() < endsAtMs) await sleep(1);
}

function markOf(path: string): string {
  try {
    const found = statSync(path);
    return found.isDirectory() ? readdirSync(path, { recursive: true }).join() : `${found.size} ${found.mtimeMs}`;
  } catch {
    // What is not there yet, or goes while it is looked at, is a state like any other.
    return 'absent';
  }
}
