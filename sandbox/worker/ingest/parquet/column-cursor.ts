import { unpack } from '../codecs/unpack.ts';
import { MAX_DICTIONARY_ENTRIES_COUNT, MAX_METADATA_BYTES, MAX_PAGE_BYTES } from '../limits.ts';
import type { RawValue } from '../raw-value.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import type { ChunkWindow } from './chunk-window.ts';
import type { ColumnChunk } from './footer.ts';
import { type DataPageHeader, type PageHeader, readPageHeader } from './page-header.ts';
import { isIndexed, lengthPrefixed, type PageValues, readEncoded, readPlain } from './page-values.ts';
import { parquetReader, type ValueReader } from './parquet-values.ts';
import { readRuns } from './runs.ts';
import type { SchemaNode } from './schema.ts';

/** The rows of one page: which of its values each row has, -1 for none; null when every row has one. */
interface Page {
  end: number;
  start: number;
  places: Int32Array | null;
  valueAt: (place: number) => RawValue;
}

const RLE_ENCODING = 3;

/** Bytes in which nearly every page header ends. */
const USUAL_HEADER_BYTES = 16_384;

/**
 * Reads one column of one row group from its first row to its last, holding one page at a time.
 *
 * The file is trusted in nothing: each page must lie in its chunk, hold as many rows as it says and no more than are
 * missing, and every index point into the dictionary.
 */
export class ColumnCursor {
  readonly #pages: ChunkWindow;
  readonly #onRead: (byteCount: number) => void;
  readonly #chunk: ColumnChunk;
  readonly #node: SchemaNode;
  readonly #read: ValueReader;
  #at = 0;
  #dictionary: PageValues | null = null;
  /** Entries of the dictionary as they have been read: text of a label is made once and not for each row. */
  #entries: RawValue[] = [];
  #page: Page = { start: 0, end: 0, places: null, valueAt: () => refuseUnreadable() };

  /** @param onRead is told the bytes of each page */
  constructor(pages: ChunkWindow, chunk: ColumnChunk, node: SchemaNode, onRead: (byteCount: number) => void) {
    this.#pages = pages;
    this.#onRead = onRead;
    this.#chunk = chunk;
    this.#node = node;
    this.#read = parquetReader(node);
  }

  /** Gives the value of a row; rows may be left out, but not asked for again after a later one. */
  at(row: number): RawValue {
    while (row >= this.#page.end) this.#readPage();
    const { start, places, valueAt } = this.#page;
    const place = places === null ? row - start : (places[row - start] as number);
    return place < 0 ? null : valueAt(place);
  }

  /** Reads the pages that no row has asked for, so that a file is damaged or not whichever rows are bad. */
  finish(): void {
    while (this.#page.end < this.#chunk.valueCount) this.#readPage();
  }

  #readPage(): void {
    const header = this.#readHeader();
    const start = this.#at + header.at;
    const end = start + header.packedBytes;
    if (end > this.#pages.byteCount) refuseUnreadable();
    if (Math.max(header.unpackedBytes, header.packedBytes) > MAX_PAGE_BYTES) throw new RefusedInput('part-too-large');
    const packed = this.#pages.view(start, end);
    this.#onRead(end - this.#at);
    this.#at = end;
    if (header.kind === 'dictionary') this.#readDictionary(packed, header);
    else if (header.kind === 'data') this.#readDataPage(packed, header);
  }

  // How long a header is it does not say: statistics of long texts are in it, which nobody reads.
  #readHeader(): ReturnType<typeof readPageHeader> {
    const usual = this.#pages.view(this.#at, this.#at + USUAL_HEADER_BYTES);
    try {
      return readPageHeader(usual, 0);
    } catch (error) {
      if (!(error instanceof RefusedInput) || usual.byteLength < USUAL_HEADER_BYTES) throw error;
      return readPageHeader(this.#pages.view(this.#at, this.#at + MAX_METADATA_BYTES), 0);
    }
  }

  #readDictionary(packed: Uint8Array, { unpackedBytes, valueCount }: PageHeader): void {
    // A second one would change what the pages before it meant.
    if (this.#dictionary !== null || this.#page.end > 0) refuseUnreadable();
    if (valueCount > MAX_DICTIONARY_ENTRIES_COUNT) throw new RefusedInput('part-too-large');
    const bytes = unpack(this.#chunk.codec, packed, unpackedBytes);
    this.#dictionary = readPlain(bytes, this.#node as StoredNode, valueCount);
  }

  #readDataPage(packed: Uint8Array, header: DataPageHeader): void {
    const { valueCount } = header;
    const start = this.#page.end;
    // A page without rows brings nothing and could be repeated for ever.
    if (valueCount === 0 || start + valueCount > this.#chunk.valueCount) refuseUnreadable();
    const { levels, bytes } = this.#unpackData(packed, header);
    const places = levels === null ? null : placesOf(levels);
    const presentCount = places === null ? valueCount : countPresent(places);
    if (header.gapCount !== null && header.gapCount !== valueCount - presentCount) refuseUnreadable();
    const { encoding } = header;
    const entryCount = this.#dictionary?.count ?? 0;
    const { at } = readEncoded(bytes, this.#node as StoredNode, presentCount, encoding, entryCount);
    const valueAt = isIndexed(encoding)
      ? (place: number) => this.#entry(at(place) as number)
      : (place: number) => this.#read(at(place));
    this.#page = { start, end: start + valueCount, places, valueAt };
  }

  #entry(index: number): RawValue {
    const known = this.#entries[index];
    if (known !== undefined) return known;
    const entry = this.#read((this.#dictionary as PageValues).at(index));
    this.#entries[index] = entry;
    return entry;
  }

  #unpackData(
    packed: Uint8Array,
    { valueCount, unpackedBytes, second, levelEncoding }: DataPageHeader,
  ): { levels: Uint8Array | null; bytes: Uint8Array } {
    const hasGaps = this.#node.repetition === 'optional';
    const { codec } = this.#chunk;
    if (second === null) {
      const bytes = unpack(codec, packed, unpackedBytes);
      if (!hasGaps) return { levels: null, bytes };
      if (levelEncoding !== RLE_ENCODING) throw new RefusedInput('not-supported');
      const { taken, rest } = lengthPrefixed(bytes);
      return { levels: readRuns(taken, 1, 2, new Uint8Array(valueCount)), bytes: rest };
    }
    // A flat column repeats nothing; its levels stand before the packed values, as they are.
    const { levelBytes, isPacked } = second;
    if (levelBytes > packed.byteLength || levelBytes > unpackedBytes) refuseUnreadable();
    const rest = packed.subarray(levelBytes);
    const bytes = unpack(isPacked ? codec : 'none', rest, unpackedBytes - levelBytes);
    const levels = hasGaps ? readRuns(packed.subarray(0, levelBytes), 1, 2, new Uint8Array(valueCount)) : null;
    return { levels, bytes };
  }
}

type StoredNode = SchemaNode & { type: NonNullable<SchemaNode['type']> };

function placesOf(levels: Uint8Array): Int32Array {
  const places = new Int32Array(levels.length);
  let place = 0;
  for (let row = 0; row < levels.length; row += 1) {
    places[row] = levels[row] === 1 ? place : -1;
    place += levels[row] as number;
  }
  return places;
}

function countPresent(places: Int32Array): number {
  for (let row = places.length - 1; row >= 0; row -= 1)
    if ((places[row] as number) >= 0) return (places[row] as number) + 1;
  return 0;
}
