import { isNumber, type ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import type { OuterSelect } from '../plan/question-tree.ts';
import type { SyntaxExpression, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate, isAggregateName, RELEASED_AGGREGATES } from './aggregate-names.ts';
import { bindExpression, condition, type ExpressionScope, lookUp } from './bind-expression.ts';
import { checkOuter } from './check-outer.ts';
import { type BoundFrom, BROKEN, type QuestionScope, typeInWords } from './question-scope.ts';
import { bindItem, nameOf } from './select-items.ts';

/** Resolves a SELECT over released tables: aggregates, joins, order and limits are all free there. */
export function bindReleased(
  select: SyntaxSelect,
  from: Extract<BoundFrom, { kind: 'released' }>,
  question: QuestionScope,
): OuterSelect {
  const scope: ExpressionScope = {
    question,
    relations: from.relations,
    answer: (node) => answerReleased(node, select, from, question),
  };
  const bind = (node: SyntaxExpression): Expression => bindExpression(node, scope);
  const items = distinctNames(
    select.items.flatMap((item) =>
      item.expression.kind === 'star'
        ? bindItem(item, from.relations, question)
        : [[item.alias ?? nameOf(item.expression), bind(item.expression)] as const],
    ),
  );
  const outer: OuterSelect = {
    distinct: select.distinct,
    items,
    from: from.from,
    where: select.where === null ? null : condition(question, bind(select.where)),
    groupBy: groupKeys(select, question).map(bind),
    having: select.having === null ? null : condition(question, bind(select.having)),
    orderBy: select.orderBy.map((o) => ({
      expression: atPosition(o.expression, items) ?? bind(o.expression),
      descending: o.descending,
      nulls: o.nulls,
    })),
    limit: select.limit,
    offset: select.offset,
  };
  checkOuter(outer, question);
  return outer;
}

/** Aggregates over released values, and names given in the select list. */
function answerReleased(
  node: SyntaxExpression,
  select: SyntaxSelect,
  from: Extract<BoundFrom, { kind: 'released' }>,
  question: QuestionScope,
): Expression | null {
  if (node.kind === 'call' && isAggregateName(node.name)) return releasedAggregate(node, from, question);
  if (node.kind !== 'column' || lookUp(node.path, from.relations).length > 0) return null;
  const aliased = select.items.find((i) => node.path.length === 1 && i.alias === node.path[0]);
  if (aliased === undefined) return null;
  return bindExpression(aliased.expression, {
    question,
    relations: from.relations,
    answer: (inner) =>
      inner.kind === 'call' && isAggregateName(inner.name) ? releasedAggregate(inner, from, question) : null,
  });
}

function releasedAggregate(
  node: Extract<SyntaxExpression, { kind: 'call' }>,
  from: Extract<BoundFrom, { kind: 'released' }>,
  question: QuestionScope,
): Expression {
  if (!RELEASED_AGGREGATES.has(node.name) || node.distinct || node.filter !== null || node.args.length > 1) {
    const facts = { aggregate: node.name, aggregates: [...RELEASED_AGGREGATES] };
    question.violate('aggregate-is-permitted', facts, node.at);
    return BROKEN;
  }
  const args = node.args.map((a) => bindExpression(a, { question, relations: from.relations }));
  const isCount = node.name === 'count' || node.name === 'count_star';
  const isOrder = node.name === 'min' || node.name === 'max';
  const [of] = args;
  if (!isCount && (of === undefined || !(isOrder || isNumber(of.type) || of === BROKEN))) {
    const facts = { construct: node.name, found: of ? typeInWords(of.type) : 'nothing', expected: 'give it a number' };
    question.violate('types-match', facts, of?.at ?? node.at);
    return BROKEN;
  }
  const keepsType = isOrder || node.name === 'sum';
  const type: ScalarType = isCount
    ? { kind: 'integer' }
    : ((keepsType ? args[0]?.type : undefined) ?? { kind: 'double' });
  return { kind: 'call', name: node.name, args, type, at: node.at };
}

function groupKeys(select: SyntaxSelect, question: QuestionScope): readonly SyntaxExpression[] {
  if (select.groupBy === 'all') {
    return select.items.map((i) => i.expression).filter((e) => e.kind !== 'star' && !containsAggregate(e));
  }
  return select.groupBy.map((key) => resolveKey(key, select, question));
}

/** GROUP BY may name a column, an alias of the select list, or its position. */
export function resolveKey(key: SyntaxExpression, select: SyntaxSelect, question: QuestionScope): SyntaxExpression {
  if (key.kind === 'literal' && key.value.type === 'integer') {
    const item = select.items[Number(key.value.value) - 1];
    if (item !== undefined) return item.expression;
    const instead = `name a position from 1 to ${select.items.length}`;
    question.violate('syntax-is-known', { construct: `GROUP BY ${key.value.value}`, instead }, key.at);
  }
  return key;
}

/** ORDER BY may name a position or a name of the select list. */
export function atPosition(
  key: SyntaxExpression,
  items: readonly { readonly name: string; readonly expression: Expression }[],
): Expression | null {
  if (key.kind === 'literal' && key.value.type === 'integer') {
    return items[Number(key.value.value) - 1]?.expression ?? null;
  }
  if (key.kind === 'column' && key.path.length === 1) {
    return items.find((i) => i.name === key.path[0])?.expression ?? null;
  }
  return null;
}

/** Gives each output column a name of its own: Arrow readers address columns by name. */
export function distinctNames(
  columns: readonly (readonly [string, Expression])[],
): readonly { readonly name: string; readonly expression: Expression }[] {
  const taken = new Set<string>();
  const next = new Map<string, number>();
  return columns.map(([wanted, expression]) => {
    let name = wanted;
    for (let n = next.get(wanted) ?? 2; taken.has(name); n += 1) {
      name = `${wanted}_${n}`;
      next.set(wanted, n);
    }
    taken.add(name);
    return { name, expression };
  });
}
