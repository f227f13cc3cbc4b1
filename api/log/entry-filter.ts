import { entryKinds, type JsonValue } from '../../audit/index.ts';
import { audit } from '../../proto/index.ts';
import { ServiceError } from '../grpc/index.ts';
import type { EntryIndex, EntryQuery, Outcome } from './entry-index/index.ts';

/** What a request asks for of the entries it may see. */
export interface ReadFilter {
  readonly collaborationId: string;
  readonly terms: EntryQuery['terms'];
  readonly minRho: number;
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

const OUTCOMES: ReadonlyMap<audit.DecisionOutcome, Outcome> = new Map([
  [audit.DecisionOutcome.ADMITTED, 'admitted'],
  [audit.DecisionOutcome.REFUSED, 'refused'],
  [audit.DecisionOutcome.BUDGET_SPENT, 'budget-spent'],
]);

/** Longest name in a filter, and longest word of one in the log: no id and no column is longer. */
const MAX_NAME_CHARS = 255;

/** Fields of a filter that are one name each, and the word that the index has for it. */
const NAMES = {
  member: 'member',
  principal: 'principal',
  datasetId: 'dataset',
  rule: 'rule',
  destinationId: 'destination',
  subjectId: 'subject',
} as const satisfies Partial<Record<keyof audit.EntryFilter, string>>;

/** Reads a filter. @throws {ServiceError} INVALID_REQUEST naming the field */
export function readFilter(filter: audit.EntryFilter | undefined): ReadFilter {
  const { collaborationId, kinds, column, outcome, minRho, from, until } = filter ?? audit.EntryFilter.create();
  const terms: string[][] = [];
  if (kinds.length > 0) terms.push([...new Set(kinds.map(kindTerm))]);
  for (const [field, word] of Object.entries(NAMES)) {
    const name = filter?.[field as keyof typeof NAMES] ?? '';
    if (name.length > MAX_NAME_CHARS) throw wrong(field, `is longer than ${MAX_NAME_CHARS} characters`);
    if (name !== '') terms.push([`${word}/${name}`]);
  }
  if (column !== '') terms.push([columnTerm(column)]);
  const word = OUTCOMES.get(outcome);
  if (word === undefined && outcome !== audit.DecisionOutcome.UNSPECIFIED) throw wrong('outcome', 'is not known');
  if (word !== undefined) terms.push([`outcome/${word}`]);
  if (!(Number.isFinite(minRho) && minRho >= 0)) throw wrong('min_rho', 'must be a number from 0');
  const [fromMs, untilMs] = [from?.getTime() ?? null, until?.getTime() ?? null];
  return { collaborationId, terms, minRho, fromMs, untilMs };
}

/**
 * What a filter asks for, for the log. Names that no entry has which the reader may see are left out. It must not be able to
 * write words of its own into the log, which nobody can take out again; and were the names of others' entries told apart
 * from invented ones, a member could try names and read in its own collaboration's log which of them there are elsewhere.
 */
export async function filterSubject(
  index: EntryIndex,
  visible: EntryQuery['visible'],
  { terms, minRho, fromMs, untilMs }: ReadFilter,
  signal: AbortSignal,
): Promise<Readonly<Record<string, JsonValue>>> {
  const known: string[][] = [];
  for (const any of terms) {
    const words: string[] = [];
    for (const term of any) {
      const isShown = term.length <= MAX_NAME_CHARS && (await index.shows(term, visible, signal));
      words.push(isShown ? term : `${wordOf(term)}/?`);
    }
    known.push(words);
  }
  return {
    ...(known.length === 0 ? {} : { terms: known }),
    ...(minRho === 0 ? {} : { minRho }),
    ...(fromMs === null ? {} : { fromTime: new Date(fromMs).toISOString() }),
    ...(untilMs === null ? {} : { untilTime: new Date(untilMs).toISOString() }),
  };
}

/** The places of the log that the times of a filter leave. */
export function placesOf(index: EntryIndex, { fromMs, untilMs }: ReadFilter) {
  return {
    fromIndex: fromMs === null ? 0 : index.firstAt(fromMs),
    untilIndex: untilMs === null ? Number.POSITIVE_INFINITY : index.firstAt(untilMs),
  };
}

/** The word of a kind. @throws {ServiceError} INVALID_REQUEST when there is none of that name */
export function kindTerm(kind: string): string {
  if (Object.hasOwn(entryKinds, kind)) return `kind/${kind}`;
  throw wrong('kinds', 'names a kind that is not in the list');
}

function columnTerm(column: string): string {
  if (column.length > MAX_NAME_CHARS) throw wrong('column', `is longer than ${MAX_NAME_CHARS} characters`);
  const partCount = column.split('.').length;
  if (partCount === 2) return `table/${column}`;
  if (partCount === 3) return `column/${column}`;
  throw wrong('column', 'must be `member.table.column` or `member.table`');
}

function wordOf(term: string): string {
  return term.slice(0, term.indexOf('/'));
}

function wrong(field: string, what: string): ServiceError {
  const name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new ServiceError('INVALID_REQUEST', `\`${name}\` ${what}`);
}
