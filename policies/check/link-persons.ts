import { tableName } from '../collaboration/table-view.ts';
import type { ColumnExpression, Expression } from '../plan/expression.ts';
import type { RowSource } from '../plan/protected-rows.ts';
import { rowsPerPerson } from '../plan/stability.ts';
import { personOf, sourcesIn } from '../plan/walk-rows.ts';
import { finishedRows, firstTable, isPresent, isSurelyPresent, refsIn } from './bound-rows.ts';
import type { BoundRows, QuestionScope } from './question-scope.ts';

/** Conditions told apart. */
export interface SortedConditions {
  /** Sources whose persons are set equal. */
  readonly links: readonly (readonly [string, string])[];
  readonly others: readonly Expression[];
}

/**
 * Tells equalities of persons from other conditions.
 *
 * Within one row all persons are the same where they are there at all, so that an equality of persons says no more than
 * that both are there: for one that a left join may have left out, that remains as a condition.
 */
export function sortConditions(
  conditions: readonly Expression[],
  question: QuestionScope,
  joining: string | null = null,
): SortedConditions {
  const links: (readonly [string, string])[] = [];
  const others: Expression[] = [];
  for (const part of conditions.flatMap(conjuncts)) {
    const isLink = part.kind === 'compare' && part.left.type.kind === 'person' && part.right.type.kind === 'person';
    if (!isLink || part.left.kind !== 'column' || part.right.kind !== 'column') {
      others.push(part);
      continue;
    }
    links.push([part.left.relation, part.right.relation]);
    const isSure = (p: ColumnExpression): boolean =>
      p.relation === joining ? isPersonOfSource(p, question) : isSurelyPresent(p, question);
    const doubtful = [part.left, part.right].filter((p) => !isSure(p));
    others.push(...doubtful.map(isPresent));
  }
  return { links, others };
}

/** Whether a person is that of the joined rows: a join that is still to be made equals no other. */
function isPersonOfSource({ relation, column }: ColumnExpression, question: QuestionScope): boolean {
  const source = question.source(relation);
  const own = source && personOf(source);
  return own?.kind === 'column' && own.column === column;
}

function conjuncts(e: Expression): readonly Expression[] {
  return e.kind === 'logic' && e.operator === 'and' ? e.args.flatMap(conjuncts) : [e];
}

/** Adds conditions to rows: equalities of persons join, the rest filters. */
export function addConditions(from: BoundRows, conditions: readonly Expression[], question: QuestionScope): BoundRows {
  const { links, others } = sortConditions(conditions, question);
  return { ...from, links: [...from.links, ...links], filters: [...from.filters, ...others] };
}

/**
 * Most rows that one person may have in a join, by what the owners declared. The product is what the engine may have to
 * write out for one person, and how long that takes tells of that person.
 */
const MAX_JOINED_ROWS = 10_000;

/** Refuses a join whose size for one person would show in its time. */
export function checkJoinSize(from: BoundRows, at: number | null, question: QuestionScope): void {
  const rows = rowsPerPerson(finishedRows(from));
  if (rows <= MAX_JOINED_ROWS) return;
  question.violate('join-is-bounded', { rows, maximum: MAX_JOINED_ROWS }, at);
}

/**
 * Checks that every source of persons is joined on the person, and every public table on its keys.
 *
 * A table joined on anything else would let one person's rows meet another's, and no bound of one person would hold.
 */
export function checkJoined(from: BoundRows, at: number | null, question: QuestionScope): void {
  const people = from.sources.filter((s) => s.input.kind !== 'public');
  const [first, ...rest] = people;
  if (first === undefined) {
    const instead = 'join it with a table of persons: what is public needs no protection';
    question.violate('syntax-is-known', { construct: 'question over public tables alone', instead }, at);
    return;
  }
  if (rest.length > 0) for (const source of people) checkJoinKeys(source, at, question);
  const linked = reachable(first.ref, from.links);
  for (const source of rest) if (!linked.has(source.ref)) refuseJoin(first, source, at, question);
  const anchored = anchoredIn(from);
  for (const source of from.sources)
    if (!anchored.has(source.ref)) refusePublic(source, { from, anchored }, at, question);
}

