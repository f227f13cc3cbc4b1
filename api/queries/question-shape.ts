import {
  boundedByNothing,
  columnsNeeded,
  type ProtectedPlan,
  printAggregate,
  printBounds,
  printOuter,
  touchedColumns,
} from '../../policies/index.ts';
import { loggableShapes } from '../exits/index.ts';

/** A question without its literals: what the engine was asked, for everybody who may read the log. */
export function questionShape(plan: ProtectedPlan): { counted: string[]; outer: string } {
  const counted = plan.aggregates.flatMap((a) => [
    ...a.bounds.map((b) => printBounds(b, 'mark').sql),
    printAggregate(boundedByNothing(a), 'mark').sql,
  ]);
  const [outer = '', ...rest] = loggableShapes([outerShape(plan), ...counted]);
  return { counted: rest, outer };
}

function outerShape(plan: ProtectedPlan): string {
  return withoutOwnNames(printOuter(plan.outer, 'mark'), declaredNames(plan));
}

/** The columns that a question reads, so that an auditor finds all that touched one. */
export function questionTouches(plan: ProtectedPlan): { table: string; columns: string[] }[] {
  const needed = plan.aggregates.flatMap((a) => [...columnsNeeded(a), ...a.bounds.flatMap(columnsNeeded)]);
  return touchedColumns(needed).map(({ table, columns }) => ({ table, columns: [...columns] }));
}

/** Names that the plan gives by itself: of releases, and of what stands in them. */
const PLAN_NAME = /^(r|k|m|release_)\d+$/;
/** What the plan puts behind a name for the ends of an interval. */
const INTERVAL_END = /_ci95_(low|high)$/;

/** What owners and operators have declared may stand in the log: it does in the rules and the schemas already. */
function declaredNames(plan: ProtectedPlan): ReadonlySet<string> {
  return new Set(questionTouches(plan).flatMap(({ columns }) => columns));
}

/**
 * A text of SQL with a number for each name that its asker has made up: `count(*) as "how often Ana came"` is a literal in
 * all but the quotes.
 */
function withoutOwnNames(sql: string, declared: ReadonlySet<string>): string {
  const given = new Map<string, string>();
  return sql.replace(/"((?:[^"]|"")*)"/g, (quoted, name: string) => {
    const end = INTERVAL_END.exec(name)?.[0] ?? '';
    const stem = name.slice(0, name.length - end.length);
    if (PLAN_NAME.test(stem) || declared.has(stem)) return quoted;
    const known = given.get(stem) ?? `name_${given.size}`;
    given.set(stem, known);
    return `"${known}${end}"`;
  });
}
