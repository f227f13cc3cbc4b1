export type { Entry, EntryActor, EntryBody } from './entry.ts';
export { EntryError, type EntryFault } from './entry-error.ts';
export { type EntryKind, entryKinds } from './entry-kind.ts';
export type { JsonValue } from './json-value.ts';
export { MAX_LEAF_BYTES, parseLeaf, toLeaf } from './leaf.ts';
