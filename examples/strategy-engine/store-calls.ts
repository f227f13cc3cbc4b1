import type { decisions, strategy } from '../../proto/index.ts';
import type { EngineRefusalCode } from './engine-refusal.ts';
import type { Assignment } from './event-store.ts';

/** What the writing thread is started with. */
export interface StoreThreadData {
  readonly directory: string;
  readonly identifier: string;
}

/** What the writing thread does, by name: what it is given and what it answers. */
export interface StoreWork {
  readonly take: readonly [strategy.Envelope, strategy.DeliverResponse];
  readonly record: readonly [readonly decisions.Event[], decisions.RecordEventsResponse];
  readonly assign: readonly [readonly Assignment[], undefined];
  readonly forget: readonly [Uint8Array, number];
}

/** One call of the writing thread. */
export type StoreCall = {
  readonly [Name in keyof StoreWork]: { readonly id: number; readonly name: Name; readonly given: StoreWork[Name][0] };
}[keyof StoreWork];

/** Its answer: a result, a refusal, or that it failed. */
export type StoreAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly refusal: { readonly code: EngineRefusalCode; readonly message: string } }
  | { readonly id: number; readonly failure: string };
