import { type ColumnExpression, columnsIn, type Expression } from './expression.ts';
import type { ProtectedRows, RowInput, RowSource } from './protected-rows.ts';
import { partsOfPersonAggregate } from './walk-rows.ts';

/**
 * Leaves out the columns of subqueries that nothing reads: the wall is given what a question needs, and no more.
 *
 * `SELECT *` in a subquery would otherwise bring every column of a table into the engine.
 */
export function pruneRows(rows: ProtectedRows, read: readonly Expression[]): ProtectedRows {
  const columns = [...read, ...rows.filters, ...rows.sources.flatMap((s) => s.on)].flatMap(columnsIn);
  return { ...rows, sources: rows.sources.map((source) => pruneSource(source, columns)) };
}

function pruneSource(source: RowSource, columns: readonly ColumnExpression[]): RowSource {
  const names = new Set(columns.filter((c) => c.relation === source.ref).map((c) => c.column));
  return { ...source, input: pruneInput(source.input, names) };
}

function pruneInput(input: RowInput, names: ReadonlySet<string>): RowInput {
  switch (input.kind) {
    case 'rows': {
      const columns = input.columns.filter((c) => names.has(c.name));
      const read = columns.map((c) => c.expression);
      return { ...input, columns, rows: pruneRows(input.rows, read) };
    }
    case 'union': {
      const kept = input.columns.flatMap((c, index) => (names.has(c.name) ? [index] : []));
      const branches = input.branches.map((b) => {
        const values = b.values.filter((_, index) => kept.includes(index));
        return { values, rows: pruneRows(b.rows, values) };
      });
      return { ...input, columns: input.columns.filter((_, index) => kept.includes(index)), branches };
    }
    case 'per-person': {
      const values = input.values.filter((v) => names.has(v.name));
      // Keys stay: they decide how many rows there are.
      const read = [
        ...input.keys.map((k) => k.expression),
        ...values.flatMap((v) => partsOfPersonAggregate(v.aggregate)),
      ];
      return { ...input, values, rows: pruneRows(input.rows, read) };
    }
    default:
      return input;
  }
}
