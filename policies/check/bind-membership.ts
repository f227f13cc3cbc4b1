import type { Expression } from '../plan/expression.ts';
import { canonicalText } from '../plan/expression.ts';
import type { RowInput, RowSource } from '../plan/protected-rows.ts';
import { withoutNames } from '../plan/source-names.ts';
import { personOf } from '../plan/walk-rows.ts';
import { finishedRows, refsIn } from './bound-rows.ts';
import { addConditions, checkJoined, checkJoinSize, sortConditions } from './link-persons.ts';
import { checkFilter } from './permissions.ts';
import type { BoundRows, QuestionScope } from './question-scope.ts';

/** How the rows of a subquery are held against those around it. */
export interface MembershipTest {
  /** Conditions over both sides; an equality of persons among them is what makes it a membership. */
  readonly conditions: readonly Expression[];
  readonly at: number | null;
}

/**
 * Attaches to rows the question whether their person has rows elsewhere, and gives a person that is NULL when not.
 *
 * Every IN, EXISTS, SEMI and ANTI JOIN becomes this one thing: a left join with one row a person, so that no row is
 * repeated whatever the other side holds.
 */
export function attachMembership(
  outer: BoundRows,
  inner: BoundRows,
  { conditions, at }: MembershipTest,
  question: QuestionScope,
): Expression | null {
  // What IN and EXISTS within the inner rows attached belongs to them too.
  const innerRefs = new Set([...inner.sources, ...inner.attached].map((s) => s.ref));
  const { links, others } = sortConditions(conditions, question);
  const isAcross = ([a, b]: readonly [string, string]): boolean => innerRefs.has(a) !== innerRefs.has(b);
  const readsInner = (e: Expression): boolean => [...refsIn(e)].some((ref) => innerRefs.has(ref));
  const readsOuter = (e: Expression): boolean => [...refsIn(e)].some((ref) => !innerRefs.has(ref));
  const mixed = others.filter((e) => readsInner(e) && readsOuter(e));
  for (const e of mixed) {
    const instead = 'compare values within one subquery grouped by the person, and join that';
    question.violate(
      'syntax-is-known',
      { construct: 'comparison of rows across EXISTS, SEMI or ANTI JOIN', instead },
      e.at,
    );
  }
  const within = { ...inner, links: [...inner.links, ...links.filter((l) => !isAcross(l))] };
  const filtered = addConditions(
    within,
    others.filter((e) => readsInner(e) && !readsOuter(e)),
    question,
  );
  for (const filter of filtered.filters) checkFilter(filter, question);
  if (!links.some(isAcross)) {
    const instead = 'set the identity columns of both sides equal, or write identity IN (SELECT identity FROM …)';
    question.violate(
      'syntax-is-known',
      { construct: 'EXISTS, SEMI or ANTI JOIN that is not on the person', instead },
      at,
    );
    return null;
  }
  // What reads the rows around the subquery alone decides like a filter too, though it stands in the join.
  const on = others.filter((e) => !readsInner(e));
  for (const filter of on) checkFilter(filter, question);
  return attachPersons(outer, filtered, { on, at }, question);
}

/** Attaches the persons of rows, once each, and gives the column that names them: NULL for persons without a row. */
export function attachPersons(
  outer: BoundRows,
  inner: BoundRows,
  { on, at }: { readonly on: readonly Expression[]; readonly at: number | null },
  question: QuestionScope,
): Expression | null {
  checkJoined(inner, at, question);
  checkJoinSize(inner, at, question);
  // Both sides as one join: their owners must permit it, and their persons be named alike.
  const [first] = outer.sources;
  if (first !== undefined) {
    const links = inner.sources.map((s) => [first.ref, s.ref] as const);
    checkJoined(
      { ...outer, sources: [...outer.sources, ...inner.sources], links: [...outer.links, ...inner.links, ...links] },
      at,
      question,
    );
  }
  const input: RowInput = { kind: 'per-person', rows: finishedRows(inner), keys: [], values: [] };
  const source = attached(outer, input, on) ?? newSource(outer, input, on, question);
  return personOf(source);
}

/** The same subquery written twice is one source. */
function attached(outer: BoundRows, input: RowInput, on: readonly Expression[]): RowSource | undefined {
  const text = withoutNames(canonicalText(input));
  const condition = canonicalText(on);
  return outer.attached.find((s) => withoutNames(canonicalText(s.input)) === text && canonicalText(s.on) === condition);
}

function newSource(outer: BoundRows, input: RowInput, on: readonly Expression[], question: QuestionScope): RowSource {
  const source = question.addSource(input, { how: 'left', on });
  outer.attached.push(source);
  return source;
}
