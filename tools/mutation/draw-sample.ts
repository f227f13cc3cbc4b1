import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { keyOf, type MutantIdentity } from './mutant-key.ts';

/** A random sample of all mutants of some files. */
export interface Sample {
  /** All that there are to draw from. */
  readonly population: number;
  readonly mutants: readonly MutantIdentity[];
}

const silent = (): void => {};
const logger = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  fatal: silent,
};

/**
 * Draws mutants of these files without replacement, each as likely as any other.
 *
 * The sample is of those whose digest with the seed is smallest: it depends on what a mutant is, not on the order of
 * files, and so a change in one file leaves the sample of the others as it was.
 */
export async function drawSample(
  paths: readonly string[],
  options: { readonly seed: string; readonly size: number; readonly excludedMutations: readonly string[] },
): Promise<Sample> {
  const files = paths.map((name) => ({ name, mutate: true, content: readFileSync(name, 'utf8') }));
  const { mutants } = await new Instrumenter(logger).instrument(files, {
    plugins: null,
    ignorers: [],
    excludedMutations: [...options.excludedMutations],
  });
  const rank = (key: string): string => createHash('sha256').update(`${options.seed}\n${key}`).digest('hex');
  const ranked = mutants
    .filter(({ status }) => status !== 'Ignored')
    .map((mutant) => ({ mutant, rank: rank(keyOf(mutant)) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return { population: ranked.length, mutants: ranked.slice(0, options.size).map(({ mutant }) => mutant) };
}

/** The range of the source that a mutant replaces, as Stryker's `mutate` takes it. */
export function rangeOf({ fileName, location: { start, end } }: MutantIdentity): string {
  const file = fileName.slice(fileName.lastIndexOf('/policies/') + 1);
  return `${file}:${start.line + 1}:${start.column}-${end.line + 1}:${end.column}`;
}
