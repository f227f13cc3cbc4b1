import { type ColumnChunk, decodeColumnChunk, isPresent } from '../../wire/column-chunk.ts';
import { DIGEST_BYTES } from '../../wire/column-type.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { KeyedHash } from '../identifiers/keyed-hash.ts';

/** Tokens of one message: a quarter of what a message may hold. */
const TOKENS_PER_MESSAGE_COUNT = 32_768;

/** Finds the rows of selected persons and answers their tokens, each once, in order. */
export function tokenise(job: JobSpec & { kind: 'tokenise' }): void {
  const hash = new KeyedHash(Buffer.from(job.keyHex, 'hex'), job.identifier);
  const selection: BigUint64Array[] = [];
  const tokens = new Set<string>();
  let selected: BigUint64Array | null = null;
  let persons: ColumnChunk | null = null;
  for (const { table, column, bytes } of receiveChunks()) {
    const chunk = decodeColumnChunk(bytes);
    if (table === 0) selection.push(chunk.values as BigUint64Array);
    else if (column === 0) persons = chunk;
    else {
      selected ??= sortedUnion(selection);
      if (persons === null) throw new Error('a vault chunk has no persons beside it');
      for (const digest of selectedRows(selected, persons, chunk)) tokens.add(hash.tokenOf(digest));
      persons = null;
    }
  }
  // Sorted over all, so that the order of the file (and with it who joined when) does not leave with the tokens.
  const sorted = [...tokens].sort();
  for (let start = 0; start < sorted.length; start += TOKENS_PER_MESSAGE_COUNT) {
    answer({ kind: 'tokens', tokens: sorted.slice(start, start + TOKENS_PER_MESSAGE_COUNT) });
  }
  answer({ kind: 'done', rows: sorted.length, rejected: 0 });
}

function* selectedRows(selected: BigUint64Array, persons: ColumnChunk, vault: ColumnChunk): Generator<Uint8Array> {
  if (vault.type.kind !== 'digest' || persons.type.kind !== 'person' || persons.rowCount !== vault.rowCount) {
    throw new Error('persons and vault do not match');
  }
  const digests = vault.values as Uint8Array;
  const names = persons.values as BigUint64Array;
  for (let row = 0; row < vault.rowCount; row += 1) {
    if (!isPresent(persons, row) || !isPresent(vault, row) || !includes(selected, names[row] as bigint)) continue;
    yield digests.subarray(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES);
  }
}

function sortedUnion(parts: readonly BigUint64Array[]): BigUint64Array {
  const all = new BigUint64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.sort();
}

// A sorted array and a binary search: a Set of bigints would take ten times the memory.
function includes(sorted: BigUint64Array, person: bigint): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) < person) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === person;
}
