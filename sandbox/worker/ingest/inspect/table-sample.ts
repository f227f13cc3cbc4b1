import { type FoundColumn, MAX_INSPECTED_COLUMNS_COUNT, MAX_INSPECTED_ROWS } from '../../../wire/inspection.ts';
import { isShown } from '../../../wire/read-description.ts';
import type { RawValue } from '../raw-value.ts';
import { ColumnSample } from './column-sample.ts';
import { NameMaker } from './propose-name.ts';

/** Values that are looked at, over all columns: a second or two of work. */
const MAX_LOOKED_VALUES_COUNT = 1_000_000;

/** What is said of a table. */
export interface SampledTable {
  columns: FoundColumn[];
  furtherColumnCount: number;
  rowCount: number;
  nullWords: string[];
}

/** Looks at the first rows of a table. */
export class TableSample {
  readonly #samples = new Map<string, ColumnSample>();
  /** Names that differ by case only are one name to SQL; nobody can know which is meant. */
  readonly #counts = new Map<string, number>();
  #furtherColumnCount = 0;
  #rowCount = 0;

  /** Rows that were looked at. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Makes a place for a column by its name in the file; null for one that is not described. */
  addColumn(source: string): ColumnSample | null {
    const folded = source.toLowerCase();
    this.#counts.set(folded, (this.#counts.get(folded) ?? 0) + 1);
    if (!isShown(source) || this.#samples.has(source) || this.#samples.size >= MAX_INSPECTED_COLUMNS_COUNT) {
      this.#furtherColumnCount += 1;
      return null;
    }
    const sample = new ColumnSample(source);
    this.#samples.set(source, sample);
    return sample;
  }

  /** Counts columns that cannot be described. */
  passOver(columnCount: number): void {
    this.#furtherColumnCount += columnCount;
  }

  /** The column of this name, which need not be there. */
  column(source: string): ColumnSample | undefined {
    return this.#samples.get(source);
  }

  /** Counts a row; tells whether it was the last to be looked at. */
  countRow(): boolean {
    this.#rowCount += 1;
    return this.#rowCount >= MAX_INSPECTED_ROWS || this.#rowCount * this.#samples.size >= MAX_LOOKED_VALUES_COUNT;
  }

  /** Looks at a row of a format with types; tells whether it was the last to be looked at. */
  addRow(samples: readonly (ColumnSample | null)[], rawOf: (column: number) => RawValue): boolean {
    for (const [index, sample] of samples.entries()) sample?.add(rawOf(index));
    return this.countRow();
  }

  /** What was seen. */
  verdict(): SampledTable {
    const maker = new NameMaker();
    const nullWords = new Set<string>();
    const columns: FoundColumn[] = [];
    let furtherColumnCount = this.#furtherColumnCount;
    let place = 0;
    for (const [source, sample] of this.#samples) {
      place += 1;
      if (this.#counts.get(source.toLowerCase()) !== 1) {
        furtherColumnCount += 1;
        continue;
      }
      const { nullWords: words, ...found } = sample.verdict(this.#rowCount);
      for (const word of words) nullWords.add(word);
      columns.push({ source, name: maker.propose(source, place), ...found });
    }
    return { columns, furtherColumnCount, rowCount: this.#rowCount, nullWords: [...nullWords] };
  }
}
