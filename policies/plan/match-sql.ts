import type { TableView } from '../collaboration/table-view.ts';

/** The persons of a table as a question would count them. */
export function personsSql(table: TableView): string {
  return `select count(distinct t."${table.rules.identity}") from ${sqlName(table)} t`;
}

/** The persons of two tables as a question would count them. */
export function bothSql(one: TableView, other: TableView): string {
  const [left, right] = [`t."${one.rules.identity}"`, `u."${other.rules.identity}"`];
  return `select count(distinct ${left}) from ${sqlName(one)} t join ${sqlName(other)} u on ${left} = ${right}`;
}

// Names of members may have hyphens; neither they nor aliases and columns have quotes.
function sqlName({ member, alias }: TableView): string {
  return `"${member}"."${alias}"`;
}
