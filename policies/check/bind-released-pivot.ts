import { columnsIn, type Expression } from '../plan/expression.ts';
import { type OuterItem, type OuterSelect, PLAIN_SELECT } from '../plan/outer-query.ts';
import type { SyntaxFrom, SyntaxItem, SyntaxLiteral } from '../syntax/syntax-tree.ts';
import type { ReleasedWorld } from './bind-released.ts';
import { bindReleasedExpression } from './bind-released-expression.ts';
import { checkOuter } from './check-outer.ts';
import { BROKEN, type QuestionScope, type ReleasedScope } from './question-scope.ts';
import { columnsOfStar, distinctNames, intervalEndsIn, lookUpReleased } from './released-columns.ts';
import { type ReleasedFrom, relationOfReleased } from './released-relation.ts';
import { nameOf } from './select-items.ts';

type PivotNode = Extract<SyntaxFrom, { kind: 'pivot' }>;

/** One value, or one of each of several columns, that a pivoted column stands for. */
interface Cell {
  readonly name: string;
  readonly conditions: readonly Expression[];
}

/** PIVOT over a released table, as what it is: a GROUP BY with one filtered aggregate for each value. */
export function bindReleasedPivot(node: PivotNode, from: ReleasedFrom, world: ReleasedWorld): ReleasedFrom | null {
  const { question } = world;
  const scope: ReleasedScope = { ...world, relations: from.relations };
  if (node.aggregates.length === 0) {
    const instead = 'name what to show, for example USING sum(n)';
    question.violate('syntax-is-known', { construct: 'PIVOT without an aggregate', instead }, node.at);
    return null;
  }
  const aggregates = node.aggregates.map((a) => bindAggregate(a, node, scope));
  const on = node.on.map((o) => ({ column: bindReleasedExpression(o.column, scope), values: o.values }));
  const cells = on.reduce<readonly Cell[]>(
    (before, { column, values }) =>
      before.flatMap((cell) => values.map((value) => withValue(cell, column, value, node, question))),
    [{ name: '', conditions: [] }],
  );
  question.countParts(cells.length * aggregates.length);
  const read = new Set(
    [...on.map((o) => o.column), ...aggregates.map((a) => a.expression)].flatMap(columnsIn).map(fullName),
  );
  const keys = groupColumns(node, from, read, question);
  const items = distinctNames([
    ...keys,
    ...cells.flatMap((cell) => aggregates.map((aggregate) => pivoted(cell, aggregate, aggregates.length))),
  ]);
  const query: OuterSelect = { ...PLAIN_SELECT, items, from: from.from, groupBy: keys.map((k) => k.expression) };
  checkOuter(query, question);
  return relationOfReleased(query, node.alias ?? 'pivoted');
}

interface PivotAggregate {
  readonly alias: string | null;
  readonly name: string;
  readonly expression: Expression;
}

function bindAggregate({ expression, alias }: SyntaxItem, node: PivotNode, scope: ReleasedScope): PivotAggregate {
  const bound = bindReleasedExpression(expression, scope);
  if (bound.kind !== 'aggregate' && bound !== BROKEN) {
    const instead = 'name one aggregate, and compute with it in the query around';
    scope.question.violate(
      'syntax-is-known',
      { construct: 'PIVOT of what is no aggregate', instead },
      expression.at ?? node.at,
    );
  }
  return { alias, name: alias ?? nameOf(expression), expression: bound };
}

function withValue(cell: Cell, column: Expression, value: SyntaxItem, node: PivotNode, question: QuestionScope): Cell {
  const literal = value.expression.kind === 'literal' ? value.expression.value : { type: 'null' as const };
  const name = value.alias ?? textOf(literal);
  if (name.length > MAX_NAME_CHARACTERS) {
    question.violate(
      'syntax-is-known',
      { construct: 'PIVOT by a long value', instead: 'give it a name with AS' },
      node.at,
    );
  }
  return {
    name: cell.name === '' ? name : `${cell.name}_${name}`,
    conditions: [...cell.conditions, isValue(column, literal)],
  };
}

/** Longest name that a value gives to a column. */
const MAX_NAME_CHARACTERS = 63;

function textOf(value: SyntaxLiteral): string {
  switch (value.type) {
    case 'null':
      return 'null';
    case 'decimal':
      return String(Number(value.unscaled) / 10 ** value.scale);
    case 'interval':
      return 'interval';
    default:
      return String(value.value).toLowerCase();
  }
}

function isValue(column: Expression, value: SyntaxLiteral): Expression {
  const type = { kind: 'boolean' } as const;
  if (value.type === 'null') return { kind: 'is-null', arg: column, negated: false, type, at: column.at };
  // PIVOT looks for the text of a value, whatever the type of the column.
  const isAlike = column.type.kind === value.type;
  const left: Expression = isAlike
    ? column
    : { kind: 'cast', arg: column, to: { type: 'text' }, type: { kind: 'text' }, at: column.at };
  const right: Expression = isAlike
    ? { kind: 'literal', value, type: column.type, at: column.at }
    : { kind: 'literal', value: { type: 'text', value: textOf(value) }, type: { kind: 'text' }, at: column.at };
  return { kind: 'compare', operator: '=', left, right, type, at: column.at };
}

/** Columns after GROUP BY; without it all that are neither pivoted nor aggregated. */
function groupColumns(
  node: PivotNode,
  from: ReleasedFrom,
  read: ReadonlySet<string>,
  question: QuestionScope,
): readonly OuterItem[] {
  if (node.groupBy.length > 0) {
    return node.groupBy.flatMap((name) => {
      const [found] = lookUpReleased([name], from.relations);
      if (found !== undefined) return [{ name, expression: found }];
      question.violate(
        'column-is-known',
        { column: name, columns: from.relations.flatMap((r) => [...r.columns.keys()]) },
        node.at,
      );
      return [];
    });
  }
  const ends = intervalEndsIn(from.from);
  return columnsOfStar(null, from.relations)
    .filter(([, e]) => !columnsIn(e).some((c) => read.has(fullName(c)) || ends.has(fullName(c))))
    .map(([name, expression]) => ({ name, expression }));
}

function fullName(column: { readonly relation: string; readonly column: string }): string {
  return `${column.relation}.${column.column}`;
}

/** One column: the aggregate over the rows that have the values. */
function pivoted(cell: Cell, aggregate: PivotAggregate, count: number): OuterItem {
  const { expression: e } = aggregate;
  const name = count === 1 && aggregate.alias === null ? cell.name : `${cell.name}_${aggregate.name}`;
  if (e.kind !== 'aggregate') return { name, expression: e };
  const conditions = [...cell.conditions, ...(e.filter === null ? [] : [e.filter])];
  const [first = null, ...rest] = conditions;
  const filter: Expression | null =
    first === null || rest.length === 0
      ? first
      : { kind: 'logic', operator: 'and', args: conditions, type: { kind: 'boolean' }, at: e.at };
  return { name, expression: { ...e, filter } };
}
