import type { BenchRow } from './bench-row.ts';

const MILLION = 1_000_000;
const MIB_BYTES = 1_048_576;
const WIDTHS = { ratio: 7, spread: 17, cpu: 7, memory: 7, working: 9, kept: 7, path: 9 } as const;

/** Prints a heading of the table. */
export function printHeading(text: string): void {
  const names = ['ratio', 'low to high', 'cpu', 'memory', 'works with', 'kept', 'path', ''];
  const widths = Object.values(WIDTHS);
  const columns = names.map((name, index) => name.padStart(widths[index] ?? 0)).join('  ');
  process.stdout.write(`\n${text}\n${columns}\n`);
}

/** Prints a row for people, as soon as it is known. */
export function printRow(row: BenchRow): void {
  const cells = [
    figure(row.ratio).padStart(WIDTHS.ratio),
    `${figure(row.low)} to ${figure(row.high)}`.padStart(WIDTHS.spread),
    optional(row.cpuRatio, figure).padStart(WIDTHS.cpu),
    optional(row.peakMemoryRatio, figure).padStart(WIDTHS.memory),
    optional(row.peakBytes, (bytes) => `${(bytes / MIB_BYTES).toFixed(0)} MiB`).padStart(WIDTHS.working + 1),
    optional(row.keptShare, (share) => `${(100 * share).toFixed(1)}%`).padStart(WIDTHS.kept),
    (row.path ?? '').padStart(WIDTHS.path),
  ];
  const most = row.most === undefined ? '' : ` [at most ${row.most}: ${row.ratio <= row.most ? 'met' : 'MISSED'}]`;
  const note = row.note === undefined ? '' : `; ${row.note}`;
  process.stdout.write(`${cells.join('  ')}  ${row.name}\n${' '.repeat(16)}over ${row.baseline}${note}${most}\n`);
}

/** How a number of events is said. */
export function sizeText(rows: number): string {
  return rows >= MILLION ? `${rows / MILLION} million` : rows.toLocaleString('en');
}

function figure(value: number): string {
  return value.toFixed(value < 1 ? 3 : 2);
}

function optional(value: number | null | undefined, print: (value: number) => string): string {
  return value === undefined || value === null ? '' : print(value);
}
