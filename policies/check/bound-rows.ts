import { type ScalarType, type TableView, tableName } from '../collaboration/table-view.ts';
import { columnsIn, type Expression } from '../plan/expression.ts';
import type { NamedExpression, ProtectedRows, RowSource } from '../plan/protected-rows.ts';
import { PERSON_COLUMN } from '../plan/protected-rows.ts';
import { personOf, tablesIn } from '../plan/walk-rows.ts';
import type { BoundRows, QuestionScope, ScopeRelation } from './question-scope.ts';

const BOOLEAN: ScalarType = { kind: 'boolean' };

/** The rows as they go into a plan: with what expressions brought along, and public tables after what they refer to. */
export function finishedRows(from: BoundRows): ProtectedRows {
  const sources = [...from.sources, ...from.attached];
  const people = sources.filter((s) => s.how === 'inner' && s.input.kind !== 'public');
  const rest = sources.filter((s) => !people.includes(s));
  // In one order, whichever the merchant wrote: all of them name the same person.
  const before = people.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const known = new Set(before.map((s) => s.ref));
  let filters = from.filters;
  for (const source of inOrder(rest, from.attached)) {
    known.add(source.ref);
    // What joins a public table stands with it, as soon as all that it names is there.
    const isJoining = (f: Expression): boolean =>
      source.how === 'inner' && refsIn(f).has(source.ref) && [...refsIn(f)].every((ref) => known.has(ref));
    before.push({ ...source, on: [...source.on, ...filters.filter(isJoining)] });
    filters = filters.filter((f) => !isJoining(f));
  }
  return { sources: before, filters };
}

function orderOf({ input, ref }: RowSource): string {
  const name = input.kind === 'table' ? tableName(input.view) : '';
  return `${input.kind} ${name} ${ref.length} ${ref}`;
}

/** Sources in their order, but what IN and EXISTS attached before the joins whose conditions read it. */
function inOrder(sources: readonly RowSource[], attached: readonly RowSource[]): readonly RowSource[] {
  const placed = new Set<RowSource>();
  const place = (source: RowSource): void => {
    if (placed.has(source)) return;
    const read = new Set(source.on.flatMap((c) => [...refsIn(c)]));
    for (const other of attached) if (other !== source && read.has(other.ref)) place(other);
    placed.add(source);
  };
  for (const source of sources) place(source);
  return [...placed];
}

/** Rows of one source and nothing else. */
export function rowsOf(source: RowSource, relations: readonly ScopeRelation[]): BoundRows {
  return { kind: 'protected', sources: [source], filters: [], links: [], relations, attached: [] };
}

/** Condition that a value is there. */
export function isPresent(of: Expression): Expression {
  return { kind: 'is-null', arg: of, negated: true, type: BOOLEAN, at: of.at };
}

/** Condition that a value is missing. */
export function isMissing(of: Expression): Expression {
  return { kind: 'is-null', arg: of, negated: false, type: BOOLEAN, at: of.at };
}

/** Whether a person is named on every row: not where a left join may have found nothing. */
export function isSurelyPresent(person: Expression, question: QuestionScope): boolean {
  if (person.kind !== 'column') return false;
  const source = question.source(person.relation);
  const own = source && personOf(source);
  return source?.how === 'inner' && own?.kind === 'column' && own.column === person.column;
}

/** Rows on which a person is named: one that a left join did not find is nobody, and no other in his place. */
export function withPerson(from: BoundRows, person: Expression, question: QuestionScope): BoundRows {
  return isSurelyPresent(person, question) ? from : { ...from, filters: [...from.filters, isPresent(person)] };
}

/** The person column of rows: that of their first source. */
export function personOfRows(from: BoundRows): Expression | null {
  const first = finishedRows(from).sources[0];
  return first === undefined ? null : personOf(first);
}

/** A table of persons among the rows; `undefined` when there are public tables only. */
export function firstTable(rows: Pick<ProtectedRows, 'sources'>): TableView | undefined {
  return tablesIn({ sources: rows.sources, filters: [] }).find((t) => t.view.rules.publicTable === null)?.view;
}

/**
 * Rows as one source: a query of its own, whose columns the query around it reads by name.
 *
 * Expressions are computed inside, where they mean what was written; outside a left join they may be NULL.
 */
export function wrapped(from: BoundRows, how: RowSource['how'], question: QuestionScope): BoundRows {
  const rows = finishedRows(from);
  const person = personOfRows(from);
  const columns: NamedExpression[] = [];
  const nameOf = (expression: Expression): string => {
    const isPerson = person?.kind === 'column' && expression.kind === 'column' && isSameColumn(person, expression);
    if (isPerson) return PERSON_COLUMN;
    const known = columns.find((c) => c.expression === expression);
    if (known !== undefined) return known.name;
    const name = `c${columns.length}`;
    columns.push({ name, expression });
    return name;
  };
  const named = from.relations.map((relation) => ({
    ...relation,
    columns: [...relation.columns].map(([name, expression]) => ({ name, expression, inside: nameOf(expression) })),
  }));
  const source = question.addSource({ kind: 'rows', rows, columns }, { how });
  const relations = named.map(({ columns: inner, ...relation }) => ({
    ...relation,
    columns: new Map(
      inner.map(({ name, expression: { type, at }, inside }): [string, Expression] => [
        name,
        { kind: 'column', relation: source.ref, column: inside, type, at },
      ]),
    ),
  }));
  return rowsOf(source, relations);
}

function isSameColumn(a: Extract<Expression, { kind: 'column' }>, b: Extract<Expression, { kind: 'column' }>): boolean {
  return a.relation === b.relation && a.column === b.column;
}

/** The names of relations that an expression reads. */
export function refsIn(e: Expression): ReadonlySet<string> {
  return new Set(columnsIn(e).map((c) => c.relation));
}