function reachable(first: string, links: BoundRows['links']): ReadonlySet<string> {
  const reached = new Set([first]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [a, b] of links) {
      if (reached.has(a) === reached.has(b)) continue;
      reached.add(a).add(b);
      grew = true;
    }
  }
  return reached;
}

function refuseJoin(first: RowSource, source: RowSource, at: number | null, question: QuestionScope): void {
  const [one, other] = [firstTable({ sources: [first] }), firstTable({ sources: [source] })];
  const name = other ? tableName(other) : 'the subquery';
  const example = one && other ? `${tableName(one)}.${one.rules.identity} = ${name}.${other.rules.identity}` : name;
  question.violate('join-uses-match-key', { table: name, example }, at, { owner: other?.member ?? null });
}

/** An owner may keep a table from being joined at all: its join keys are then an empty list. */
function checkJoinKeys(source: RowSource, at: number | null, question: QuestionScope): void {
  for (const { input } of sourcesIn({ sources: [source], filters: [] })) {
    if (input.kind !== 'table' || input.view.rules.joinKeys.includes(input.view.rules.identity)) continue;
    const facts = { table: tableName(input.view), example: 'its owner permits no join; ask it alone' };
    question.violate('join-uses-match-key', facts, at, { owner: input.view.member });
  }
}

/**
 * The sources whose rows follow from a person's rows: those of persons, and public tables with an equality for each of
 * their keys, with columns of such sources only.
 *
 * Public tables that are joined with one another and with no person would give every person all of their rows.
 */
function anchoredIn(from: BoundRows): ReadonlySet<string> {
  // What IN and EXISTS attach is of persons too, and not among the sources.
  const others = from.attached.map((s) => s.ref);
  const anchored = new Set([...from.sources.filter((s) => s.input.kind !== 'public').map((s) => s.ref), ...others]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const source of from.sources) {
      if (anchored.has(source.ref) || missingKeys(source, { from, anchored }).length > 0) continue;
      anchored.add(source.ref);
      grew = true;
    }
  }
  return anchored;
}

interface Anchored {
  readonly from: BoundRows;
  readonly anchored: ReadonlySet<string>;
}

function missingKeys(source: RowSource, { from, anchored }: Anchored): readonly string[] {
  if (source.input.kind !== 'public') return [];
  const conditions = source.how === 'left' ? source.on : from.filters;
  return source.input.keys.filter(
    (key) => !conditions.some((c) => isKeyEquality(c, { ref: source.ref, key }, anchored)),
  );
}

/** A public table is joined with an equality for each of its keys, or its rows would be multiplied without bound. */
function refusePublic(source: RowSource, within: Anchored, at: number | null, question: QuestionScope): void {
  if (source.input.kind !== 'public') return;
  const { view } = source.input;
  const example = missingKeys(source, within)
    .map((key) => `${tableName(view)}.${key} = …`)
    .join(' and ');
  question.violate('join-uses-match-key', { table: tableName(view), example }, at, { owner: view.member });
}

function isKeyEquality(
  e: Expression,
  { ref, key }: { readonly ref: string; readonly key: string },
  anchored: ReadonlySet<string>,
): boolean {
  if (e.kind !== 'compare' || e.operator !== '=') return false;
  // Whole numbers beside a fraction in floating point are rounded to it, so that many keys would equal one value.
  if ((e.left.type.kind === 'double') !== (e.right.type.kind === 'double')) return false;
  const isKey = (side: Expression): boolean => side.kind === 'column' && side.relation === ref && side.column === key;
  const isOther = (side: Expression): boolean => {
    const refs = [...refsIn(side)];
    return refs.length > 0 && refs.every((r) => anchored.has(r));
  };
  return (isKey(e.left) && isOther(e.right)) || (isKey(e.right) && isOther(e.left));
}
