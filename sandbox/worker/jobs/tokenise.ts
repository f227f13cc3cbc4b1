import { type ColumnChunk, decodeColumnChunk, isPresent } from '../../wire/column-chunk.ts';
import { DIGEST_BYTES } from '../../wire/column-type.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { KeyedHash, TOKEN_BYTES } from '../identifiers/keyed-hash.ts';
import { StickyCoin } from '../identifiers/sticky-coin.ts';
import { TokenList } from '../identifiers/token-list.ts';

/** Bytes of tokens in one message: an eighth of what a message may hold. */
const MESSAGE_BYTES = 32_768 * TOKEN_BYTES;

type IsSent = (person: bigint) => boolean;

/** Finds the rows of selected persons and answers their tokens, each once, in order. */
export function tokenise(job: JobSpec & { kind: 'tokenise' }): void {
  const hash = new KeyedHash(Buffer.from(job.keyHex, 'hex'), job.identifier);
  const selection: BigUint64Array[] = [];
  const tokens = new TokenList();
  let isSent: IsSent | null = null;
  let persons: ColumnChunk | null = null;
  for (const { table, column, bytes } of receiveChunks()) {
    const chunk = decodeColumnChunk(bytes);
    if (table === 0) selection.push(chunk.values as BigUint64Array);
    else if (column === 0) persons = chunk;
    else {
      isSent ??= whoIsSent(sortedUnion(selection), job);
      if (persons === null) throw new Error('a vault chunk has no persons beside it');
      for (const digest of sentRows(isSent, persons, chunk)) tokens.add(hash.tokenOf(digest));
      persons = null;
    }
  }
  // Sorted over all, so that the order of the file (and with it who joined when) does not leave with the tokens.
  const sorted = tokens.sorted();
  for (let start = 0; start < sorted.length; start += MESSAGE_BYTES) {
    answer({ kind: 'tokens', bytes: sorted.subarray(start, start + MESSAGE_BYTES) });
  }
  answer({ kind: 'done', rows: sorted.length / TOKEN_BYTES, rejected: 0 });
}

function whoIsSent(selected: BigUint64Array, { blur }: JobSpec & { kind: 'tokenise' }): IsSent {
  if (blur === null) return (person) => includes(selected, person);
  const coin = new StickyCoin(blur);
  return (person) => coin.isSent(person, includes(selected, person));
}

function* sentRows(isSent: IsSent, persons: ColumnChunk, vault: ColumnChunk): Generator<Uint8Array> {
  if (vault.type.kind !== 'digest' || persons.type.kind !== 'person' || persons.rowCount !== vault.rowCount) {
    throw new Error('persons and vault do not match');
  }
  const digests = vault.values as Uint8Array;
  const names = persons.values as BigUint64Array;
  for (let row = 0; row < vault.rowCount; row += 1) {
    if (!isPresent(persons, row) || !isPresent(vault, row) || !isSent(names[row] as bigint)) continue;
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
