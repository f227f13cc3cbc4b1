import type { TableView } from '../collaboration/table-view.ts';
import { printCutText } from '../print/print-aggregate.ts';
import { quoteName } from '../print/print-expression.ts';
import { type LayoutColumn, matchedColumn } from './layout.ts';

/** A column as a layout holds it: the engine's own types, texts as codes where they can be. */
export function columnOf(view: TableView, name: string): LayoutColumn {
  const type = view.columns.find((c) => c.name === name)?.type;
  if (type === undefined) throw new TypeError('a layout names a column that its table does not have');
  return { name, type: type.kind === 'text' ? { kind: 'code' } : type };
}

/** All columns but the identity: persons are named by the layout's own column. */
export function columnsOf(view: TableView): readonly LayoutColumn[] {
  return view.columns.filter((c) => c.type.kind !== 'person').map((c) => columnOf(view, c.name));
}

/** The columns of a table as they stand beside another; none where there is none. */
export function columnsBeside(view: TableView | null): readonly LayoutColumn[] {
  return view === null ? [] : columnsOf(view).map((c) => ({ ...c, name: matchedColumn(c.name) }));
}

/**
 * A dimension as a question's key is printed: values that it takes for one group are one pair.
 *
 * @param texts columns whose texts are held as they are; a code stands for the whole of its text
 */
export function printDimension(view: TableView, name: string, texts: ReadonlySet<string>, ref = ''): string {
  const column = `${ref === '' ? '' : `${ref}.`}${quoteName(name)}`;
  const isCut = texts.has(name) && (view.rules.groupKeys[name]?.values ?? null) === null;
  return isCut ? printCutText(column) : column;
}
