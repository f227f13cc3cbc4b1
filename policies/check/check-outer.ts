import { allParts, canonicalText, type Expression, partsOf } from '../plan/expression.ts';
import type { OuterSelect } from '../plan/question-tree.ts';
import { RELEASED_AGGREGATES } from './aggregate-names.ts';
import type { QuestionScope } from './question-scope.ts';

/**
 * Checks that the engine will take the query over the release.
 *
 * Nothing here protects anybody. But the engine sees this query only after the budget is charged, and a question that
 * cannot be answered must be refused before.
 */
export function checkOuter(select: OuterSelect, question: QuestionScope): void {
  const early = [...(select.where ? [select.where] : []), ...select.groupBy].filter(isReleasedAggregate);
  for (const e of early) {
    const instead = 'aggregate in the select list, in HAVING or in ORDER BY';
    question.violate('syntax-is-known', { construct: 'aggregate in WHERE or GROUP BY', instead }, e.at);
  }
  const shown = select.items.map((i) => i.expression);
  const keys = select.orderBy.map((o) => o.expression);
  checkGrouping(select, [...shown, ...(select.having ? [select.having] : []), ...keys], question);
  const texts = new Set(shown.map(canonicalText));
  for (const key of select.distinct ? keys.filter((k) => !texts.has(canonicalText(k))) : []) {
    const instead = 'order by columns of the select list';
    question.violate('syntax-is-known', { construct: 'ORDER BY of what SELECT DISTINCT leaves out', instead }, key.at);
  }
}

/** Once anything is aggregated or grouped, a column stands in an aggregate or is a key. */
function checkGrouping(select: OuterSelect, outputs: readonly Expression[], question: QuestionScope): void {
  if (select.groupBy.length === 0 && select.having === null && !outputs.some(isReleasedAggregate)) return;
  const keys = new Set(select.groupBy.map(canonicalText));
  for (const column of outputs.flatMap((e) => ungrouped(e, keys))) {
    const groupKeys = select.groupBy.flatMap((k) => (k.kind === 'column' ? [k.column] : []));
    question.violate('output-is-aggregated', { column: column.column, groupKeys }, column.at);
  }
}

function ungrouped(e: Expression, keys: ReadonlySet<string>): readonly Extract<Expression, { kind: 'column' }>[] {
  if (keys.has(canonicalText(e)) || isAggregate(e)) return [];
  return e.kind === 'column' ? [e] : partsOf(e).flatMap((part) => ungrouped(part, keys));
}

function isAggregate(e: Expression): boolean {
  return e.kind === 'call' && RELEASED_AGGREGATES.has(e.name);
}

function isReleasedAggregate(e: Expression): boolean {
  return allParts(e).some(isAggregate);
}
