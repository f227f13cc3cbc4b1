import { readdirSync, readFileSync } from 'node:fs';
import {
  type Checked,
  type CheckedQuery,
  checkAudience,
  checkQuestion,
  type Parse,
  readQuery,
  type Violation,
  violationCatalogue,
} from '../../policies/index.ts';
import { scoringFunctions } from '../support/scoring.ts';
import { tables } from '../support/tables.ts';

const policiesFolder = new URL('../../policies/', import.meta.url);
const WORD = /[\p{L}\p{N}_]+/gu;

/** Every word that our own code could say, and every name and value that owners have declared. */
const vocabulary: ReadonlySet<string> = new Set(
  readdirSync(policiesFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(new URL(path, policiesFolder), 'utf8'))
    // Limits are told without the marks that the source has between their digits.
    .map((text) => text.replaceAll(/(?<=\d)_(?=\d)/g, ''))
    .concat(
      JSON.stringify(tables),
      scoringFunctions.map((f) => `${f.member} ${f.name} ${f.parameters.map((p) => p.name).join(' ')}`),
    )
    .flatMap(wordsOf),
);

function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(WORD) ?? []).map((word) => word);
}

/** Words of the engine that no message may have, whatever was submitted. */
const ENGINE_TEXT =
  /(parser|binder|catalog|conversion|invalid input|out of range|not implemented|internal) error|json_serialize/i;

/** What JavaScript prints of what it does not have. */
const OF_JAVASCRIPT = /undefined|\[object|NaN\b/;

/** What is wrong with a verdict, in one sentence; `null` when nothing is. */
export type Complaint = string | null;

/** A verdict on one input by the pure rules: for questions, and for audiences. */
export interface Verdicts {
  readonly question: Checked<CheckedQuery>;
  readonly complaint: Complaint;
}

/**
 * Takes every verdict on an input, twice, and holds each against what verdicts promise. Throws what the rules throw.
 *
 * A tree of the grammar follows from the text alone; one that no grammar made may hold anything, `undefined` too.
 */
export function verdictsOn(sql: string, parse: Parse, origin: 'grammar' | 'hostile' = 'grammar'): Verdicts {
  const [question, again] = [judge(sql, parse), judge(sql, parse)];
  const audience = judgeAudience(sql, parse);
  const all = [question, audience].flatMap((v) => (v.ok ? [] : v.violations));
  const isSame = question.ok === again.ok && (question.ok || again.ok || same(question.violations, again.violations));
  const submitted = sql + (parse.ok ? parse.tree : '');
  const complaint = isSame
    ? (firstComplaint(sql, { submitted, origin }, all) ?? withoutReason(question, origin))
    : 'two verdicts on one input differ';
  return { question, complaint };
}

const OPTIONS = { epsilon: 1, omitIntervals: false, functions: scoringFunctions };

function judge(sql: string, parse: Parse): Checked<CheckedQuery> {
  const read = readQuery(sql, parse);
  return read.ok ? checkQuestion(read.value, tables, OPTIONS) : read;
}

function judgeAudience(sql: string, parse: Parse): Checked<unknown> {
  const read = readQuery(sql, parse);
  return read.ok ? checkAudience(read.value, tables, scoringFunctions) : read;
}

const same = (a: readonly Violation[], b: readonly Violation[]): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A tree with nothing in it, which no text has, may be refused without one. */
function withoutReason(verdict: Checked<unknown>, origin: 'grammar' | 'hostile'): Complaint {
  return origin === 'grammar' && !verdict.ok && verdict.violations.length === 0
    ? 'it is refused without a reason'
    : null;
}

function firstComplaint(
  sql: string,
  { submitted, origin }: { readonly submitted: string; readonly origin: 'grammar' | 'hostile' },
  violations: readonly Violation[],
): Complaint {
  if (violations.length === 0) return null;
  const known = new Set(wordsOf(submitted));
  const lines = sql.split('\n');
  const folded = submitted.toLowerCase();
  for (const v of violations) {
    if (origin === 'grammar' && OF_JAVASCRIPT.test(v.message + v.help)) return `a message says ${v.message}`;
    const complaint = complaintOf(v, lines) ?? unknownWord(v, known, folded);
    if (complaint !== null) return `${complaint}: ${JSON.stringify(v)}`;
  }
  return null;
}

function complaintOf(v: Violation, lines: readonly string[]): Complaint {
  if (!Object.hasOwn(violationCatalogue, v.rule)) return 'the rule is not in the catalogue';
  if (v.message === '' || v.help === '') return 'a message or its help is empty';
  if (ENGINE_TEXT.test(v.message + v.help)) return 'a message has words of the engine';
  const line = lines[v.place.line - 1];
  if (line === undefined) return 'the place is on no line of the text';
  const isInside = Number.isInteger(v.place.column) && v.place.column >= 1 && v.place.column <= [...line].length + 1;
  return isInside ? null : 'the place is beside the line';
}

function unknownWord(v: Violation, known: ReadonlySet<string>, folded: string): Complaint {
  // Names that we make: ends of intervals, numbers that tell two of one name apart, and group keys by their number. Columns
  // of VALUES that nobody named have the engine's own names, which are public.
  const told = `${v.message} ${v.help} ${Object.values(v.facts).join(' ')}`.replaceAll(
    /(_\d+)?_ci95_(low|high)\b|_\d+\b|\b(k|col)\d+\b/g,
    '',
  );
  const foreign = wordsOf(told).find((word) => !known.has(word) && !vocabulary.has(word) && !folded.includes(word));
  return foreign === undefined ? null : `the word ${JSON.stringify(foreign)} is neither submitted nor ours`;
}
