/**
 * Adds up one count of a tally: JSON lines `{"name", "count"}`, as test/support/tally.ts writes them.
 *
 * `null` when the count is missing, which is another thing than 0: nobody counted. A line that cannot be read, as one
 * that was cut off, makes every count missing.
 */
export function readTally(lines: string, name: string): number | null {
  const entries = lines.split('\n').filter(Boolean).map(readLine);
  if (entries.some((entry) => entry === null)) return null;
  const counts = entries.filter((entry) => entry !== null).filter((entry) => entry.name === name);
  return counts.length === 0 ? null : counts.reduce((sum, { count }) => sum + count, 0);
}

function readLine(line: string): { readonly name: unknown; readonly count: number } | null {
  try {
    const { name, count } = JSON.parse(line) as { name?: unknown; count?: unknown };
    const isCount = typeof count === 'number' && Number.isSafeInteger(count) && count >= 0;
    return isCount ? { name, count } : null;
  } catch {
    return null;
  }
}
