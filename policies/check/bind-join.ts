import type { Expression } from '../plan/expression.ts';
import type { RowSource } from '../plan/protected-rows.ts';
import type { SyntaxExpression, SyntaxFrom } from '../syntax/syntax-tree.ts';
import { bindExpression, condition, lookUp } from './bind-expression.ts';
import { attachMembership } from './bind-membership.ts';
import { isMissing, isPresent, wrapped } from './bound-rows.ts';
import { joinReleased } from './join-released.ts';
import { addConditions, checkJoined, sortConditions } from './link-persons.ts';
import { checkFilter } from './permissions.ts';
import type { BoundFrom, BoundRows, FromScope, QuestionScope, ScopeRelation } from './question-scope.ts';

type Join = Extract<SyntaxFrom, { kind: 'join' }>;
type BindFrom = (node: SyntaxFrom, scope: FromScope) => BoundFrom | null;

/** Resolves a join of protected rows, on the person, or of released tables, on anything. */
export function bindJoin(node: Join, scope: FromScope, bindFrom: BindFrom): BoundFrom | null {
  const { question } = scope;
  const left = bindFrom(node.left, scope);
  const right = bindFrom(node.right, scope);
  if (left === null || right === null) return null;
  if (left.kind === 'released' && right.kind === 'released') return joinReleased(node, { left, right }, scope.world);
  if (left.kind === 'released' || right.kind === 'released') {
    const instead = 'aggregate both sides first, then join the released tables';
    question.violate('syntax-is-known', { construct: 'join of a released with a protected table', instead }, node.at);
    return null;
  }
  switch (node.how) {
    case 'inner':
      return joinInner(node, left, right, question);
    case 'left':
      return joinLeft(node, left, right, question);
    case 'right':
      return joinLeft(node, right, left, question);
    case 'semi':
    case 'anti':
      return joinMembership(node, left, right, question);
    default: {
      const instead = 'put the rows of both tables together with UNION ALL, and group them by the person';
      question.violate('syntax-is-known', { construct: 'FULL JOIN', instead }, node.at);
      return null;
    }
  }
}

function conditionsOf(
  node: Join,
  left: readonly ScopeRelation[],
  right: readonly ScopeRelation[],
  question: QuestionScope,
): readonly Expression[] {
  const relations = [...left, ...right];
  const written = node.using.map((column) => usingCondition(column, left, right, node.at));
  if (node.condition !== null) written.push(node.condition);
  return written.map((c) => condition(question, bindExpression(c, { question, relations })));
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

function joinInner(node: Join, left: BoundRows, right: BoundRows, question: QuestionScope): BoundRows {
  const joined: BoundRows = {
    kind: 'protected',
    sources: [...left.sources, ...right.sources],
    filters: [...left.filters, ...right.filters],
    links: [...left.links, ...right.links],
    relations: [...left.relations, ...right.relations],
    attached: [...left.attached, ...right.attached],
  };
  return addConditions(joined, conditionsOf(node, left.relations, right.relations, question), question);
}

/** `kept` keeps all its rows; `found` is what they may find. */
function joinLeft(node: Join, kept: BoundRows, found: BoundRows, question: QuestionScope): BoundRows {
  if (kept.sources.every((s) => s.input.kind === 'public')) {
    const instead = 'let the table of persons keep its rows, and the public one be joined to it';
    question.violate(
      'syntax-is-known',
      { construct: 'outer join that keeps the rows of a public table', instead },
      node.at,
    );
  }
  const right = foundSide(found, node.at, question);
  const bound = conditionsOf(node, kept.relations, right.relations, question);
  const { links, others } = sortConditions(bound, question, right.source.ref);
  const isLinked = links.some((pair) => pair.includes(right.source.ref) && pair.some((r) => r !== right.source.ref));
  const on = [...others, ...right.filters];
  for (const c of on) checkFilter(c, question);
  const source: RowSource = { ...right.source, how: 'left', on };
  question.setSource(source);
  const joined: BoundRows = {
    ...kept,
    sources: [...kept.sources, source],
    links: [...kept.links, ...links],
    // A person that both sides name is looked up on the side that is always there.
    relations: [...kept.relations, ...right.relations],
  };
  if (!isLinked && source.input.kind !== 'public') checkJoined({ ...joined, links: kept.links }, node.at, question);
  return joined;
}

interface FoundSide {
  readonly source: RowSource;
  readonly relations: readonly ScopeRelation[];
  readonly filters: readonly Expression[];
}

/** The right side of a left join as one source; what it computes stays inside, or its NULLs would be lost. */
function foundSide(found: BoundRows, at: number | null, question: QuestionScope): FoundSide {
  const [only, ...more] = found.sources;
  const isPlain = found.relations.every((r) => [...r.columns.values()].every((e) => e.kind === 'column'));
  if (only !== undefined && more.length === 0 && found.attached.length === 0 && isPlain) {
    return { source: only, relations: found.relations, filters: found.filters };
  }
  checkJoined(found, at, question);
  // They stay inside, where no WHERE around them is held against the rules.
  for (const filter of found.filters) checkFilter(filter, question);
  const { sources, relations } = wrapped(found, 'left', question);
  return { source: sources[0] as RowSource, relations, filters: [] };
}

/** SEMI and ANTI JOIN: whether the person has a row on the right that meets the conditions. */
function joinMembership(node: Join, left: BoundRows, right: BoundRows, question: QuestionScope): BoundRows {
  const bound = conditionsOf(node, left.relations, right.relations, question);
  const person = attachMembership(left, right, { conditions: bound, at: node.at }, question);
  if (person === null) return left;
  const test = node.how === 'semi' ? isPresent(person) : isMissing(person);
  return { ...left, filters: [...left.filters, test] };
}
