import type { violations } from '../../proto/index.ts';
import { printable } from './printable.ts';

// Characters that a terminal draws two columns wide: a caret line must count them so.
const wideCharacter =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u;

/** A longer line would wrap in a terminal, and the carets would stand under something else. */
const MAX_SHOWN_CHARACTERS = 100;

/**
 * Renders one violation: the source line with the place underlined, what broke which rule of whom, and the way out.
 *
 * @param sql the submitted text that the violation's span points into
 */
export function renderViolation(sql: string, violation: violations.Violation): string {
  const owner = violation.owner === '' ? 'Galley' : `member ${printable(violation.owner)}`;
  const lines = [
    `${printable(violation.rule)} (a rule of ${owner})`,
    ...underline(sql, violation.span),
    `  ${printable(violation.message)}`,
  ];
  if (violation.help !== '') lines.push(`  help: ${printable(violation.help)}`);
  return lines.join('\n');
}

/** Renders every violation of a refusal, an empty line between them, and the query that answers them all. */
export function renderViolations(sql: string, all: readonly violations.Violation[]): string {
  const passing = all.find((violation) => violation.passingSql !== '');
  const blocks = all.map((violation) => renderViolation(sql, violation));
  return (passing === undefined ? blocks : [...blocks, renderPassing(passing)]).join('\n\n');
}

function renderPassing({ passingSql, passingChanges }: violations.Violation): string {
  const changes = passingChanges.map((change) => `  - ${printable(change)}`);
  return ['write instead:', ...indented(passingSql), ...(changes.length > 0 ? ['what changes:', ...changes] : [])].join(
    '\n',
  );
}

function indented(sql: string): string[] {
  return sql.split('\n').map((line) => `    ${printable(line)}`);
}

function underline(sql: string, span: violations.Span | undefined): string[] {
  if (span === undefined || span.line === 0) return [];
  const source = sql.split(/\r?\n/u)[span.line - 1];
  if (source === undefined) return [];
  // A tab would move the caret by as much as the terminal likes.
  const characters = [...source.replaceAll('\t', ' ')].map(printable);
  const start = Math.max(0, span.column - 1);
  // A span over several lines is underlined to the end of its first.
  const length = Math.max(1, Math.min(span.length, characters.length - start));
  const gutter = String(span.line);
  const { first, end } = shownPart(characters.length, start);
  const [before, marked] = [characters.slice(first, start), characters.slice(start, Math.min(start + length, end))];
  const left = first > 0 ? '…' : '';
  return [
    `  ${gutter} | ${left}${characters.slice(first, end).join('')}${end < characters.length ? '…' : ''}`,
    `  ${' '.repeat(gutter.length)} | ${blankOf([...left, ...before])}${caretsOf(marked)}`,
  ];
}

/** The part of a long line that is shown: the place, with what comes before it. */
function shownPart(length: number, start: number): { readonly first: number; readonly end: number } {
  if (length <= MAX_SHOWN_CHARACTERS) return { first: 0, end: length };
  const first = Math.max(0, Math.min(start - MAX_SHOWN_CHARACTERS / 2, length - MAX_SHOWN_CHARACTERS));
  return { first, end: first + MAX_SHOWN_CHARACTERS };
}

function blankOf(characters: readonly string[]): string {
  return characters.map((character) => (wideCharacter.test(character) ? '  ' : ' ')).join('');
}

function caretsOf(characters: readonly string[]): string {
  return characters.map((character) => (wideCharacter.test(character) ? '^^' : '^')).join('') || '^';
}
