import { type IdentifierKind, type TableView, tableName } from '../collaboration/table-view.ts';
import { columnsIn, type Expression, type PlanTable } from '../plan/expression.ts';
import type { Checked, ParsedQuery } from '../syntax/read-query.ts';
import { bindSelect } from './bind-select.ts';
import { inOrder, type Violation } from './catalogue.ts';
import { checkEpsilon } from './check-question.ts';
import { checkAggregate, tableOf } from './permissions.ts';
import { QuestionScope } from './question-scope.ts';

declare const minted: unique symbol;

/** A definition of an audience that every owner it touches permits. Only {@link checkAudience} makes it. */
export interface CheckedAudience {
  readonly [minted]: 'CheckedAudience';
  readonly sql: string;
  readonly tables: readonly PlanTable[];
  readonly where: readonly Expression[];
  /** Fewest persons, by the protected size: the strictest owner's. */
  readonly minSize: number;
}

/** Holds an audience definition against the rules: SQL that selects one identity column of protected rows. */
export function checkAudience(query: ParsedQuery, tables: readonly TableView[]): Checked<CheckedAudience> {
  const question = new QuestionScope(query.sql, tables);
  const bound = question.within(() => bindSelect({ ...query.select, distinct: false }, new Map(), question));
  if (bound?.kind !== 'rows') {
    if (bound !== null && question.violations.length === 0) refuseShape(question, 'an aggregated result', tables);
    return { ok: false, violations: inOrder(question.violations) };
  }
  const selected = [...bound.columns.values()];
  const [only] = selected;
  if (selected.length !== 1 || only?.type.kind !== 'person') {
    refuseShape(question, selected.length === 1 ? 'another column' : `${selected.length} columns`, tables);
  }
  // What broke a filter rule is told in the words of audiences instead, as its list of columns is another one.
  const others = question.violations.filter((v) => v.rule !== 'filter-is-permitted');
  question.violations.length = 0;
  question.violations.push(...others);
  checkColumns(bound.from.filters, bound.from.tables, question);
  // Its size is a count of persons like any other.
  checkAggregate('count-persons', bound.from.tables, null, question);
  if (question.violations.length > 0) return { ok: false, violations: inOrder(question.violations) };
  const minSize = Math.max(...bound.from.tables.map((t) => t.view.rules.audience?.minSize ?? 0));
  const value = { sql: query.sql, tables: bound.from.tables, where: bound.from.filters, minSize };
  return { ok: true, value: value as unknown as CheckedAudience };
}

function refuseShape(question: QuestionScope, found: string, tables: readonly TableView[]): void {
  const [first] = tables;
  const example = first ? `${tableName(first)}.${first.rules.identity}` : 'an identity column';
  question.violate('audience-selects-persons', { found, example }, null);
}

function checkColumns(filters: readonly Expression[], tables: readonly PlanTable[], question: QuestionScope): void {
  for (const { view } of tables) {
    if (view.rules.audience !== null) continue;
    question.violate('audience-column-is-permitted', { column: tableName(view), columns: [] }, null, {
      owner: view.member,
    });
  }
  for (const column of filters.flatMap(columnsIn)) {
    const table = tableOf(column, tables);
    const columns = table?.view.rules.audience?.columns;
    if (table === undefined || columns === undefined || columns.includes(column.column)) continue;
    const facts = { column: column.column, columns };
    question.violate('audience-column-is-permitted', facts, column.at, { owner: table.view.member });
  }
}

/** Where an audience would go. */
export interface DestinationFacts {
  readonly destination: string;
  /** The platform that runs it. */
  readonly owner: string;
  readonly identifier: IdentifierKind;
}

/** Holds a destination against every owner's rules; empty when all permit it. */
export function checkDestination(audience: CheckedAudience, to: DestinationFacts): readonly Violation[] {
  const question = new QuestionScope(audience.sql, []);
  for (const { view } of audience.tables) {
    const destinations = view.rules.audience?.destinations ?? [];
    const destination = `${to.owner}/${to.destination}`;
    if (destinations.includes(destination)) continue;
    const facts = { destination, destinations };
    question.violate('destination-is-permitted', facts, null, { owner: view.member });
  }
  if (addressTable(audience, to) === null) question.violate('destination-knows-the-person', to, null);
  return inOrder(question.violations);
}

/** The table whose identifiers become the destination's tokens: one the destination's owner brought itself. */
export function addressTable(audience: CheckedAudience, to: DestinationFacts): PlanTable | null {
  const isAddress = ({ view }: PlanTable): boolean => view.member === to.owner && view.identifier === to.identifier;
  return audience.tables.find(isAddress) ?? null;
}

/** Holds the epsilon of a size against the owners' limit for one question. */
export function checkSizeEpsilon(audience: CheckedAudience, epsilon: number): readonly Violation[] {
  const question = new QuestionScope(audience.sql, []);
  checkEpsilon(question, audience.tables, epsilon);
  return question.violations;
}

/** Holds the released size against the strictest minimum; the protected size alone decides, so it tells of no person. */
export function checkAudienceSize(audience: CheckedAudience, persons: bigint): readonly Violation[] {
  if (persons >= BigInt(audience.minSize)) return [];
  const question = new QuestionScope(audience.sql, []);
  const strictest = audience.tables.find((t) => t.view.rules.audience?.minSize === audience.minSize);
  const facts = { persons: persons.toString(), minimum: audience.minSize };
  question.violate('audience-is-large-enough', facts, null, { owner: strictest?.view.member ?? null });
  return question.violations;
}
