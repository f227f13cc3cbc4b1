import type { FunctionView } from '../collaboration/function-view.ts';
import type { ScalarType, TableView } from '../collaboration/table-view.ts';
import type { PlanTable } from '../plan/expression.ts';
import type { KeyValue } from '../plan/question-tree.ts';
import { rowsPerPerson } from '../plan/stability.ts';
import { tablesIn } from '../plan/walk-rows.ts';
import type { Checked, ParsedQuery } from '../syntax/read-query.ts';
import { bindQuery } from './bind-select.ts';
import { finishedRows } from './bound-rows.ts';
import { inOrder } from './catalogue.ts';
import { type Bounds, rowBounds } from './measure-bounds.ts';
import { publicValues } from './public-values.ts';
import { QuestionScope } from './question-scope.ts';

/** A column of rows of persons, as declared facts describe it. */
export interface DescribedColumn {
  readonly name: string;
  readonly type: ScalarType;
  /** The least and greatest number; `null` when nothing bounds it. */
  readonly bounds: Bounds | null;
  /** Every value it can take, when that is no secret; else `null`. */
  readonly values: readonly KeyValue[] | null;
}

/** What SQL gives that selects persons with what is known of each. */
export interface DescribedPersons {
  /** The column that names the person; `null` when none does. */
  readonly identity: string | null;
  /** The other columns. */
  readonly columns: readonly DescribedColumn[];
  /** Most rows that one person has, as declared. */
  readonly rowsPerPerson: number;
  /** Every table within. */
  readonly tables: readonly PlanTable[];
}

/**
 * Describes rows of persons that a question will be made of, from declared facts alone.
 *
 * It permits nothing: whatever is asked of the rows is held against all rules as a question of its own.
 */
export function describePersons(
  query: ParsedQuery,
  tables: readonly TableView[],
  functions: readonly FunctionView[],
): Checked<DescribedPersons> {
  const question = new QuestionScope(query.sql, tables, functions);
  const bound = question.within(() => bindQuery(query.query, { ctes: new Map(), around: null }, question));
  if (question.violations.length > 0 || bound?.kind !== 'rows') {
    if (question.violations.length === 0) {
      question.violate('audience-selects-persons', { found: 'an aggregated result', example: 'its identity' }, null);
    }
    return { ok: false, violations: inOrder(question.violations) };
  }
  const rows = finishedRows(bound.from);
  const columns = [...bound.columns];
  const [identity] = columns.find(([, expression]) => expression.type.kind === 'person') ?? [null];
  const described = columns.flatMap(([name, expression]): DescribedColumn[] => {
    if (expression.type.kind === 'person') return [];
    const values = publicValues(expression, question);
    return [{ name, type: expression.type, bounds: rowBounds(expression, question), values }];
  });
  const value = { identity, columns: described, rowsPerPerson: rowsPerPerson(rows), tables: tablesIn(rows) };
  return { ok: true, value };
}
