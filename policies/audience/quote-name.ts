/** A name as SQL reads it back, whatever is in it: also a column that is called `order`. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `member.alias` as SQL reads it back. */
export function quoteTable(table: string): string {
  return table.split('.').map(quoteName).join('.');
}

/** A text as a literal of SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
