import { allParts, canonicalText, type Expression, partsOf } from '../plan/expression.ts';
import type { OuterSelect } from '../plan/outer-query.ts';
import { type Violation, violation } from './catalogue.ts';
import type { QuestionScope } from './question-scope.ts';

/**
 * Checks what is known of how the engine takes the query over the release.
 *
 * Nothing here protects anybody. But a question that cannot be answered must be refused before it is charged, and a
 * refusal from here knows the place and what to write instead; the engine itself is asked last.
 */
export function checkOuter(select: OuterSelect, question: QuestionScope): void {
  checkPlaces(select, question);
  checkNesting(select, question);
  checkGrouping(select, question);
  const shown = select.items.map((i) => i.expression);
  const texts = new Set(shown.map(canonicalText));
  const keys = select.orderBy.map((o) => o.expression);
  for (const key of select.distinct ? keys.filter((k) => !texts.has(canonicalText(k))) : []) {
    const instead = 'order by columns of the select list';
    question.violate('syntax-is-known', { construct: 'ORDER BY of what SELECT DISTINCT leaves out', instead }, key.at);
  }
  if (select.qualify !== null && ![...shown, select.qualify].some((e) => has(e, isWindow))) {
    const instead = 'write the condition in WHERE or HAVING';
    question.violate('syntax-is-known', { construct: 'QUALIFY without a window', instead }, select.qualify.at);
  }
}

/** The refusal of a query over the release that the engine itself does not take; its words stay behind the wall. */
export function refuseUnsound(sql: string): Violation {
  return violation('released-query-is-sound', {}, { sql, at: null });
}

/** WHERE and GROUP BY see single rows, HAVING sees groups: aggregates and windows come after them. */
function checkPlaces(select: OuterSelect, question: QuestionScope): void {
  const early = [...(select.where ? [select.where] : []), ...select.groupBy];
  for (const e of early.filter((part) => has(part, isAggregate))) {
    const instead = 'aggregate in the select list, in HAVING or in ORDER BY';
    question.violate('syntax-is-known', { construct: 'aggregate in WHERE or GROUP BY', instead }, e.at);
  }
  const before = [...early, ...(select.having ? [select.having] : [])];
  for (const e of before.filter((part) => has(part, isWindow))) {
    const construct = 'window in WHERE, GROUP BY or HAVING';
    question.violate('syntax-is-known', { construct, instead: 'write its condition in QUALIFY' }, e.at);
  }
}

function outputsOf(select: OuterSelect): readonly Expression[] {
  return [
    ...select.items.map((i) => i.expression),
    ...(select.having ? [select.having] : []),
    ...(select.qualify ? [select.qualify] : []),
    ...select.orderBy.map((o) => o.expression),
  ];
}

/** Neither stands within an aggregate, and a window stands within no window. */
function checkNesting(select: OuterSelect, question: QuestionScope): void {
  for (const e of outputsOf(select).flatMap(allParts)) {
    const within = partsOf(e);
    const inner = isAggregate(e)
      ? within.find((part) => has(part, isAggregate) || has(part, isWindow))
      : isWindow(e)
        ? within.find((part) => has(part, isWindow))
        : undefined;
    if (inner === undefined) continue;
    const construct = `${isAggregate(e) ? 'aggregate' : 'window'} of an aggregate or a window`;
    question.violate('syntax-is-known', { construct, instead: 'compute the inner one in a subquery' }, inner.at);
  }
}

/** Once anything is aggregated or grouped, a column stands in an aggregate or is a key. */
function checkGrouping(select: OuterSelect, question: QuestionScope): void {
  const outputs = outputsOf(select);
  const isGrouped = select.groupBy.length > 0 || select.groupingSets !== null || select.having !== null;
  if (!isGrouped && !outputs.some((e) => has(e, isAggregate))) return;
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
  return e.kind === 'aggregate';
}

function isWindow(e: Expression): boolean {
  return e.kind === 'window';
}

function has(e: Expression, isIt: (part: Expression) => boolean): boolean {
  return allParts(e).some(isIt);
}
