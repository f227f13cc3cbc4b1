import { allParts, columnsIn, type Expression } from '../plan/expression.ts';
import { sizeOf } from '../plan/expression-size.ts';
import type { SyntaxCall, SyntaxExpression } from '../syntax/syntax-tree.ts';
import { isAggregateName } from './aggregate-names.ts';
import { bindExpression } from './bind-expression.ts';
import { bindReleasedAggregate } from './bind-released-aggregate.ts';
import { bindReleasedSubquery } from './bind-released-subquery.ts';
import { scoreAboveRelease } from './bind-score.ts';
import { bindWindow } from './bind-window.ts';
import { FUNCTION_NAMES, signatureOf } from './functions.ts';
import { BROKEN, type QuestionScope, type ReleasedScope, typeInWords } from './question-scope.ts';
import { lookUpReleased } from './released-columns.ts';
import { needsRange, RELEASED_FUNCTIONS, releasedFunction } from './released-functions.ts';

/**
 * Resolves one expression over released values: windows, subqueries, aggregates and free functions, and all that
 * expressions over protected rows are made of.
 */
export function bindReleasedExpression(node: SyntaxExpression, scope: ReleasedScope): Expression {
  return bindExpression(node, {
    question: scope.question,
    relations: scope.relations,
    answer: (part) => scope.answer?.(part) ?? answerReleased(part, scope),
  });
}

function answerReleased(node: SyntaxExpression, scope: ReleasedScope): Expression | null {
  const bind = (part: SyntaxExpression): Expression => bindReleasedExpression(part, scope);
  switch (node.kind) {
    case 'window':
      return bindWindow(node, scope.question, bind);
    case 'subquery': {
      const bound = scope.bindSubquery(node.query, scope);
      return bindReleasedSubquery(node, bound, scope.question, bind);
    }
    case 'call':
      return isAggregateName(node.name)
        ? bindReleasedAggregate(node, scope.question, bind)
        : bindReleasedCall(node, scope.question, bind);
    case 'score':
      return scoreAboveRelease(node, scope.question, bind);
    case 'column':
      return bindReleasedColumn(node, scope);
    default:
      return null;
  }
}

/** Columns of the query's own tables, then those of the queries around it. */
function bindReleasedColumn(
  node: Extract<SyntaxExpression, { kind: 'column' }>,
  scope: ReleasedScope,
): Expression | null {
  const [found, ...others] = lookUpReleased(node.path, scope.relations);
  // Names of nothing, and of more than one column, are refused where every name is.
  if (others.length > 0) return null;
  if (found !== undefined) {
    scope.question.countParts(sizeOf(found));
    return { ...found, at: node.at };
  }
  const outer = scope.around === null ? null : columnAround(node, scope.around);
  if (outer === null) return null;
  const here = new Set(
    scope.relations
      .flatMap((r) => [...r.columns.values()])
      .flatMap(columnsIn)
      .map((c) => c.relation),
  );
  const shadowed = columnsIn(outer).find((c) => here.has(c.relation));
  if (shadowed === undefined) return outer;
  const construct = `two tables named ${shadowed.relation}`;
  scope.question.violate('syntax-is-known', { construct, instead: 'give each its own name with AS' }, node.at);
  return BROKEN;
}

function columnAround(node: Extract<SyntaxExpression, { kind: 'column' }>, around: ReleasedScope): Expression | null {
  const answered = around.answer?.(node) ?? bindReleasedColumn(node, around);
  if (answered === null) return null;
  // Within the subquery an aggregate or a window of the query around it would be one of the subquery.
  const isOwn = (e: Expression): boolean => e.kind === 'aggregate' || e.kind === 'window' || e.kind === 'subquery';
  return allParts(answered).some(isOwn) ? null : { ...answered, at: node.at };
}

function bindReleasedCall(
  node: SyntaxCall,
  question: QuestionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  const args = node.args.map(bind);
  if (args.includes(BROKEN)) return BROKEN;
  const own = signatureOf(node.name);
  const free = releasedFunction(node.name);
  if ((own === null && free === null) || node.distinct || node.filter !== null || node.orderBy.length > 0) {
    const functions = [...new Set([...FUNCTION_NAMES, ...RELEASED_FUNCTIONS])];
    question.violate('function-is-permitted', { function: node.name, functions }, node.at);
    return BROKEN;
  }
  const type = own?.(args) ?? '';
  if (typeof type !== 'string') {
    const kind = needsRange(node.name, args) ? 'function' : 'call';
    return { kind, name: node.name, args, type, at: node.at };
  }
  const released = free?.(args) ?? type;
  if (typeof released !== 'string') return { kind: 'function', name: node.name, args, type: released, at: node.at };
  const found = args.map((a) => typeInWords(a.type)).join(' and ') || 'nothing';
  question.violate('types-match', { construct: node.name, found, expected: released }, node.at);
  return BROKEN;
}
