export { assertSaysWhatItMay, type Entry, type EntryActor, type EntryBody } from './entry.ts';
export { EntryError, type EntryFault } from './entry-error.ts';
export { type EntryKind, entryKinds } from './entry-kind.ts';
export type { JsonValue } from './json-value.ts';
export { MAX_LEAF_BYTES, parseLeaf, toLeaf } from './leaf.ts';
export { entrySchemas } from './schema/entry-schemas.ts';
export type { Fields } from './schema/field-type.ts';
