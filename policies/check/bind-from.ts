import { tableName } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import { assertNever } from '../plan/expression.ts';
import type { SyntaxExpression, SyntaxFrom } from '../syntax/syntax-tree.ts';
import { bindExpression, condition, lookUp } from './bind-expression.ts';
import type { BindSelect, BoundFrom, BoundQuery, CteScope, QuestionScope, ScopeRelation } from './question-scope.ts';

type ProtectedFrom = Extract<BoundFrom, { kind: 'protected' }>;

/** What FROM is resolved with. `bindSelect` comes from above, as a subquery is a SELECT again. */
export interface FromScope {
  readonly ctes: CteScope;
  readonly question: QuestionScope;
  readonly bindSelect: BindSelect;
}

/** Resolves what FROM reads. `null` when it names nothing that is bound. */
export function bindFrom(node: SyntaxFrom, scope: FromScope): BoundFrom | null {
  switch (node.kind) {
    case 'table':
      return bindTable(node, scope);
    case 'subquery':
      return asRelation(scope.bindSelect(node.query, scope.ctes, scope.question), node.alias ?? 'subquery');
    case 'join':
      return bindJoin(node, scope);
    default:
      return assertNever(node);
  }
}

function bindTable(node: Extract<SyntaxFrom, { kind: 'table' }>, scope: FromScope): BoundFrom | null {
  const { ctes, question, bindSelect } = scope;
  const cte = node.schema === null ? ctes.get(node.table) : undefined;
  if (cte) return asRelation(bindSelect(cte.query, cte.scope, question), node.alias ?? node.table);
  const view = question.tableView(node.schema, node.table);
  if (view === undefined) {
    const table = node.schema === null ? node.table : `${node.schema}.${node.table}`;
    question.violate('table-is-bound', { table, tables: question.tableNames() }, node.at);
    return null;
  }
  const ref = question.nextRef();
  const columns = view.columns.map((c): [string, Expression] => [
    c.name,
    { kind: 'column', relation: ref, column: c.name, type: c.type, at: node.at },
  ]);
  return {
    kind: 'protected',
    tables: [{ ref, view }],
    equalities: [],
    filters: [],
    relations: [{ name: node.alias ?? node.table, schema: node.alias ? null : node.schema, columns: new Map(columns) }],
  };
}

/** A subquery as a relation of the query around it. */
function asRelation(query: BoundQuery | null, alias: string): BoundFrom | null {
  if (query === null) return null;
  if (query.kind === 'rows') {
    return { ...query.from, relations: [{ name: alias, schema: null, columns: query.columns }] };
  }
  const columns = query.select.items.map((item): [string, Expression] => [
    item.name,
    { kind: 'column', relation: alias, column: item.name, type: item.expression.type, at: null },
  ]);
  const relation = { name: alias, schema: null, columns: new Map(columns) };
  return { kind: 'released', from: { kind: 'subquery', query: query.select, alias }, relations: [relation] };
}

function bindJoin(node: Extract<SyntaxFrom, { kind: 'join' }>, scope: FromScope): BoundFrom | null {
  const { question } = scope;
  const left = bindFrom(node.left, scope);
  const right = bindFrom(node.right, scope);
  if (left === null || right === null) return null;
  if (left.kind !== right.kind) {
    const instead = 'aggregate both sides first, then join the released tables';
    question.violate('syntax-is-known', { construct: 'join of a released with a protected table', instead }, node.at);
    return null;
  }
  const relations = [...left.relations, ...right.relations];
  const twice = right.relations.find((r) => left.relations.some((l) => l.name === r.name));
  if (left.kind === 'released' && twice !== undefined) {
    const construct = `two tables named ${twice.name}`;
    question.violate('syntax-is-known', { construct, instead: 'give each its own name with AS' }, node.at);
  }
  const conditions = node.using.map((column) => usingCondition(column, left.relations, right.relations, node.at));
  if (node.condition !== null) conditions.push(node.condition);
  const bound = conditions.map((c) => condition(question, bindExpression(c, { question, relations })));
  if (left.kind === 'released' && right.kind === 'released') {
    const [first, ...rest] = bound;
    const all: Expression | null =
      first === undefined || rest.length === 0
        ? (first ?? null)
        : { kind: 'logic', operator: 'and', args: bound, type: { kind: 'boolean' }, at: node.at };
    return { kind: 'released', from: { kind: 'join', left: left.from, right: right.from, condition: all }, relations };
  }
  return addConditions(joined(left as ProtectedFrom, right as ProtectedFrom), bound);
}

