import type { violations } from '../../proto/index.ts';
import { printable } from './printable.ts';

// Characters that a terminal draws two columns wide: a caret line must count them so.
const wideCharacter =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u;

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
  if (violation.passingSql !== '') lines.push('  this would pass:', ...indented(violation.passingSql));
  return lines.join('\n');
}

/** Renders every violation of a refusal, an empty line between them. */
export function renderViolations(sql: string, all: readonly violations.Violation[]): string {
  return all.map((violation) => renderViolation(sql, violation)).join('\n\n');
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
  return [
    `  ${gutter} | ${characters.join('')}`,
    `  ${' '.repeat(gutter.length)} | ${blankOf(characters.slice(0, start))}${caretsOf(characters.slice(start, start + length))}`,
  ];
}

function blankOf(characters: readonly string[]): string {
  return characters.map((character) => (wideCharacter.test(character) ? '  ' : ' ')).join('');
}

function caretsOf(characters: readonly string[]): string {
  return characters.map((character) => (wideCharacter.test(character) ? '^^' : '^')).join('') || '^';
}
