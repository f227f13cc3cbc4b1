import type { UploadedFile } from '../file-source.ts';
import { MAX_METADATA_BYTES } from '../limits.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import { FlatTable } from './flat-table.ts';
import { type ArrowMessage, metadataBytesOf, PREFIX_BYTES, readHead } from './messages.ts';

/** What an Arrow IPC file begins and ends with. */
export const FILE_MAGIC = 'ARROW1';

/** The magic and what fills it up to eight bytes. */
const FILE_HEAD_BYTES = 8;
const FOOTER_LENGTH_BYTES = 4;
const BLOCK_BYTES = 24;

/** A message by its place, as the footer gives it. */
interface Block {
  start: number;
  end: number;
}

/**
 * Reads the messages of an Arrow IPC file, each when it is asked for, by its footer: the schema, all dictionaries, all batches.
 *
 * Source: apache/arrow, format/File.fbs.
 *
 * @throws {RefusedInput} when the file is cut off, or its footer points outside of it or at one place twice
 */
export async function* readFileMessages(
  file: UploadedFile,
  onRead: (byteCount: number) => void,
): AsyncGenerator<ArrowMessage, void, undefined> {
  const { footer, footerStart } = findFooter(file);
  const schema = footer.table(1) ?? refuseUnreadable();
  const dictionaries = readBlocks(footer, 2, footerStart);
  const batches = readBlocks(footer, 3, footerStart);
  expectApart([...dictionaries, ...batches]);
  yield { kind: 'schema', header: schema, body: async () => new Uint8Array(0) };
  for (const [kind, blocks] of [['dictionary', dictionaries] as const, ['batch', batches] as const]) {
    for (const block of blocks) {
      onRead(block.end - block.start);
      yield messageOf(file, block, kind);
    }
  }
}

function findFooter(file: UploadedFile): { footer: FlatTable; footerStart: number } {
  const lengthAt = file.byteCount - FILE_MAGIC.length - FOOTER_LENGTH_BYTES;
  if (lengthAt < FILE_HEAD_BYTES) throw new RefusedInput('truncated');
  const tail = Buffer.from(file.range(lengthAt, file.byteCount));
  if (tail.toString('latin1', FOOTER_LENGTH_BYTES) !== FILE_MAGIC) throw new RefusedInput('truncated');
  const footerBytes = tail.readUInt32LE(0);
  const footerStart = lengthAt - footerBytes;
  if (footerStart < FILE_HEAD_BYTES) refuseUnreadable();
  if (footerBytes > MAX_METADATA_BYTES) throw new RefusedInput('part-too-large');
  return { footer: FlatTable.root(file.range(footerStart, lengthAt)), footerStart };
}

function readBlocks(footer: FlatTable, field: number, footerStart: number): Block[] {
  return Array.from({ length: footer.length(field, BLOCK_BYTES) }, (_, index) => {
    const start = footer.countOf(field, BLOCK_BYTES, index);
    const metadataBytes = footer.countOf(field, BLOCK_BYTES, index, 8) % 2 ** 32;
    const end = start + metadataBytes + footer.countOf(field, BLOCK_BYTES, index, 16);
    if (start < FILE_HEAD_BYTES || end > footerStart) refuseUnreadable();
    return { start, end };
  });
}

// Ten thousand blocks at one place would be an upload of billions in a file of nothing.
function expectApart(blocks: readonly Block[]): void {
  const inOrder = blocks.toSorted((a, b) => a.start - b.start);
  for (const [index, { start }] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before !== undefined && start < before.end) refuseUnreadable();
  }
}

function messageOf(file: UploadedFile, { start, end }: Block, expected: ArrowMessage['kind']): ArrowMessage {
  const metadataStart = start + PREFIX_BYTES;
  if (metadataStart > end) refuseUnreadable();
  const metadataBytes = metadataBytesOf(file.range(start, metadataStart)) ?? refuseUnreadable();
  const bodyStart = metadataStart + metadataBytes;
  if (bodyStart > end) refuseUnreadable();
  const { kind, header, bodyBytes } = readHead(file.range(metadataStart, bodyStart));
  if (kind !== expected || bodyStart + bodyBytes > end) refuseUnreadable();
  return { kind, header, body: async () => file.range(bodyStart, bodyStart + bodyBytes) };
}
