import {
  allParts,
  type ColumnExpression,
  columnsIn,
  type Expression,
  type PlanTable,
  partsOf,
} from '../plan/expression.ts';
import type { PermittableAggregate } from '../rules/rules.ts';
import { isListedFunction } from './functions.ts';
import type { QuestionScope } from './question-scope.ts';

/** The table a column belongs to. */
export function tableOf(column: ColumnExpression, tables: readonly PlanTable[]): PlanTable | undefined {
  return tables.find((t) => t.ref === column.relation);
}

/** Checks what a condition reads: group keys and permitted filters only. */
export function checkFilter(filter: Expression, tables: readonly PlanTable[], question: QuestionScope): void {
  checkFunctions(filter, tables, question);
  for (const column of columnsIn(filter)) {
    const table = tableOf(column, tables);
    if (table === undefined || column.type.kind === 'person') continue;
    const { rules, member } = table.view;
    const permitted = [...new Set([...rules.filters, ...Object.keys(rules.groupKeys)])];
    if (permitted.includes(column.column)) continue;
    question.violate('filter-is-permitted', { column: column.column, filters: permitted }, column.at, {
      owner: member,
    });
  }
}

/** Checks what a group key reads: permitted group keys only. */
export function checkGroupKey(key: Expression, tables: readonly PlanTable[], question: QuestionScope): void {
  checkFunctions(key, tables, question);
  for (const column of columnsIn(key)) {
    const table = tableOf(column, tables);
    if (table === undefined) continue;
    if (column.type.kind === 'person') {
      question.violate('identity-stays-inside', { column: column.column }, column.at, { owner: table.view.member });
    } else if (!Object.hasOwn(table.view.rules.groupKeys, column.column)) {
      const groupKeys = Object.keys(table.view.rules.groupKeys);
      const facts = { column: column.column, groupKeys };
      question.violate('group-key-is-permitted', facts, column.at, { owner: table.view.member });
    }
  }
}

/** Checks what an aggregate reads: measures, and within conditions also filters and group keys. */
export function checkMeasure(measure: Expression, tables: readonly PlanTable[], question: QuestionScope): void {
  checkFunctions(measure, tables, question);
  for (const condition of conditionsIn(measure)) checkFilter(condition, tables, question);
  for (const column of columnsIn(measure)) {
    const table = tableOf(column, tables);
    if (table === undefined || column.type.kind === 'person') continue;
    const { rules, member } = table.view;
    const measures = Object.keys(rules.measures);
    if ([...measures, ...rules.filters, ...Object.keys(rules.groupKeys)].includes(column.column)) continue;
    question.violate('measure-is-permitted', { column: column.column, measures }, column.at, { owner: member });
  }
}

/** The outermost conditions within a measure: what they read decides like a filter. */
function conditionsIn(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case 'compare':
    case 'logic':
    case 'not':
    case 'is-null':
    case 'in':
      return [e];
    case 'case': {
      const results = [...e.branches.map((b) => b.result), ...(e.otherwise ? [e.otherwise] : [])];
      return [...e.branches.map((b) => b.when), ...results.flatMap(conditionsIn)];
    }
    default:
      return partsOf(e).flatMap(conditionsIn);
  }
}

/** Checks that every owner whose rows are counted permits the aggregate. */
export function checkAggregate(
  aggregate: PermittableAggregate,
  tables: readonly PlanTable[],
  at: number | null,
  question: QuestionScope,
): void {
  for (const { view } of tables) {
    if (view.rules.aggregates.includes(aggregate)) continue;
    const facts = { aggregate, aggregates: view.rules.aggregates };
    question.violate('aggregate-is-permitted', facts, at, { owner: view.member });
  }
}

function checkFunctions(expression: Expression, tables: readonly PlanTable[], question: QuestionScope): void {
  for (const part of allParts(expression)) {
    if (part.kind !== 'call' || !isListedFunction(part.name)) continue;
    for (const column of columnsIn(part)) {
      const view = tableOf(column, tables)?.view;
      if (view === undefined || view.rules.functions === 'standard') continue;
      if (view.rules.functions.includes(part.name)) continue;
      const facts = { function: part.name, functions: view.rules.functions };
      question.violate('function-is-permitted', facts, part.at, { owner: view.member });
    }
  }
}
