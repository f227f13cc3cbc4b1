import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cellsOf } from '../testkit/tables.ts';
import { chunkOfCells } from '../wire/cells.ts';
import { encodeColumnChunk } from '../wire/column-chunk.ts';
import type { Cell } from '../wire/column-type.ts';
import { TextDictionary } from './text-dictionary.ts';

const encoded = (cells: readonly Cell[]) => encodeColumnChunk(chunkOfCells({ kind: 'text' }, cells));

function dictionaryOf(...chunks: Cell[][]): TextDictionary {
  const dictionary = new TextDictionary();
  for (const cells of chunks) dictionary.add(encoded(cells));
  return dictionary;
}

describe('the dictionary of a column', () => {
  it('gives every row its text again, in codes that order as bytes do', () => {
    const text = fc.oneof(fc.constantFrom('', 'a', 'b', '\uFB01', '😀'), fc.string({ unit: 'grapheme' }));
    const cells = fc.array(fc.option(text, { nil: null }), { maxLength: 120 });
    fc.assert(
      fc.property(fc.array(cells, { maxLength: 4 }), (chunks) => {
        const dictionary = dictionaryOf(...chunks);
        const texts = dictionary.texts() ?? [];
        const well = chunks.map((chunk) => chunk.map((cell) => cell?.toWellFormed() ?? null));
        expect(new Set(texts)).toEqual(new Set(well.flat().filter((cell) => cell !== null)));
        expect(texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(texts);
        for (const [at, chunk] of chunks.entries()) {
          const codes = cellsOf(dictionary.encode(encoded(chunk)));
          expect(codes.map((code) => (code === null ? null : texts[Number(code)]))).toEqual(well[at]);
        }
      }),
    );
  });

  it('is none of a column with too many texts, or with one that is too long', () => {
    const texts = (count: number) => Array.from({ length: count }, (_, at) => `text ${at}`);
    expect(dictionaryOf(texts(65_535)).texts()).toHaveLength(65_535);
    expect(dictionaryOf(texts(65_535), ['one more']).texts()).toBeNull();
    expect(dictionaryOf(['😀'.repeat(250)]).texts()).toHaveLength(1);
    expect(dictionaryOf(['😀'.repeat(251)]).texts()).toBeNull();
  });

  it('has texts of any length where no question cuts them', () => {
    const long = '😀'.repeat(251);
    const dictionary = new TextDictionary(false);
    dictionary.add(encoded([long, 'a', null]));
    expect(dictionary.texts()).toEqual(['a', long]);
    expect(cellsOf(dictionary.encode(encoded([long, null, 'a'])))).toEqual([1n, null, 0n]);
    dictionary.add(encoded(['a'.repeat(8 * 1024 * 1024)]));
    expect(dictionary.texts()).toBeNull();
  });

  it('is none of a column whose texts are too long together, and stays small as JSON', () => {
    // Control characters: a byte each, and six in JSON.
    const text = (at: number) => `${at}`.padStart(8, '0') + '\u0001'.repeat(248 - 8);
    const texts = (from: number, count: number) => Array.from({ length: count }, (_, at) => text(from + at));
    const count = Math.floor((8 * 1024 * 1024) / 248);
    const dictionary = dictionaryOf(texts(0, count - 1), texts(0, count));
    expect(dictionary.texts()).toHaveLength(count);
    expect(Buffer.byteLength(JSON.stringify(dictionary.texts()))).toBeLessThan(64 * 1024 * 1024);
    dictionary.add(encoded(texts(count, 1)));
    expect(dictionary.texts()).toBeNull();
  });

  it('knows no text that was not added', () => {
    expect(() => dictionaryOf(['a']).encode(encoded(['b']))).toThrow('not in the dictionary');
  });
});
