import type { ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import type { SyntaxExpression, SyntaxFrom } from '../syntax/syntax-tree.ts';
import { condition } from './bind-expression.ts';
import { bindReleasedExpression } from './bind-released-expression.ts';
import { commonType } from './functions.ts';
import { type QuestionScope, type ReleasedScope, type ScopeRelation, typeInWords } from './question-scope.ts';
import { lookUpReleased } from './released-columns.ts';
import type { ReleasedFrom } from './released-relation.ts';

type JoinNode = Extract<SyntaxFrom, { kind: 'join' }>;

const BOOLEAN: ScalarType = { kind: 'boolean' };

/** Joins released tables: in any way and on any condition, as nobody's rows meet there. */
export function joinReleased(
  node: JoinNode,
  sides: { readonly left: ReleasedFrom; readonly right: ReleasedFrom },
  world: Omit<ReleasedScope, 'relations' | 'answer'>,
): ReleasedFrom {
  const { question } = world;
  const { left, right } = sides;
  refuseTwice(node, left.relations, right.relations, question);
  const pairs = node.using.map((column) => usingPair(column, left.relations, right.relations, question, node.at));
  const equalities = pairs.flatMap((pair) => (pair === null ? [] : [equality(pair, node.at)]));
  const scope = { ...world, relations: [...left.relations, ...right.relations] };
  const written = node.condition === null ? [] : [onCondition(node.condition, scope)];
  const [first = null, ...rest] = [...equalities, ...written];
  const all: Expression | null =
    first === null || rest.length === 0
      ? first
      : { kind: 'logic', operator: 'and', args: [first, ...rest], type: BOOLEAN, at: node.at };
  return {
    kind: 'released',
    from: { kind: 'join', how: node.how, left: left.from, right: right.from, condition: all },
    relations: relationsAfter(node, left.relations, right.relations, pairs),
  };
}

function onCondition(node: SyntaxExpression, scope: ReleasedScope): Expression {
  return condition(scope.question, bindReleasedExpression(node, scope));
}

function refuseTwice(
  node: JoinNode,
  left: readonly ScopeRelation[],
  right: readonly ScopeRelation[],
  question: QuestionScope,
): void {
  const twice = right.find((r) => left.some((l) => l.name === r.name));
  if (twice === undefined) return;
  const construct = `two tables named ${twice.name}`;
  question.violate('syntax-is-known', { construct, instead: 'give each its own name with AS' }, node.at);
}

/** A column of USING, as each side has it. */
interface UsingPair {
  readonly column: string;
  readonly left: Expression;
  readonly right: Expression;
}

function usingPair(
  column: string,
  left: readonly ScopeRelation[],
  right: readonly ScopeRelation[],
  question: QuestionScope,
  at: number | null,
): UsingPair | null {
  const [mine, ...moreOfMine] = lookUpReleased([column], left);
  const [theirs, ...moreOfTheirs] = lookUpReleased([column], right);
  if (mine === undefined || theirs === undefined || moreOfMine.length > 0 || moreOfTheirs.length > 0) {
    const columns = left.flatMap((r) => [...r.columns.keys()]);
    question.violate('column-is-known', { column, columns }, at);
    return null;
  }
  if (commonType(mine.type, theirs.type) === null) {
    const found = `${typeInWords(mine.type)} and ${typeInWords(theirs.type)}`;
    question.violate('types-match', { construct: '=', found, expected: 'compare values of one type' }, at);
  }
  return { column, left: mine, right: theirs };
}

function equality(pair: UsingPair, at: number | null): Expression {
  return { kind: 'compare', operator: '=', left: pair.left, right: pair.right, type: BOOLEAN, at };
}

/** The names after a join: those of USING are one column, and what a semi or anti join looks at is gone. */
function relationsAfter(
  node: JoinNode,
  left: readonly ScopeRelation[],
  right: readonly ScopeRelation[],
  pairs: readonly (UsingPair | null)[],
): readonly ScopeRelation[] {
  if (node.how === 'semi' || node.how === 'anti') return left;
  let [mine, theirs] = [left, right];
  for (const pair of pairs) {
    if (pair === null) continue;
    const { column } = pair;
    mine = onFirst(mine, column, (r) => ({
      ...r,
      merged: new Map([...(r.merged ?? []), [column, mergedValue(node, pair)]]),
    }));
    theirs = onFirst(theirs, column, (r) => ({ ...r, hidden: new Set([...(r.hidden ?? []), column]) }));
  }
  return [...mine, ...theirs];
}

/** Changes the relation that answers for a column. */
function onFirst(
  relations: readonly ScopeRelation[],
  column: string,
  change: (relation: ScopeRelation) => ScopeRelation,
): readonly ScopeRelation[] {
  const index = relations.findIndex((r) => lookUpReleased([column], [r]).length > 0);
  return relations.map((r, i) => (i === index ? change(r) : r));
}

function mergedValue({ how, at }: JoinNode, { left, right }: UsingPair): Expression {
  if (how === 'right') return right;
  if (how !== 'full') return left;
  const type = commonType(left.type, right.type) ?? left.type;
  return { kind: 'call', name: 'coalesce', args: [left, right], type, at };
}
