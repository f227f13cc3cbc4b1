import { DataType, tableFromIPC } from 'apache-arrow';
import { formatNumber, renderTable } from './table.ts';

/** A released cell in plain JavaScript. */
export type Cell = string | number | boolean | null;

/** A release as plain rows, in the order it came. */
export interface ReleaseRows {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** What the release says of itself, such as how it was protected. */
  readonly labels: Readonly<Record<string, string>>;
}

const low = '_ci95_low';
const high = '_ci95_high';

/**
 * Reads the Arrow IPC stream of a release.
 *
 * @throws {Error} when the bytes are not an Arrow IPC stream
 */
export function readReleaseRows(arrowIpc: Uint8Array): ReleaseRows {
  const table = tableFromIPC(arrowIpc);
  const columns = table.schema.fields.map((field) => field.name);
  const rows = Array.from({ length: table.numRows }, (_, index) =>
    Object.fromEntries(
      table.schema.fields.map((field, column) => [
        field.name,
        toCell(table.getChildAt(column)?.get(index), field.type),
      ]),
    ),
  );
  return { columns, rows, labels: Object.fromEntries(table.schema.metadata) };
}

/** Renders a release with each value beside the interval that holds the true one in 95 of 100 releases. */
export function renderRelease({ columns, rows }: ReleaseRows): string {
  const shown = columns.filter((name) => !isInterval(name, columns));
  return renderTable(
    shown,
    rows.map((row) => shown.map((name) => renderCell(row, name))),
  );
}

/** The 95 % interval of a column in a row, or undefined where it was not released. */
export function intervalOf(row: Readonly<Record<string, Cell>>, column: string): readonly [number, number] | undefined {
  const ends = [row[column + low], row[column + high]];
  return typeof ends[0] === 'number' && typeof ends[1] === 'number' ? [ends[0], ends[1]] : undefined;
}

function isInterval(name: string, columns: readonly string[]): boolean {
  return [low, high].some((suffix) => name.endsWith(suffix) && columns.includes(name.slice(0, -suffix.length)));
}

function renderCell(row: Readonly<Record<string, Cell>>, column: string): string {
  const value = row[column];
  if (value === null || value === undefined) return '';
  if (typeof value !== 'number') return String(value);
  const interval = intervalOf(row, column);
  if (interval === undefined) return formatNumber(value, 4);
  return `${formatNumber(value)}  (${formatNumber(interval[0])} to ${formatNumber(interval[1])})`;
}

function toCell(value: unknown, type: DataType): Cell {
  if (value === null || value === undefined) return null;
  if (DataType.isDecimal(type)) return decimalToNumber(value, type.scale);
  if (DataType.isDate(type)) return new Date(Number(value)).toISOString().slice(0, 10);
  if (DataType.isTimestamp(type)) return new Date(Number(value)).toISOString();
  // A release counts persons and sums of bounded measures: far within the whole numbers a double holds exactly.
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  return String(value);
}

function decimalToNumber(value: unknown, scale: number): number {
  if (!(value instanceof Uint32Array)) return Number(value) / 10 ** scale;
  const bits = BigInt(32 * value.length);
  const unscaled = value.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return Number(BigInt.asIntN(Number(bits), unscaled)) / 10 ** scale;
}
