// When a service is killed: at any moment, or within milliseconds of something that it wrote, where the steps between log,
// store and files are.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices } from '../../fuzz/choices.ts';

/** What is waited for before a kill. */
const EVENTS = ['time', 'log', 'store', 'file'] as const;

/** Longest that something may take to be written after it was expected: then the kill comes anyway. */
const MAX_EVENT_WAIT_MS = 4_000;
/** Within so many milliseconds after an event the next step has been taken. */
const AFTER_EVENT_MS = 12;
/** Most events of one kind that are let pass. */
const EVENTS_LET_PASS_COUNT = 4;

/**
 * Waits for a moment to kill at, and says which it was; over at once when nothing is under way any more.
 *
 * @param usualMs how long what is under way takes when it is left alone
 */
export async function waitForInstant(
  choices: Choices,
  { directory, usualMs, settled }: { directory: string; usualMs: number; settled: Promise<unknown> },
): Promise<string> {
  const event = choices.of(EVENTS);
  let isOver = false;
  const over = settled.then(() => {
    isOver = true;
  });
  if (event === 'time') {
    const delayMs = choices.below(Math.max(1, usualMs));
    await Promise.race([sleep(delayMs), over]);
    return `after ${delayMs} ms`;
  }
  const count = 1 + choices.below(EVENTS_LET_PASS_COUNT);
  const delayMs = choices.below(AFTER_EVENT_MS);
  await eventsOf(event, directory, { count, isOver: () => isOver });
  await Promise.race([sleep(delayMs), over]);
  return `${delayMs} ms after ${count} changes of the ${event}`;
}

async function eventsOf(
  event: Exclude<(typeof EVENTS)[number], 'time'>,
  directory: string,
  { count, isOver }: { count: number; isOver: () => boolean },
): Promise<void> {
  const endsAtMs = performance.now() + MAX_EVENT_WAIT_MS;
  let [seen, left] = [markOf(event, directory), count];
  while (left > 0 && !isOver() && performance.now() < endsAtMs) {
    await sleep(1);
    const mark = markOf(event, directory);
    if (mark !== seen) left -= 1;
    seen = mark;
  }
}

function markOf(event: Exclude<(typeof EVENTS)[number], 'time'>, directory: string): string {
  if (event === 'log') return sizeOf(join(directory, 'log', 'journal'));
  if (event === 'store') return sizeOf(join(directory, 'control.sqlite-wal'));
  return ['originals', 'parts', 'persons'].map((folder) => namesBelow(join(directory, folder))).join();
}

function sizeOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return `${found?.size} ${found?.mtimeMs}`;
}

function namesBelow(folder: string): string {
  try {
    return readdirSync(folder, { recursive: true }).join();
  } catch {
    // What goes while it is read has changed as well.
    return String(performance.now());
  }
}
