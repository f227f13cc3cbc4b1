// What a path keeps of the truth: all are equal programs, and the bench holds them to it before it times them.
import { isDeepStrictEqual } from 'node:util';
import type { Cell } from '../../policies/index.ts';
import type { BenchQuestion } from '../questions/bench-questions.ts';
import { printPlain } from '../questions/print-plain.ts';
import type { ProtectedProgram } from '../questions/protected-program.ts';
import { HANDED_IN } from '../stored/bench-store.ts';
import type { EngineBench } from './engine-bench.ts';

type Groups = readonly (readonly Cell[])[];

/** Counts by both programs. @throws {Error} when one group differs: a fast path that answers worse is no path */
export async function assertSameGroups(general: ProtectedProgram, chosen: ProtectedProgram | null): Promise<Groups> {
  const counted = inOrder(await general.count());
  if (chosen === null) return counted;
  const other = inOrder(await chosen.count());
  if (!isDeepStrictEqual(counted, other))
    throw new Error(`the path \`${chosen.path}\` counts other groups than \`general\``);
  return counted;
}

/**
 * The share of the truth that is counted: of the persons in groups, those whom the bound of groups keeps there, over all
 * groups that reach the minimum.
 */
export async function keptShareOf(
  { store }: EngineBench,
  { plain }: BenchQuestion,
  counted: Groups,
): Promise<number | undefined> {
  if (plain.keys.length === 0) return undefined;
  const truth = { ...plain, aggregates: { persons: plain.inner === null ? 'count(DISTINCT {person})' : 'count(*)' } };
  const rows = await store.engine.rows(printPlain(truth, HANDED_IN));
  const keyCount = plain.keys.length;
  const keyOf = (row: readonly unknown[]): string => JSON.stringify(row.slice(0, keyCount));
  const persons = new Map(rows.map((row) => [keyOf(row), Number(row[keyCount])]));
  const sum = (of: (row: readonly Cell[]) => number): number => counted.reduce((total, row) => total + of(row), 0);
  return sum((row) => Number(row[keyCount])) / sum((row) => persons.get(keyOf(row)) ?? 0);
}

function inOrder(groups: Groups): Groups {
  return groups.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}
