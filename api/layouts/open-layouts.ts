import { columnBytes, type PathTable, type PrintedLayout } from '../../policies/index.ts';
import type { ColumnType, LayoutType, ShardedColumn, ShardedTable } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { originOfColumn } from './column-origin.ts';
import { ColumnReader } from './column-reader.ts';
import type { FoundLayout } from './find-layouts.ts';
import { layoutPlace } from './layout-files.ts';
import { shardsForBytes } from './shard-index.ts';

/** One of so many parts of all persons, by the upper bits of their names: from 0, and a power of two. */
export interface PersonsPart {
  readonly index: number;
  readonly count: number;
}

/** All persons. */
export const ALL_PERSONS: PersonsPart = { index: 0, count: 1 };

/** What layouts hold of a part of the persons, in shards of its own. */
export interface LayoutsPart {
  readonly tables: readonly ShardedTable[];
  readonly shardCount: number;
}

/** Layouts that are open for one run. */
export interface OpenLayouts {
  /** Most parts that they can be read in. */
  readonly cut: number;
  /** Whether tables of persons over what is declared are given whole. */
  readonly isOverWhole: boolean;
  /** A part of at most `cut`; all together are all rows. */
  readonly part: (part: PersonsPart) => LayoutsPart;
  /** Rows of all of them. */
  readonly rowCount: number;
  /** Bytes read so far. */
  readonly bytesRead: () => number;
  readonly close: () => Promise<void>;
}

/**
 * Opens the named columns of layouts and no others. All files are opened before the first is read, so that whoever
 * removes one meanwhile takes it from nobody.
 *
 * @throws {SealBroken} @throws {KeyDestroyed}
 */
export async function openLayouts(
  kitchen: Kitchen,
  named: readonly (readonly [Extract<PathTable, { kind: 'layout' }>, FoundLayout])[],
): Promise<OpenLayouts> {
  const readers: ColumnReader[] = [];
  const close = async () => {
    for (const reader of readers) await reader.close();
  };
  const counts = named.map(([, { index }]) => index.rows.reduce((sum, count) => sum + count, 0));
  const sizes = named.map(([table, layout], at) => ({
    isOver: table.isOver === true,
    bytes: (counts[at] ?? 0) * rowBytes(table, layout),
  }));
  // As every table is cut: to show by a statement a shard, one person would need the rows of a whole shard.
  const isOverWhole = sizes.every(({ isOver, bytes }) => !isOver || shardsForBytes(bytes) === 1);
  const cut = Math.min(...named.map(([, { index }]) => index.cut));
  const shardCount = Math.min(shardsForBytes(Math.max(0, ...sizes.map(({ bytes }) => bytes))), cut);
  try {
    const tables: OpenTable[] = [];
    for (const [table, layout] of named) {
      const columns: OpenColumn[] = [];
      for (const name of table.columns) {
        const opened = await openColumn(kitchen, layout, name);
        readers.push(opened.reader);
        columns.push({ ...opened, dictionary: await opened.reader.dictionary() });
      }
      tables.push({ name: table.name, columns, isWhole: isOverWhole && table.isOver === true });
    }
    return {
      cut,
      isOverWhole,
      part: (part) => partOf(tables, Math.max(shardCount, part.count), part),
      rowCount: counts.reduce((sum, count) => sum + count, 0),
      bytesRead: () => readers.reduce((sum, reader) => sum + reader.byteCount, 0),
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function rowBytes({ columns }: Extract<PathTable, { kind: 'layout' }>, { source }: FoundLayout): number {
  const read = source.printed.columns.filter(({ name }) => columns.includes(name));
  return read.reduce((sum, { type }) => sum + columnBytes(type), 0);
}

interface OpenColumn {
  readonly name: string;
  readonly type: ColumnType | LayoutType;
  readonly reader: ColumnReader;
  readonly dictionary: readonly string[] | undefined;
}

interface OpenTable extends Pick<ShardedTable, 'name' | 'isWhole'> {
  readonly columns: readonly OpenColumn[];
}

async function openColumn(
  kitchen: Kitchen,
  layout: FoundLayout,
  name: string,
): Promise<Omit<OpenColumn, 'dictionary'>> {
  const { row, spec, source, index } = layout;
  const at = source.printed.columns.findIndex((column) => column.name === name);
  const column = source.printed.columns[at];
  // INVARIANT: a path is printed for the layouts that were found.
  if (column === undefined) throw new Error(`layout \`${row.layout_id}\` has no such column`);
  const { datasetId } = originOfColumn(spec, name);
  const place = layoutPlace(kitchen, row.collaboration_id, { layoutId: row.layout_id, index: at, datasetId });
  const reader = await ColumnReader.open(kitchen, place, index.column(at));
  return { name, type: storedType(column.type, index.hasDictionary(at)), reader };
}

/** A part of the tables: so many shards of all, or of a table that is given whole the part at once. */
function partOf(tables: readonly OpenTable[], shardsOfAll: number, { index, count }: PersonsPart): LayoutsPart {
  const shardCount = shardsOfAll / count;
  return {
    shardCount,
    tables: tables.map(({ name, columns, isWhole }) => ({
      name,
      isWhole,
      columns: columns.map((column): ShardedColumn => {
        const { reader, dictionary } = column;
        const chunksOf = (shard: number) =>
          isWhole ? reader.chunksOf(index, count) : reader.chunksOf(index * shardCount + shard, shardsOfAll);
        return { name: column.name, type: column.type, ...(dictionary === undefined ? {} : { dictionary }), chunksOf };
      }),
    })),
  };
}

/** How a column of a layout lies on the disk: text is codes where it has a dictionary. */
export function storedType(
  type: PrintedLayout['columns'][number]['type'],
  hasDictionary: boolean,
): ColumnType | LayoutType {
  switch (type.kind) {
    case 'code':
      return { kind: hasDictionary ? 'code' : 'text' };
    case 'decimal':
    case 'ordinal':
    case 'rank':
      return type;
    case 'double':
    case 'interval':
    case 'null':
      // INVARIANT: no stored column is of these types.
      throw new TypeError(`a layout has no column of kind \`${type.kind}\``);
    default:
      return { kind: type.kind };
  }
}
