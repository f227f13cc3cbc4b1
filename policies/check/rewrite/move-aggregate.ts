import { conditionAt, withoutPart, writtenPart } from './leave-out.ts';
import { renameFunction } from './rename.ts';
import { type Rewriter, tokenAt } from './rewriter.ts';
import { clauseOf, endOfTokens } from './select-clauses.ts';

const AGGREGATES = ['count', 'sum', 'avg', 'min', 'max', 'median', 'stddev', 'count_if'];

/** An aggregate in WHERE: in HAVING, where groups are picked. Any other function: by its nearest name. */
export const moveAggregate: Rewriter = (violation, text) => {
  if (!AGGREGATES.includes(violation.facts.function ?? '')) return renameFunction(violation, text);
  const found = conditionAt(text, tokenAt(text, violation));
  const groupBy = clauseOf(found?.select ?? null, 'group by');
  if (found === null || groupBy === null) return [];
  const { select, where, parts, part } = found;
  const having = clauseOf(select, 'having');
  const written = writtenPart(text, part);
  const end = endOfTokens(select, (having ?? groupBy).end);
  const added = { start: end, end, text: having === null ? ` having ${written}` : ` and ${written}` };
  return [{ edits: [withoutPart(select, where, { parts, part }), added], change: `\`${written}\` stands in HAVING` }];
};
