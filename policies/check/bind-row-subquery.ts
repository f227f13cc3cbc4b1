import type { Expression } from '../plan/expression.ts';
import type { SyntaxExpression, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate } from './aggregate-names.ts';
import { bindExpression, condition, lookUp } from './bind-expression.ts';
import { bindFrom } from './bind-from.ts';
import { attachMembership, attachPersons } from './bind-membership.ts';
import { isMissing, isPresent, withPerson } from './bound-rows.ts';
import { type BoundRows, BROKEN, type FromScope } from './question-scope.ts';

type Subquery = Extract<SyntaxExpression, { kind: 'subquery' }>;

/** Resolves IN and EXISTS over persons, and refuses what cannot stand below the noise; `null` for other nodes. */
export function bindRowSubquery(node: SyntaxExpression, rows: BoundRows, within: FromScope): Expression | null {
  if (node.kind === 'window') {
    const instead = 'aggregate first: above the released groups all window functions are free';
    within.question.violate('syntax-is-known', { construct: 'window function over protected rows', instead }, node.at);
    return BROKEN;
  }
  if (node.kind !== 'subquery') return null;
  const person = node.form === 'in' ? personsIn(node, rows, within) : personsWhere(node, rows, within);
  if (person === null) return BROKEN;
  return node.negated ? isMissing(person) : isPresent(person);
}

/** `identity IN (SELECT identity FROM …)`. */
function personsIn(node: Subquery, rows: BoundRows, within: FromScope): Expression | null {
  const { question, scope, bindQuery } = within;
  const arg = node.arg === null ? BROKEN : bindExpression(node.arg, { question, relations: rows.relations });
  const found = bindQuery(node.query, { ctes: scope.ctes, around: null }, question);
  if (found === null || arg === BROKEN) return null;
  const columns = found.kind === 'rows' ? [...found.columns.values()] : [];
  if (
    found.kind !== 'rows' ||
    columns.length !== 1 ||
    columns[0]?.type.kind !== 'person' ||
    arg.type.kind !== 'person'
  ) {
    const instead = 'write identity IN (SELECT identity FROM …), a list of values, or a join';
    question.violate('syntax-is-known', { construct: 'IN (SELECT …) over anything but persons', instead }, node.at);
    return null;
  }
  return attachPersons(rows, withPerson(found.from, columns[0], question), { on: [], at: node.at }, question);
}

/** `EXISTS (SELECT … FROM … WHERE inner.identity = outer.identity)`. */
function personsWhere(node: Subquery, rows: BoundRows, within: FromScope): Expression | null {
  const { question } = within;
  const select = node.form === 'exists' ? plainSelect(node) : null;
  if (select === null || select.from === null) {
    const [construct, instead] =
      node.form === 'exists'
        ? ['EXISTS over a grouped query', 'write identity IN (SELECT identity FROM … GROUP BY identity HAVING …)']
        : [
            'subquery as a value',
            'ask it first and write its answer as a number, or join a query grouped by the person',
          ];
    question.violate('syntax-is-known', { construct, instead }, node.at);
    return null;
  }
  const inner = bindFrom(select.from, { ...within, scope: { ctes: within.scope.ctes, around: null } });
  if (inner === null) return null;
  if (inner.kind === 'released') {
    const instead = 'ask the released table first and write its answer as a number';
    question.violate('syntax-is-known', { construct: 'EXISTS over a released table', instead }, node.at);
    return null;
  }
  const where = select.where === null ? [] : [bindAcross(select.where, inner, rows, within)];
  return attachMembership(rows, inner, { conditions: where, at: node.at }, question);
}

/** EXISTS asks for rows: a SELECT that makes some of none, or fewer of many, means something else. */
function plainSelect({ query }: Subquery): SyntaxSelect | null {
  if (query.kind !== 'select' || query.ctes.length > 0) return null;
  const isGrouped = query.groupBy === 'all' || query.groupBy.length > 0 || query.having !== null;
  const isCut = query.limit !== null || query.offset !== null || query.qualify !== null;
  return isGrouped || isCut || query.items.some((i) => containsAggregate(i.expression)) ? null : query;
}

/** Names of the subquery come first; what it does not know is looked up around it. */
function bindAcross(node: SyntaxExpression, inner: BoundRows, outer: BoundRows, within: FromScope): Expression {
  const { question } = within;
  const bound = bindExpression(node, {
    question,
    relations: inner.relations,
    answer: (part) => {
      if (part.kind !== 'column') return bindRowSubquery(part, inner, within);
      if (lookUp(part.path, inner.relations).length > 0) return null;
      const [found, ...others] = lookUp(part.path, outer.relations);
      return found === undefined || others.some((o) => o.type.kind !== 'person') ? null : { ...found, at: part.at };
    },
  });
  return condition(question, bound);
}
