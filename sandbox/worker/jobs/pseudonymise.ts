import { type ColumnChunk, decodeColumnChunk, encodeColumnChunk } from '../../wire/column-chunk.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { NodeCipher } from '../spine/node-cipher.ts';
import { encodeNodes, RowNames } from '../spine/row-names.ts';

const [NODES, LINKS, SINGLES] = [0, 1, 2];

/** Names the rows of a part by nodes, and tells which identifiers stood together on them. */
export function pseudonymise(job: JobSpec & { kind: 'pseudonymise' }): void {
  let rows = 0;
  const say = (column: number, bytes: Uint8Array) => answer({ kind: 'chunk', column, bytes });
  const columns = job.columns.map(({ keyHex, rank }) => ({ cipher: new NodeCipher(Buffer.from(keyHex, 'hex')), rank }));
  const names = new RowNames(columns, {
    nodes: (words, validity) => {
      const values = new BigUint64Array(words.buffer);
      rows += values.length;
      say(NODES, encodeColumnChunk({ type: { kind: 'person' }, rowCount: values.length, validity, values }));
    },
    links: (top, other, words) => say(LINKS, encodeNodes(top, other, words)),
    singles: (top, words) => say(SINGLES, encodeNodes(top, 0, words)),
  });
  let block: ColumnChunk[] = [];
  for (const { bytes } of receiveChunks()) {
    block.push(decodeColumnChunk(bytes));
    if (block.length < columns.length) continue;
    names.take(block);
    block = [];
  }
  names.finish();
  answer({ kind: 'done', rows, rejected: 0 });
}