function joined(left: ProtectedFrom, right: ProtectedFrom): ProtectedFrom {
  return {
    kind: 'protected',
    tables: [...left.tables, ...right.tables],
    equalities: [...left.equalities, ...right.equalities],
    filters: [...left.filters, ...right.filters],
    relations: [...left.relations, ...right.relations],
  };
}

function usingCondition(
  column: string,
  left: readonly ScopeRelation[],
  right: readonly ScopeRelation[],
  at: number | null,
): SyntaxExpression {
  const path = (relations: readonly ScopeRelation[]): readonly string[] => {
    const owner = relations.find((r) => lookUp([column], [r]).length > 0);
    return owner?.name ? [owner.name, column] : [column];
  };
  const side = (relations: readonly ScopeRelation[]): SyntaxExpression => ({
    kind: 'column',
    path: path(relations),
    at,
  });
  return { kind: 'compare', operator: '=', left: side(left), right: side(right), at };
}

/** Adds conditions to protected rows, told apart: equalities of persons join, the rest filters. */
export function addConditions(from: ProtectedFrom, conditions: readonly Expression[]): ProtectedFrom {
  const parts = conditions.flatMap(conjuncts);
  const isJoin = (e: Expression): e is Extract<Expression, { kind: 'compare' }> =>
    e.kind === 'compare' && e.left.type.kind === 'person' && e.right.type.kind === 'person';
  return {
    ...from,
    equalities: [...from.equalities, ...parts.filter(isJoin).map((e) => [e.left, e.right] as const)],
    filters: [...from.filters, ...parts.filter((e) => !isJoin(e))],
  };
}

function conjuncts(e: Expression): readonly Expression[] {
  return e.kind === 'logic' && e.operator === 'and' ? e.args.flatMap(conjuncts) : [e];
}

/**
 * Most rows that one person may have in a join, by what the owners declared. The product is what the engine may have to
 * write out for one person, and how long that takes tells of that person.
 */
const MAX_JOINED_ROWS = 10_000;

/** Refuses a join whose size for one person would show in its time. */
export function checkJoinSize(from: ProtectedFrom, at: number | null, question: QuestionScope): void {
  const rows = from.tables.reduce((product, t) => product * t.view.rules.rowsPerPerson, 1);
  if (from.tables.length < 2 || rows <= MAX_JOINED_ROWS) return;
  question.violate('join-is-bounded', { rows, maximum: MAX_JOINED_ROWS }, at);
}

/**
 * Checks that every table is joined on the person, and drops nothing.
 *
 * A table joined on anything else would let one person's rows meet another's, and no bound of one person would hold.
 */
export function checkJoined(from: ProtectedFrom, at: number | null, question: QuestionScope): void {
  const [first, ...rest] = from.tables;
  if (first === undefined || rest.length === 0) return;
  checkJoinKeys(from, at, question);
  const reached = new Set([first.ref]);
  const refOf = (e: Expression): string => (e.kind === 'column' ? e.relation : '');
  for (let grew = true; grew; ) {
    grew = false;
    for (const [a, b] of from.equalities) {
      if (reached.has(refOf(a)) !== reached.has(refOf(b))) {
        reached.add(refOf(a)).add(refOf(b));
        grew = true;
      }
    }
  }
  for (const table of rest) {
    const isSameKind = table.view.identifier === first.view.identifier;
    if (reached.has(table.ref) && isSameKind) continue;
    const name = tableName(table.view);
    const example = isSameKind
      ? `${tableName(first.view)}.${first.view.rules.identity} = ${name}.${table.view.rules.identity}`
      : `of one kind; these are ${first.view.identifier} and ${table.view.identifier}`;
    question.violate('join-uses-match-key', { table: name, example }, at, { owner: table.view.member });
  }
}

/** An owner may keep a table from being joined at all: its join keys are then an empty list. */
function checkJoinKeys(from: ProtectedFrom, at: number | null, question: QuestionScope): void {
  for (const { view } of from.tables) {
    if (view.rules.joinKeys.includes(view.rules.identity)) continue;
    const facts = { table: tableName(view), example: 'its owner permits no join; ask it alone' };
    question.violate('join-uses-match-key', facts, at, { owner: view.member });
  }
}
