import { allParts, columnsIn, type Expression } from '../plan/expression.ts';
import { keptOrder } from '../plan/kept-order.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { type GroupKey, keyColumn, type Statistic } from '../plan/question-tree.ts';
import { baseName, innerTables, type TableSource } from './join-match.ts';
import type { StreamedPath } from './path.ts';
import { overOf, type PathFacts, type Reading, rowsOf, uncutChoice } from './path-facts.ts';
import { conditionsOf, dimensionsOf, isOwn, isWholeKey } from './planned-path.ts';
import { streamedValue } from './streamed-value.ts';

/**
 * Recognises a question whose bounds can be read from the order of stored rows: over one table or match, under any
 * conditions on its rows, grouped by what its rows are ranked by, or by nothing that varies within a person, and with
 * statistics that are counted or added up.
 *
 * Strict: what is not certain to count the same is left to the next path.
 */
export function streamedPath({ asked, aggregate, match }: Reading, { stored }: PathFacts): StreamedPath | null {
  const [source, ...others] = innerTables(aggregate.rows);
  if (source === undefined || others.length > 0 || aggregate.rows.sources.length > 1) return null;
  const base = match?.base ?? baseName(source.view, null);
  const rows = rowsOf(base, stored);
  const over = overOf(base, stored);
  if (rows === null || over === null) return null;
  const unit = unitOf(source, { asked, aggregate }, rows.spec.dimensions);
  const values = aggregate.statistics.flatMap((s) => streamedValue(s) ?? []);
  if (unit === null || values.length < aggregate.statistics.length || runsCode(aggregate)) return null;
  return { kind: 'streamed', choice: uncutChoice(aggregate), asked, aggregate, rows, over, unit, values };
}

/** What keeps a person's rows of one group together in stored order; `null` where nothing does. */
function unitOf(
  source: TableSource,
  { asked, aggregate }: Pick<Reading, 'asked' | 'aggregate'>,
  ranked: readonly string[],
): StreamedPath['unit'] | null {
  const varies = (key: GroupKey): boolean =>
    columnsIn(key.expression).some((c) => c.relation === source.ref && isOwn(c.column, source.view));
  if (!aggregate.keys.some(varies)) return 'person';
  const dimensions = dimensionsOf(source, aggregate.keys);
  if (dimensions === null || dimensions.join(', ') !== ranked.join(', ')) return null;
  const own = aggregate.keys.flatMap((key, index) => (varies(key) ? [{ key, name: keyColumn(index) }] : []));
  if (!own.every(({ key }) => isWholeKey(key, source, dimensions))) return null;
  // The bound of groups keeps them in the order of the question: it must be that of storage.
  const order = keptOrder(asked).varying;
  const isStored = order.length === own.length && own.every(({ name }) => order.includes(name));
  return isStored || source.view.rules.rowsPerPerson === 1 ? 'pair' : null;
}

/** Members' code is run once a row, and some rows are read twice here. */
function runsCode(aggregate: PlannedAggregate): boolean {
  const read: readonly Expression[] = [
    ...conditionsOf(aggregate),
    ...aggregate.keys.map((k) => k.expression),
    ...aggregate.statistics.flatMap(expressionsOf),
  ];
  return read.some((e) => allParts(e).some((part) => part.kind === 'score'));
}

function expressionsOf(statistic: Statistic): readonly Expression[] {
  return [
    ...('of' in statistic ? [statistic.of] : []),
    ...('when' in statistic && statistic.when !== null ? [statistic.when] : []),
  ];
}
