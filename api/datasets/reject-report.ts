// What is told of rows that were left out: where and why, and never a value.
import type { datasets } from '../../proto/index.ts';

/** Rejects that are kept and shown one by one; all are counted. */
const MAX_REPORTED_REJECTS_COUNT = 1_000;

/** A report of no rejects. */
export function emptyReport(): datasets.RejectReport {
  return { rejects: [], rejectedCount: 0n, counts: [] };
}

/**
 * Adds a reject to a report.
 *
 * The counts are few: columns of the schema times a closed list of reasons.
 */
export function noteReject(
  report: datasets.RejectReport,
  { line, column, reason }: { readonly line: number; readonly column: string; readonly reason: string },
): void {
  report.rejectedCount += 1n;
  let at = report.counts.findIndex((count) => count.column === column && count.reason === reason);
  if (at === -1) at = report.counts.push({ column, reason, count: 0n }) - 1;
  const counted = report.counts[at] as datasets.RejectCount;
  counted.count += 1n;
  // Most first: what has grown past its neighbour changes places with it.
  for (let before = report.counts[at - 1]; before && before.count < counted.count; before = report.counts[at - 1]) {
    report.counts[at] = before;
    at -= 1;
    report.counts[at] = counted;
  }
  if (report.rejects.length >= MAX_REPORTED_REJECTS_COUNT) return;
  report.rejects.push({ line: BigInt(line), column, reason });
}
