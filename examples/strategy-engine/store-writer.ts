import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { decisions, strategy } from '../../proto/index.ts';
import { EngineRefusal } from './engine-refusal.ts';
import type { Assignment } from './event-store.ts';
import type { StoreAnswer, StoreCall, StoreThreadData, StoreWork } from './store-calls.ts';

/** Takes one part of a delivery; the answer is given when the part is on the disk. @throws {EngineRefusal} */
export type Take = (envelope: strategy.Envelope) => Promise<strategy.DeliverResponse>;

/** The engine's end of the thread that writes: calls are done one after the other, in the order they are made. */
export class StoreWriter {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #gone: Promise<unknown>;
  #lastId = 0;
  #closed = false;

  private constructor(thread: Worker) {
    this.#thread = thread;
    this.#gone = once(thread, 'exit');
    thread.on('message', (message: StoreAnswer | 'ready') => {
      if (message !== 'ready') this.#settle(message);
    });
    thread.on('error', (error) => this.#failAll(error));
    thread.on('exit', () => this.#failAll(new Error('the store was closed')));
  }

  /** Starts the thread on a directory and waits until its files are there. */
  static async open(data: StoreThreadData): Promise<StoreWriter> {
    const thread = new Worker(new URL('./store-thread.ts', import.meta.url), { workerData: data });
    await once(thread, 'message');
    return new StoreWriter(thread);
  }

  /** Settles when the thread has ended, for whatever reason. */
  get gone(): Promise<unknown> {
    return this.#gone;
  }

  /** Takes one part of a delivery, see `AudienceStore.take`. */
  readonly take: Take = (envelope) => this.#call('take', envelope);

  /** Records events, see `EventStore.record`. */
  readonly record = (events: readonly decisions.Event[]): Promise<decisions.RecordEventsResponse> =>
    this.#call('record', events);

  /** Remembers first arms, see `EventStore.assign`. */
  readonly assign = (assignments: readonly Assignment[]): Promise<void> => this.#call('assign', assignments);

  /** Forgets a person's events, see `EventStore.forget`. */
  readonly forget = (token: Uint8Array): Promise<number> => this.#call('forget', token);

  /** Does what was asked before, closes the files and ends the thread. */
  async close(): Promise<void> {
    if (!this.#closed) this.#thread.postMessage('close');
    this.#closed = true;
    await this.#gone;
  }

  async #call<Name extends keyof StoreWork>(name: Name, given: StoreWork[Name][0]): Promise<StoreWork[Name][1]> {
    if (this.#closed) throw new Error('the store was closed');
    this.#lastId += 1;
    const call = { id: this.#lastId, name, given } as StoreCall;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(call.id, waiting);
    this.#thread.postMessage(call);
    return (await waiting.promise) as StoreWork[Name][1];
  }

  #settle(message: StoreAnswer): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('result' in message) waiting?.resolve(message.result);
    else if ('refusal' in message) waiting?.reject(new EngineRefusal(message.refusal.code, message.refusal.message));
    else waiting?.reject(new Error(message.failure));
  }

  #failAll(error: unknown): void {
    this.#closed = true;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
