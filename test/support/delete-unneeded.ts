import { type RowCondition, type TableView, tableName } from '../../policies/index.ts';
import { runSql } from './engine.ts';

/**
 * Looks at tables without the rows that a plan does not need, and puts them back.
 *
 * @returns what `look` saw, and how many rows it was spared
 */
export async function withoutUnneeded<Seen>(
  needed: ReadonlyMap<string, readonly RowCondition[]>,
  views: readonly TableView[],
  look: () => Promise<Seen>,
): Promise<{ readonly seen: Seen; readonly deleted: number }> {
  let deleted = 0;
  await runSql('BEGIN');
  try {
    for (const view of views) {
      const conditions = (needed.get(tableName(view)) ?? []).map((condition) => `(${textOf(condition, view)})`);
      if (conditions.length === 0) continue;
      const unneeded = `(${conditions.join(' AND ')}) IS NOT TRUE AND ${isLight(view)}`;
      const [[count] = []] = await runSql(`DELETE FROM "${tableName(view)}" WHERE ${unneeded}`);
      deleted += Number(count);
    }
    return { seen: await look(), deleted };
  } finally {
    await runSql('ROLLBACK');
  }
}

/** Not a row of a person with more rows than declared, nor one of nobody, which is left out by the query itself. */
function isLight(view: TableView): string {
  const { identity, rowsPerPerson } = view.rules;
  const heavy = `SELECT "${identity}" FROM "${tableName(view)}" GROUP BY ALL HAVING count(*) > ${rowsPerPerson}`;
  return `"${identity}" NOT IN (SELECT * FROM (${heavy}) WHERE "${identity}" IS NOT NULL)`;
}

function textOf({ column, atLeast, atMost, among }: RowCondition, view: TableView): string {
  const type = view.columns.find((c) => c.name === column)?.type;
  const units = { date: `date_diff('day', DATE '1970-01-01', "${column}")`, timestamp: `epoch_us("${column}")` };
  const named = `"${column}"`;
  const scaled =
    type?.kind === 'decimal' ? `CAST(${named} AS DECIMAL(38, ${type.scale})) * 1${'0'.repeat(type.scale)}` : named;
  const value = type?.kind === 'date' || type?.kind === 'timestamp' ? units[type.kind] : scaled;
  const constants = (among ?? []).map((c) => (typeof c === 'string' ? `'${c.replaceAll("'", "''")}'` : String(c)));
  return [
    `${named} IS NOT NULL`,
    ...(atLeast === null ? [] : [`${value} >= ${atLeast}`]),
    ...(atMost === null ? [] : [`${value} <= ${atMost}`]),
    ...(among === null ? [] : [constants.length === 0 ? 'FALSE' : `${value} IN (${constants.join(', ')})`]),
  ].join(' AND ');
}
