import { setImmediate as nextTurn } from 'node:timers/promises';
import { digestIdentifier, type IdentifierKind } from '../../identity/index.ts';

/** Persons by the digests of their normalised identifiers. */
export interface SoughtPersons {
  readonly identifiers: readonly { readonly kind: IdentifierKind; readonly digests: readonly Uint8Array[] }[];
  /** Countries in which telephone numbers may be written without one. */
  readonly regions: readonly string[];
}

/** A text in quotes of either kind, a quote in it doubled. */
const QUOTED = /'((?:[^']|'')*)'|"((?:[^"]|"")*)"/gu;

/** A mark of dollars at a place; one may begin with the last sign of another. */
const DOLLAR_MARK = /(?=\$([a-z_0-9]*)\$)/giu;

/** What stands between signs of SQL: words, numbers, and identifiers in a comment. */
const WORD = /[^\s'"(),;=<>|!*$[\]{}]+/gu;

/** A longer text is no identifier; looking at each would make one question slow all erasures. */
const MAX_IDENTIFIER_CHARS = 512;

/** Texts looked at in one turn: a telephone number takes a tenth of a millisecond in each region. */
const TEXTS_IN_TURN_COUNT = 32;

/** No number of any country has fewer; most words have none, and need no look at them as numbers. */
const MIN_PHONE_DIGITS_COUNT = 4;

/**
 * Tells whether a text of SQL names one of some persons, in whatever form somebody wrote the identifier: as a literal, in
 * a comment, as the digest itself.
 *
 * What it cannot see is an identifier in pieces: `'ana' || '@example.com'`, or a pattern of `like`.
 *
 * The text may be made by somebody who wants an erasure to take long: the work is about as long as the text, and nobody
 * else waits for it.
 */
export async function namesAny(sql: string, { identifiers, regions }: SoughtPersons): Promise<boolean> {
  const sought = identifiers.map(({ kind, digests }) => ({ kind, digests: new Set(digests.map(hexOf)) }));
  let lookedAt = 0;
  for (const text of textsIn(sql)) {
    lookedAt += 1;
    if (lookedAt % TEXTS_IN_TURN_COUNT === 0) await nextTurn();
    for (const { kind, digests } of sought) if (isOneOf(text, { kind, digests, regions })) return true;
  }
  return false;
}

interface Sought {
  readonly kind: IdentifierKind;
  readonly digests: ReadonlySet<string>;
  readonly regions: readonly string[];
}

function isOneOf(text: string, { kind, digests, regions }: Sought): boolean {
  if (digests.has(text.toLowerCase()) || digests.has(hexOf(Buffer.from(text, 'base64')))) return true;
  if (kind === 'phone' && (text.match(/\p{Nd}/gu)?.length ?? 0) < MIN_PHONE_DIGITS_COUNT) return false;
  const places = kind === 'phone' ? [undefined, ...regions] : [undefined];
  return places.some((region) => {
    const digest = digestIdentifier(kind, text, region);
    return digest !== null && digests.has(hexOf(digest));
  });
}

function textsIn(sql: string): ReadonlySet<string> {
  const texts = new Set<string>();
  const add = (text: string): void => {
    if (text.length > 0 && text.length <= MAX_IDENTIFIER_CHARS) texts.add(text);
  };
  for (const [, single, double] of sql.matchAll(QUOTED)) {
    add(single?.replaceAll("''", "'") ?? double?.replaceAll('""', '"') ?? '');
  }
  for (const between of betweenDollars(sql)) add(between);
  for (const [word] of sql.matchAll(WORD)) {
    add(word);
    // A full stop or a bracket of a sentence in a comment.
    add(word.replace(/[.:?]+$/u, ''));
  }
  return texts;
}

/** What stands between each mark of dollars and the next one of the same name. */
function* betweenDollars(sql: string): Generator<string> {
  const ends = new Map<string, number>();
  for (const { index, 1: tag = '' } of sql.matchAll(DOLLAR_MARK)) {
    const name = tag.toLowerCase();
    const start = ends.get(name);
    if (start !== undefined && start <= index) yield sql.slice(start, index);
    ends.set(name, index + tag.length + 2);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
