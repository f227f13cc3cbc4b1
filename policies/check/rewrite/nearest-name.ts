/** Most letters that may differ, as a part of the shorter name: a third is a slip, more is another word. */
const MAX_DIFFERENCE_RATIO = 1 / 3;

/** The one name that is nearest to a misspelt one; `null` when none is near or two are equally near. */
export function nearestName(name: string, names: readonly string[]): string | null {
  const isAlike = (other: string): boolean =>
    Math.abs(name.length - other.length) <= maxSlips(Math.min(name.length, other.length));
  const measured = [...new Set(names)]
    .filter(isAlike)
    .map((other) => ({ other, distance: slips(name, other) }))
    .filter(({ other, distance }) => distance <= maxSlips(Math.min(name.length, other.length)))
    .toSorted((a, b) => a.distance - b.distance);
  const [first, second] = measured;
  if (first === undefined || first.distance === second?.distance) return null;
  return first.other;
}

function maxSlips(length: number): number {
  return length < 3 ? 0 : Math.max(1, Math.floor(length * MAX_DIFFERENCE_RATIO));
}

/**
 * Slips of the hand between two words: letters left out, added, changed, or two neighbours exchanged.
 *
 * Source: Damerau, "A technique for computer detection and correction of spelling errors" (1964).
 */
export function slips(from: string, to: string): number {
  const [a, b] = [[...from], [...to]];
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change);
      const isExchange = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isExchange) least = Math.min(least, (older[j - 2] ?? 0) + 1);
      row.push(least);
    }
    older = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
