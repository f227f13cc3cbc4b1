import { decodeColumnChunk, encodeColumnChunk } from '../../wire/column-chunk.ts';
import { answer, receiveChunks } from '../channel.ts';
import { EntryTable, wordsOf } from '../spine/entry-table.ts';

/** Turns each chunk of nodes into one of persons, by the entries of its member's spine; others stay as they are. */
export function assign(): void {
  const entries = new EntryTable();
  let rows = 0;
  for (const { table, bytes } of receiveChunks()) {
    const chunk = decodeColumnChunk(bytes);
    if (table === 0) {
      entries.add(chunk);
      continue;
    }
    const values = (chunk.values as BigUint64Array).slice();
    // A missing node is 0 like a missing person: were it to have an entry, the gap would still be a gap.
    entries.rename(wordsOf(values));
    rows += chunk.rowCount;
    answer({ kind: 'chunk', column: 0, bytes: encodeColumnChunk({ ...chunk, values }) });
  }
  answer({ kind: 'done', rows, rejected: 0 });
}
