import type { Expression } from '../plan/expression.ts';
import { columnsOf, type OuterFrom } from '../plan/outer-query.ts';
import { INTERVAL_ENDINGS } from '../plan/question-tree.ts';
import type { ScopeRelation } from './question-scope.ts';

/** A named output column while a select list is being put together. */
export interface NamedColumn {
  readonly name: string;
  readonly expression: Expression;
  readonly isIntervalEnd?: boolean;
}

/** All columns that a dotted name may mean. A column of USING has one value for both tables. */
export function lookUpReleased(path: readonly string[], relations: readonly ScopeRelation[]): readonly Expression[] {
  const column = path.at(-1) ?? '';
  const name = path.at(-2);
  if (path.length > 2) return [];
  return relations
    .filter((r) => (name === undefined ? !r.hidden?.has(column) : r.name === name))
    .flatMap((r) => (name === undefined ? r.merged?.get(column) : undefined) ?? r.columns.get(column) ?? []);
}

/** The columns that `*` or `name.*` stands for. */
export function columnsOfStar(
  relation: string | null,
  relations: readonly ScopeRelation[],
): readonly (readonly [string, Expression])[] {
  if (relation !== null) return relations.filter((r) => r.name === relation).flatMap((r) => [...r.columns]);
  return relations.flatMap((r) =>
    [...r.columns]
      .filter(([name]) => !r.hidden?.has(name))
      .map(([name, e]) => [name, r.merged?.get(name) ?? e] as const),
  );
}

/** The ends of intervals among what FROM reads, as `relation.column`. */
export function intervalEndsIn(from: OuterFrom | null): ReadonlySet<string> {
  switch (from?.kind) {
    case 'subquery': {
      const ends = columnsOf(from.query).filter((c) => c.isIntervalEnd);
      return new Set(ends.map((c) => `${from.alias}.${c.name}`));
    }
    case 'join':
      return new Set([...intervalEndsIn(from.left), ...intervalEndsIn(from.right)]);
    default:
      return new Set();
  }
}

/** A column with the ends of its 95 % interval, where it is a released measure as it is. */
export function withItsInterval(column: NamedColumn, ends: ReadonlySet<string>): readonly NamedColumn[] {
  const { name, expression: e } = column;
  if (e.kind !== 'column') return [column];
  const both = Object.values(INTERVAL_ENDINGS);
  if (!both.every((ending) => ends.has(`${e.relation}.${e.column}${ending}`))) return [column];
  return [
    column,
    ...both.map((ending) => ({
      name: `${name}${ending}`,
      expression: { ...e, column: `${e.column}${ending}` },
      isIntervalEnd: true,
    })),
  ];
}

/** Gives each output column a name of its own: Arrow readers address columns by name. */
export function distinctNames(columns: readonly NamedColumn[]): readonly NamedColumn[] {
  const taken = new Set<string>();
  const next = new Map<string, number>();
  return columns.map((column) => {
    let { name } = column;
    for (let n = next.get(column.name) ?? 2; taken.has(name); n += 1) {
      name = `${column.name}_${n}`;
      next.set(column.name, n);
    }
    taken.add(name);
    return { ...column, name };
  });
}
