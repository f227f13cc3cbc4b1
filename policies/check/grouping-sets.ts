import { columnsOf, type OuterQuery, type OuterSelect, type OuterSetOperation } from '../plan/outer-query.ts';
import type { SyntaxExpression, SyntaxOrder, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsWindow } from './aggregate-names.ts';
import type { QuestionScope } from './question-scope.ts';
import { nameOf } from './select-items.ts';

/** Most grouping sets of one query: a CUBE of five keys. Each has its share of the loss. */
const MAX_GROUPING_SETS = 32;

/** Puts the aggregations of all grouping sets together, one below the other. */
export function bindGroupingSets(
  select: SyntaxSelect,
  question: QuestionScope,
  bindSet: (active: readonly number[]) => OuterSelect,
): OuterQuery {
  const sets = select.groupingSets ?? [];
  refuseWhole(select, question);
  if (sets.length > MAX_GROUPING_SETS) {
    const instead = `ask for at most ${MAX_GROUPING_SETS} at once: each has its share of the privacy budget`;
    question.violate('syntax-is-known', { construct: `${sets.length} grouping sets`, instead }, placeOf(select));
  }
  const [first, ...rest] = sets.slice(0, MAX_GROUPING_SETS).map(bindSet);
  if (first === undefined) return bindSet([]);
  const all = rest.reduce<OuterQuery>((left, right) => ({ ...UNION_ALL, left, right }), first);
  const orderBy = select.orderBy.flatMap((order) =>
    orderOf(
      order,
      select,
      columnsOf(first).map((c) => c.name),
      question,
    ),
  );
  // One set alone has its order by what it shows.
  if (all.kind === 'select') {
    const items = all.items.map((i) => i.expression);
    const own = orderBy.flatMap(({ index, ...how }) => (items[index] ? [{ ...how, expression: items[index] }] : []));
    return { ...all, orderBy: own, limit: select.limit, offset: select.offset };
  }
  return { ...all, orderBy, limit: select.limit, offset: select.offset };
}

const UNION_ALL = {
  kind: 'set-operation',
  operator: 'union',
  all: true,
  orderBy: [],
  limit: null,
  offset: null,
} as const satisfies Partial<OuterSetOperation>;

/** Windows and DISTINCT would see one grouping set at a time, where the merchant means all. */
function refuseWhole(select: SyntaxSelect, question: QuestionScope): void {
  const isWindowed = select.qualify !== null || select.items.some((i) => containsWindow(i.expression));
  if (!isWindowed && !select.distinct) return;
  const construct = `${isWindowed ? 'window function' : 'DISTINCT'} beside GROUPING SETS, ROLLUP or CUBE`;
  question.violate(
    'syntax-is-known',
    { construct, instead: 'put the grouped query into a WITH, and use it there' },
    placeOf(select),
  );
}

function placeOf(select: SyntaxSelect): number | null {
  return select.items[0]?.expression.at ?? null;
}

function orderOf(
  { expression, descending, nulls }: SyntaxOrder,
  select: SyntaxSelect,
  names: readonly string[],
  question: QuestionScope,
): OuterSetOperation['orderBy'] {
  const shown = shownIndex(expression, select);
  const name = select.items[shown]?.alias ?? (select.items[shown] ? nameOf(select.items[shown].expression) : null);
  const index = name === null ? -1 : names.indexOf(name);
  if (index >= 0) return [{ index, descending, nulls }];
  const instead = 'order by a column of the select list, by its name or position';
  question.violate(
    'syntax-is-known',
    { construct: 'ORDER BY of what grouping sets do not show', instead },
    expression.at,
  );
  return [];
}

/** The item of the select list that a key of ORDER BY means: by position, name or the same text. */
function shownIndex(key: SyntaxExpression, select: SyntaxSelect): number {
  if (key.kind === 'literal' && key.value.type === 'integer') return Number(key.value.value) - 1;
  const isNamed = key.kind === 'column' && key.path.length === 1;
  const named = isNamed ? select.items.findIndex((i) => (i.alias ?? nameOf(i.expression)) === key.path[0]) : -1;
  if (named >= 0) return named;
  const text = withoutPlaces(key);
  return select.items.findIndex((i) => withoutPlaces(i.expression) === text);
}

function withoutPlaces(node: SyntaxExpression): string {
  return JSON.stringify(node, (key, value: unknown) =>
    key === 'at' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  );
}
