import { type CheckedAudience, sureTables } from '../check/check-audience.ts';
import { type TableView, tableName } from '../collaboration/table-view.ts';
import { bareQuery } from './bare-query.ts';
import { quoteName, quoteTable } from './quote-name.ts';

/** How audiences are put together. */
export type CombinationKind = 'union' | 'intersection' | 'difference';

/**
 * Prints the SQL of audiences put together.
 *
 * Its persons are taken from a table that all of them are surely in, so that a destination whose owner brought that table
 * knows them; of several, from one that is not the asker's own.
 */
export function combineAudiences(
  kind: CombinationKind,
  parts: readonly CheckedAudience[],
  { asker }: { readonly asker: string },
): string {
  const queries = parts.map(({ sql }) => bareQuery(sql));
  const base = baseOf(kind, parts, asker);
  if (base !== null) return printOver(kind, queries, base);
  const [first = '', ...others] = queries;
  if (kind === 'union') return queries.map((query) => `select * from (\n${query}\n) as part`).join('\nunion\n');
  const holds = kind === 'intersection' ? 'in' : 'not in';
  const conditions = others.map((query) => `base.person ${holds} (\n${query}\n)`);
  return `select base.person\nfrom (\n${first}\n) as base(person)\nwhere ${conditions.join('\n  and ')}`;
}

function printOver(kind: CombinationKind, queries: readonly string[], base: TableView): string {
  const identity = `base.${quoteName(base.rules.identity)}`;
  const conditions = queries.map((query, index) => {
    const holds = kind === 'difference' && index > 0 ? 'not in' : 'in';
    return `${identity} ${holds} (\n${query}\n)`;
  });
  const joined = conditions.join(kind === 'union' ? '\n  or ' : '\n  and ');
  return `select ${identity}\nfrom ${quoteTable(tableName(base))} as base\nwhere ${joined}`;
}

/** A table that every person of the result is surely in; `null` when there is none. */
function baseOf(kind: CombinationKind, parts: readonly CheckedAudience[], asker: string): TableView | null {
  const sure = parts.map((part) => sureTables(part).map(({ view }) => view));
  const [first = [], ...others] = sure;
  const isIn = (views: readonly TableView[], view: TableView) => views.some((one) => one.datasetId === view.datasetId);
  const candidates =
    kind === 'union'
      ? first.filter((view) => others.every((views) => isIn(views, view)))
      : kind === 'intersection'
        ? sure.flat()
        : first;
  // A table that may only be asked alone joins no membership either.
  const usable = candidates.filter(({ rules }) => rules.joinKeys.includes(rules.identity));
  return usable.find(({ member }) => member !== asker) ?? usable[0] ?? null;
}
