// The thread that writes. Storing a batch and forgetting members take milliseconds each; in the thread that decides they
// would be the pause that a visitor sees.
import { parentPort, workerData } from 'node:worker_threads';
import { AudienceStore } from './audience-store.ts';
import { EngineRefusal } from './engine-refusal.ts';
import { EventStore } from './event-store.ts';
import type { StoreAnswer, StoreCall, StoreThreadData } from './store-calls.ts';
import { tidyStep } from './tidy-store.ts';

/** How often the clock is looked at when nothing arrives: an audience is forgotten this long after its end. */
const IDLE_MS = 1_000;

const { directory, identifier } = workerData as StoreThreadData;
const audiences = new AudienceStore(directory, identifier);
const events = new EventStore(directory);
let timer: NodeJS.Timeout | undefined;
let wasBusy = false;

function tidyLater(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(tidy, ms);
}

function tidy(): void {
  const hasMore = tidyStep(audiences.database, Date.now()) || events.tidyStep();
  // What was overwritten stands in the log beside the file until that is emptied.
  if (wasBusy && !hasMore) audiences.database.exec('pragma wal_checkpoint(truncate)');
  wasBusy = hasMore;
  // Calls that have arrived meanwhile come before the next step.
  tidyLater(hasMore ? 0 : IDLE_MS);
}

function resultOf(call: StoreCall): unknown {
  if (call.name === 'take') return audiences.take(call.given);
  if (call.name === 'record') return events.record(call.given);
  if (call.name === 'forget') return events.forget(call.given);
  return events.assign(call.given);
}

function answerTo(call: StoreCall): StoreAnswer {
  const { id } = call;
  try {
    return { id, result: resultOf(call) };
  } catch (error) {
    if (error instanceof EngineRefusal) return { id, refusal: { code: error.code, message: error.message } };
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (call: StoreCall | 'close') => {
  if (call === 'close') {
    clearTimeout(timer);
    audiences.close();
    events.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(answerTo(call));
  if (call.name === 'take') tidyLater(0);
});
parentPort?.postMessage('ready');
tidyLater(0);
