import type { PeerFigure, PeerSilence } from './run-peers.ts';

const HEADINGS = [
  'peer',
  'question',
  'ours/theirs',
  'low to high',
  'memory',
  'error',
  'ours',
  'groups',
  'ours',
  'of',
  'takes',
  'our path',
];

/** Prints the table for people: a row a peer and question, and beneath it who does not answer what, and why. */
export function printPeers(rows: readonly (PeerFigure | PeerSilence)[]): void {
  const cells = [HEADINGS, ...rows.flatMap((row) => (row.answers ? [cellsOf(row)] : []))];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) {
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
  for (const row of rows) {
    if (!row.answers) process.stdout.write(`${row.peer} does not answer ${row.question}: ${row.why}\n`);
  }
}

function cellsOf(row: PeerFigure): readonly string[] {
  const share = (ratio: number): string => (Number.isFinite(ratio) ? `${(100 * ratio).toFixed(1)} %` : 'none');
  return [
    `${row.peer} ${row.version}`,
    row.question,
    row.ratio.toFixed(4),
    `${row.low.toFixed(4)} to ${row.high.toFixed(4)}`,
    row.peakMemoryRatio.toFixed(2),
    share(row.error),
    share(row.ourError),
    String(row.groupsKept),
    String(row.ourGroupsKept),
    String(row.groups),
    `${row.seconds.toFixed(1)} s`,
    row.path,
  ];
}
