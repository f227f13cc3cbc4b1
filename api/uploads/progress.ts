// Work that somebody may watch: it goes on when the watcher goes away, and a later one watches the same.
import { setTimeout as sleep } from 'node:timers/promises';
import type { uploads } from '../../proto/index.ts';

/** The least time between two messages of progress: more than one a blink is noise. */
const PROGRESS_EVERY_MS = 250;

/** Work with its newest progress. */
export interface Watched<Result> {
  /** Null before the first. */
  readonly progress: () => uploads.UploadProgress | null;
  /** The end of the work. A failure that nobody waits for ends no process. */
  readonly settled: Promise<Result>;
}

/** Begins work that says now and then how far it is. */
export function watch<Result>(
  work: (onProgress: (progress: uploads.UploadProgress) => void) => Promise<Result>,
): Watched<Result> {
  let newest: uploads.UploadProgress | null = null;
  const settled = work((progress) => {
    newest = progress;
  });
  settled.catch(() => {});
  return { progress: () => newest, settled };
}

/** The progress of work, newest only, until it ends in whatever way. */
export async function* follow(watched: Watched<unknown>): AsyncGenerator<uploads.UploadProgress, void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  watched.settled.then(end, end);
  let told: uploads.UploadProgress | null = null;
  while (!ended.signal.aborted) {
    await sleep(PROGRESS_EVERY_MS, undefined, { signal: ended.signal }).catch(() => {});
    const progress = watched.progress();
    if (progress === null || progress === told) continue;
    told = progress;
    yield progress;
  }
}
