import canonicalize from 'canonicalize';
import { assertEntry, ENTRY_VERSION, type Entry, type EntryBody } from './entry.ts';
import { EntryError } from './entry-error.ts';
import { isEntryKind } from './entry-kind.ts';
import { currentVersion } from './schema/entry-schemas.ts';

/** Largest leaf: entry bundles of C2SP tlog-tiles prefix each leaf with its length in 16 bits. */
export const MAX_LEAF_BYTES = 65_535;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Writes an entry as the leaf that the tree hashes: RFC 8785 canonical JSON in UTF-8.
 *
 * @throws {EntryError} when the entry is not one that `parseLeaf` would accept
 */
export function toLeaf(body: EntryBody): Uint8Array {
  const entry: unknown = { ...body, version: ENTRY_VERSION, kindVersion: versionOf(body) };
  assertEntry(entry);
  const leaf = Buffer.from(canonicalText(entry), 'utf8');
  assertSize(leaf);
  return leaf;
}

// What is no kind at all is refused as such, not for its version.
function versionOf({ kind }: EntryBody): number {
  return isEntryKind(kind) ? currentVersion(kind) : 1;
}

/**
 * Reads a leaf back, and accepts only the bytes that `toLeaf` would have written, then or now.
 *
 * Canonical form is checked by writing it again: doubled keys, spare spaces and other spellings of one entry would let
 * the operator show two readings of one hash.
 *
 * @throws {EntryError} for anything else
 */
export function parseLeaf(leaf: Uint8Array): Entry {
  assertSize(leaf);
  const { text, value } = decode(leaf);
  assertEntry(value);
  if (canonicalText(value) !== text) throw new EntryError('LEAF_NOT_CANONICAL', 'leaf is not RFC 8785 canonical JSON');
  return value;
}

function decode(leaf: Uint8Array): { text: string; value: unknown } {
  try {
    const text = utf8.decode(leaf);
    return { text, value: JSON.parse(text) };
  } catch {
    // The parser's own text quotes the leaf, so it stays here.
    throw new EntryError('LEAF_NOT_JSON', 'leaf is not JSON in UTF-8');
  }
}

function canonicalText(entry: Entry): string {
  return canonicalize(entry) ?? '';
}

function assertSize(leaf: Uint8Array): void {
  if (leaf.byteLength > MAX_LEAF_BYTES) {
    throw new EntryError('LEAF_TOO_LARGE', `leaf is larger than ${MAX_LEAF_BYTES} bytes`);
  }
}
