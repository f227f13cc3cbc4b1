import type { Figure } from './compare.ts';

/** Prints figures for people, and with `--json` as one line for programs. */
export function printFigures(rows: readonly Figure[]): void {
  const round = (value: number): string => value.toFixed(value < 1 ? 3 : 2);
  for (const { name, baseline, ratio, low, high, medianMs } of rows) {
    process.stdout.write(
      `${round(ratio).padStart(8)} x  (${round(low)} to ${round(high)})  ${name}\n${' '.repeat(12)}over ${baseline}; median ${medianMs.toFixed(0)} ms here\n`,
    );
  }
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ rows })}\n`);
}

/** Prints the memory of an idle worker. */
export function printMemory({ rss, pss, own }: Readonly<Record<'rss' | 'pss' | 'own', number>>): void {
  const mib = (value: number): string => `${value.toFixed(0)} MiB`;
  process.stdout.write(`memory of an idle worker: ${mib(rss)} mapped, ${mib(pss)} its share, ${mib(own)} its own\n`);
}
