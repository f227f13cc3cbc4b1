import Table from 'cli-table3';
import { printable } from './printable.ts';

/** Renders rows under a head. Columns of numbers stand right; control characters are taken out. */
export function renderTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({
    head: head.map(printable),
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, index) => (rows.every((row) => isNumeric(row[index])) ? 'right' : 'left')),
  });
  for (const row of rows) {
    table.push(row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : printable(cell))));
  }
  return table.toString();
}

/** Writes a number for people: thousands apart, at most `digits` after the point. */
export function formatNumber(value: number, digits = 2): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

// A number, perhaps with its interval in brackets behind it.
function isNumeric(cell: string | number | undefined): boolean {
  return typeof cell === 'number' || (cell !== undefined && /^(-?[\d,.]+( +\(.*\))?)?$/u.test(cell));
}
