import { LEFT_OUT } from './mutant-key.ts';

/** How one mutant of Stryker's JSON report ended. */
interface ReportedMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly statusReason?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

/** The part of Stryker's JSON report (mutation testing elements, schema 2) that a score is made of. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly ReportedMutant[] }>>;
}

/** Counts of mutants: `tried` is the whole of the score, `killed` those that made a test fail or never end. */
export interface MutationCount {
  readonly tried: number;
  readonly killed: number;
  readonly survived: number;
  /** Survivors that no test even runs; they are among `survived`. */
  readonly uncovered: number;
}

/** A mutation score, as a share of 0 to 1, with the interval that holds the score of all mutants at 95 %. */
export interface MutationScore extends MutationCount {
  readonly score: number;
  readonly low: number;
  readonly high: number;
}

/** What a mutation run found. */
export interface MutationSummary {
  readonly total: MutationScore;
  readonly folders: Readonly<Record<string, MutationScore>>;
  /** Changes that no test noticed: `file:line:column mutator → replacement`. */
  readonly survivors: readonly string[];
  /** Mutants of tables and constants, which are evaluated on loading: left out, as each needs all tests. */
  readonly staticCount: number;
  /** Mutants that could not run at all; they count neither way. */
  readonly unviableCount: number;
  /** Mutants outside the sample. */
  readonly leftOutCount: number;
}

/** The standard normal quantile of a two-sided 95 %. */
const DEVIATIONS = 1.959964;

/**
 * Makes the score of Stryker's report, in total and for each folder of `policies/`.
 *
 * @throws {Error} when no mutant was tried: a run that tried nothing has no score, and least of all a perfect one
 */
export function summarise(report: MutationReport): MutationSummary {
  const mutants = Object.entries(report.files).flatMap(([file, { mutants: found }]) =>
    found.map((mutant) => ({ ...mutant, file, folder: file.split('/').slice(0, -1).join('/') })),
  );
  const of = (...statuses: string[]): typeof mutants => mutants.filter(({ status }) => statuses.includes(status));
  const tried = of('Killed', 'Timeout', 'Survived', 'NoCoverage');
  if (tried.length === 0) throw new Error('no mutant was tried');
  const unfinished = of('Pending').length;
  if (unfinished > 0) throw new Error(`${unfinished} mutants were not finished`);
  const folders = [...new Set(tried.map(({ folder }) => folder))].sort();
  const leftOut = of('CompileError').filter(({ statusReason }) => statusReason === LEFT_OUT);
  return {
    total: scoreOf(tried),
    folders: Object.fromEntries(folders.map((name) => [name, scoreOf(tried.filter((m) => m.folder === name))])),
    survivors: of('Survived', 'NoCoverage').map(
      ({ file, location: { start }, mutatorName, replacement }) =>
        `${file}:${start.line}:${start.column} ${mutatorName} → ${inOneLine(replacement ?? '')}`,
    ),
    staticCount: of('Ignored').filter(({ statusReason }) => statusReason?.startsWith('Static mutant')).length,
    unviableCount: of('RuntimeError', 'CompileError').length - leftOut.length,
    leftOutCount: leftOut.length,
  };
}

function scoreOf(tried: readonly ReportedMutant[]): MutationScore {
  const count = (...statuses: string[]): number => tried.filter(({ status }) => statuses.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  const [low, high] = wilson(killed, tried.length);
  return {
    tried: tried.length,
    killed,
    survived: tried.length - killed,
    uncovered: count('NoCoverage'),
    score: killed / tried.length,
    low,
    high,
  };
}

/**
 * The interval of a share at 95 %, good for small counts and for shares near 0 and 1.
 *
 * Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
 */
export function wilson(count: number, total: number): readonly [low: number, high: number] {
  const share = count / total;
  const z2 = DEVIATIONS ** 2;
  const middle = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half = (DEVIATIONS / (1 + z2 / total)) * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function inOneLine(code: string): string {
  return code.replaceAll(/\s+/g, ' ').slice(0, 100);
}
