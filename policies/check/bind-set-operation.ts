import type { ScalarType } from '../collaboration/table-view.ts';
import { canonicalText, type Expression } from '../plan/expression.ts';
import { PERSON_COLUMN, type RowInput } from '../plan/protected-rows.ts';
import type { SyntaxSetOperation } from '../syntax/syntax-tree.ts';
import { bindReleasedSetOperation } from './bind-released-set-operation.ts';
import { finishedRows, isSurelyPresent, personOfRows, rowsOf } from './bound-rows.ts';
import { commonType } from './functions.ts';
import { checkFilter } from './permissions.ts';
import { refuseSpan } from './person-aggregate.ts';
import type { BindQuery, BoundQuery, QueryScope, QuestionScope } from './question-scope.ts';
import { typeInWords } from './question-scope.ts';

type RowsQuery = Extract<BoundQuery, { kind: 'rows' }>;

/** Resolves UNION of protected rows; other set operations are refused with what does the same. */
export function bindSetOperation(
  node: SyntaxSetOperation,
  scope: QueryScope,
  question: QuestionScope,
  bindQuery: BindQuery,
): BoundQuery | null {
  const left = bindQuery(node.left, scope, question);
  const right = bindQuery(node.right, scope, question);
  if (left === null || right === null) return null;
  if (left.kind === 'released' && right.kind === 'released') {
    const sides = { left: left.select, right: right.select };
    return { kind: 'released', select: bindReleasedSetOperation(node, sides, question) };
  }
  if (left.kind === 'released' || right.kind === 'released') {
    const instead = 'put released queries together, or rows of persons, not one with the other';
    question.violate(
      'syntax-is-known',
      { construct: 'set operation of released and protected queries', instead },
      node.at,
    );
    return null;
  }
  refuseOthers(node, question);
  const union = unionOf([left, right], node, question);
  return union === null || node.all ? union : distinctRows(union, node, question);
}

/** UNION without ALL: each row of a person once. Without the person in it, rows of several persons would be one. */
function distinctRows(union: RowsQuery, node: SyntaxSetOperation, question: QuestionScope): RowsQuery {
  const columns = [...union.columns];
  if (!columns.some(([, e]) => isPerson(e))) {
    const instead = 'write UNION ALL, or select the identity in every part';
    question.violate(
      'syntax-is-known',
      { construct: 'UNION of protected rows without their identity', instead },
      node.at,
    );
  }
  const keys = columns.flatMap(([, e], index) => (isPerson(e) ? [] : [{ name: `k${index}`, expression: e }]));
  // Which rows are one is decided by every column, whether anything reads it or not.
  for (const { expression } of keys) {
    refuseSpan(expression, 'UNION', question);
    checkFilter(expression, question);
  }
  const source = question.addSource({ kind: 'per-person', rows: finishedRows(union.from), keys, values: [] });
  const bound = columns.map(([name, { type, at }], index): [string, Expression] => {
    const column = type.kind === 'person' ? PERSON_COLUMN : `k${index}`;
    return [name, { kind: 'column', relation: source.ref, column, type, at }];
  });
  return { kind: 'rows', from: rowsOf(source, []), columns: new Map(bound) };
}

function refuseOthers(node: SyntaxSetOperation, question: QuestionScope): void {
  if (node.orderBy.length > 0 || node.limit !== null || node.offset !== null) {
    question.violate('limit-is-after-release', { clause: 'ORDER BY or LIMIT' }, node.at);
  }
  if (node.operator === 'union') return;
  const operator = node.operator.toUpperCase();
  const instead = `write identity ${node.operator === 'intersect' ? 'IN' : 'NOT IN'} (SELECT identity FROM …)`;
  question.violate('syntax-is-known', { construct: `${operator} of protected rows`, instead }, node.at);
}

function unionOf(queries: readonly RowsQuery[], node: SyntaxSetOperation, question: QuestionScope): RowsQuery | null {
  const lists = queries.map((q) => [...q.columns]);
  const [first = []] = lists;
  const isAlike = lists.every(
    (l) => l.length === first.length && l.every(([, e], i) => isPerson(e) === isPerson(first[i]?.[1])),
  );
  if (!isAlike) {
    const expected = 'give all parts the same columns, with the identity in the same place';
    question.violate('types-match', { construct: 'union all', found: 'other columns', expected }, node.at);
    return null;
  }
  checkPersons(queries, node, question);
  const places = first.flatMap(([, e], index) => (isPerson(e) ? [] : [index]));
  const columns = places.map((index, order) => ({ name: `c${order}`, type: columnType(lists, index, node, question) }));
  const branches = queries.map((q, branch) => ({
    rows: finishedRows(q.from),
    values: places.map((index) => lists[branch]?.[index]?.[1]).filter((e) => e !== undefined),
  }));
  const input: RowInput = { kind: 'union', columns, branches };
  const source = question.addSource(input);
  const bound = first.map(([name, { at }], index): [string, Expression] => {
    const order = places.indexOf(index);
    const [column, type] =
      order < 0 ? [PERSON_COLUMN, { kind: 'person' } as const] : [`c${order}`, columns[order]?.type];
    return [name, { kind: 'column', relation: source.ref, column, type: type ?? { kind: 'null' }, at }];
  });
  return { kind: 'rows', from: rowsOf(source, []), columns: new Map(bound) };
}

function isPerson(e: Expression | undefined): boolean {
  return e?.type.kind === 'person';
}

/** Every part names its own persons. */
function checkPersons(queries: readonly RowsQuery[], node: SyntaxSetOperation, question: QuestionScope): void {
  for (const query of queries) {
    const own = personOfRows(query.from);
    const shown = [...query.columns.values()].filter(isPerson);
    const isOwn = shown.every(
      (e) => canonicalText({ ...e, at: null }) === canonicalText(own) || isSurelyPresent(e, question),
    );
    if (isOwn) continue;
    const facts = { table: 'a part of the union', example: 'select the identity column of its table in every part' };
    question.violate('join-uses-match-key', facts, node.at);
  }
}

function columnType(
  lists: readonly (readonly (readonly [string, Expression])[])[],
  index: number,
  node: SyntaxSetOperation,
  question: QuestionScope,
): ScalarType {
  let type: ScalarType | null = { kind: 'null' };
  for (const list of lists) type = type && commonType(type, list[index]?.[1].type ?? { kind: 'null' });
  if (type !== null) return type;
  const found = lists.map((l) => typeInWords(l[index]?.[1].type ?? { kind: 'null' })).join(' and ');
  const expected = 'give each column one type in all parts';
  question.violate('types-match', { construct: 'union all', found, expected }, node.at);
  return { kind: 'null' };
}
