// Text of few values becomes codes: a number of two bytes is compared and grouped where a text would be hashed. A column
// with too many texts, or a key with one that questions would cut, stays text.
import type { TableView } from '../../policies/index.ts';
import { TextDictionary } from '../../sandbox/index.ts';
import { columnChunks, columnsOf, type TableSnapshot } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { viewsOf, type WantedLayout } from './wanted-layouts.ts';

/** A dictionary, and its texts in the order of their codes. */
interface ColumnDictionary {
  readonly dictionary: TextDictionary;
  readonly texts: readonly string[];
}

/** The dictionaries of the text columns of some tables, by dataset and column. */
export class Dictionaries {
  readonly #columns = new Map<string, ColumnDictionary>();

  /** Reads every text column of the tables of a layout once. */
  static async read(kitchen: Kitchen, layout: WantedLayout): Promise<Dictionaries> {
    const dictionaries = new Dictionaries();
    for (const [at, view] of viewsOf(layout.spec).entries()) {
      await dictionaries.#readTable(kitchen, view, layout.snapshots[at] as TableSnapshot);
    }
    return dictionaries;
  }

  /** Of one column; undefined for one that is none of codes. */
  of(datasetId: string, column: string): ColumnDictionary | undefined {
    return this.#columns.get(`${datasetId} ${column}`);
  }

  async #readTable(kitchen: Kitchen, { datasetId, rules }: TableView, snapshot: TableSnapshot): Promise<void> {
    for (const [index, { name, kind }] of columnsOf(snapshot.columns).entries()) {
      if (kind !== 'text') continue;
      // Keys of groups are cut, but for those whose values their owner lists. What is no key is never cut: one long text,
      // which anybody may have written, does not take its codes away.
      const key = Object.hasOwn(rules.groupKeys, name) ? rules.groupKeys[name] : undefined;
      const dictionary = new TextDictionary(key !== undefined && key.values === null);
      for await (const chunk of columnChunks(kitchen, snapshot, index)) {
        dictionary.add(chunk);
        if (dictionary.texts() === null) break;
      }
      const texts = dictionary.texts();
      // A type of no texts is none to the engine.
      if (texts !== null && texts.length > 0) this.#columns.set(`${datasetId} ${name}`, { dictionary, texts });
    }
  }
}
