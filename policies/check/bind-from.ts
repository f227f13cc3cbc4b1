import type { Expression } from '../plan/expression.ts';
import { assertNever } from '../plan/expression.ts';
import type { SyntaxFrom } from '../syntax/syntax-tree.ts';
import { bindJoin } from './bind-join.ts';
import { bindReleasedExpression } from './bind-released-expression.ts';
import { bindReleasedPivot } from './bind-released-pivot.ts';
import { rowsOf } from './bound-rows.ts';
import type { BoundFrom, BoundQuery, FromScope } from './question-scope.ts';
import { bindReleasedValues, relationOfReleased } from './released-relation.ts';

/** Resolves what FROM reads. `null` when it names nothing that is bound. */
export function bindFrom(node: SyntaxFrom, scope: FromScope): BoundFrom | null {
  switch (node.kind) {
    case 'table':
      return bindTable(node, scope);
    case 'subquery': {
      const query = scope.bindQuery(node.query, scope.scope, scope.question);
      return asRelation(query, node.alias ?? 'subquery', node.columnNames);
    }
    case 'join':
      return bindJoin(node, scope, bindFrom);
    case 'values':
      return bindReleasedValues(node, scope.question, (part) =>
        bindReleasedExpression(part, { ...scope.world, relations: [] }),
      );
    case 'pivot':
      return bindPivot(node, scope);
    default:
      return assertNever(node);
  }
}

function bindPivot(node: Extract<SyntaxFrom, { kind: 'pivot' }>, scope: FromScope): BoundFrom | null {
  const from = bindFrom(node.from, scope);
  if (from?.kind === 'released') return bindReleasedPivot(node, from, scope.world);
  const instead = 'aggregate in a WITH query first, and pivot what it releases';
  if (from !== null) {
    scope.question.violate('syntax-is-known', { construct: 'PIVOT of protected rows', instead }, node.at);
  }
  return null;
}

function bindTable(node: Extract<SyntaxFrom, { kind: 'table' }>, from: FromScope): BoundFrom | null {
  const { scope, question, bindQuery } = from;
  const cte = node.schema === null ? scope.ctes.get(node.table) : undefined;
  if (cte) {
    const query = bindQuery(cte.query, { ctes: cte.scope, around: null }, question);
    return asRelation(query, node.alias ?? node.table, cte.columnNames);
  }
  const view = question.tableView(node.schema, node.table);
  if (view === undefined) {
    const table = node.schema === null ? node.table : `${node.schema}.${node.table}`;
    question.violate('table-is-bound', { table, tables: question.tableNames() }, node.at);
    return null;
  }
  const isPublic = view.rules.publicTable !== null;
  const source = question.addSource(
    isPublic ? { kind: 'public', view, keys: view.rules.joinKeys } : { kind: 'table', view },
  );
  const columns = view.columns.map((c): [string, Expression] => [
    c.name,
    { kind: 'column', relation: source.ref, column: c.name, type: c.type, at: node.at },
  ]);
  const name = node.alias ?? node.table;
  return rowsOf(source, [{ name, schema: node.alias ? null : node.schema, columns: new Map(columns) }]);
}

/** A subquery as a relation of the query around it. */
function asRelation(query: BoundQuery | null, alias: string, columnNames: readonly string[] = []): BoundFrom | null {
  if (query === null) return null;
  if (query.kind === 'released') return relationOfReleased(query.select, alias, columnNames);
  const columns = [...query.columns].map(([name, e], index) => [columnNames[index] ?? name, e] as const);
  return { ...query.from, relations: [{ name: alias, schema: null, columns: new Map(columns) }] };
}
