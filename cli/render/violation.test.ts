import { describe, expect, it } from 'vitest';
import type { violations } from '../../proto/index.ts';
import { renderViolation, renderViolations } from './violation.ts';

const violation = (
  span: violations.Span | undefined,
  more: Partial<violations.Violation> = {},
): violations.Violation => ({
  rule: 'output-is-aggregated',
  owner: 'jiufang',
  message: 'output column `email` is not aggregated',
  help: 'wrap it in count(distinct …)',
  facts: {},
  passingSql: '',
  passingChanges: [],
  span,
  ...more,
});

const rendered = (sql: string, span: violations.Span | undefined): string[] =>
  renderViolation(sql, violation(span)).split('\n');

describe('a rendered violation', () => {
  it('underlines the place in its source line', () => {
    expect(rendered('select arm,\n       c.email\nfrom t', { line: 2, column: 8, length: 7 })).toEqual([
      'output-is-aggregated (a rule of member jiufang)',
      '  2 |        c.email',
      '    |        ^^^^^^^',
      '  output column `email` is not aggregated',
      '  help: wrap it in count(distinct …)',
    ]);
  });

  it('puts one caret where only the beginning is known', () => {
    expect(rendered('select x', { line: 1, column: 8, length: 0 })[2]).toBe('    |        ^');
  });

  it('stays in the line when the place is at its end or runs over it', () => {
    expect(rendered('select', { line: 1, column: 7, length: 1 })[2]).toBe('    |       ^');
    expect(rendered('select\nx', { line: 1, column: 1, length: 99 })[2]).toBe('    | ^^^^^^');
  });

  it('counts characters, tabs and wide letters as a terminal shows them', () => {
    expect(rendered("select\t'双十一', x", { line: 1, column: 15, length: 1 })).toEqual([
      'output-is-aggregated (a rule of member jiufang)',
      "  1 | select '双十一', x",
      `    | ${' '.repeat("select '双十一', ".length + 3)}^`,
      '  output column `email` is not aggregated',
      '  help: wrap it in count(distinct …)',
    ]);
    expect(rendered("select '双'", { line: 1, column: 9, length: 1 })[2]).toBe('    |         ^^');
    expect(rendered("select '😀', x", { line: 1, column: 8, length: 3 })[1]).toBe("  1 | select '😀', x");
  });

  it('names Galley where the rule is nobody else’s, and shows no source without a place', () => {
    const text = renderViolation('select 1', violation(undefined, { owner: '' }));
    expect(text).toContain('(a rule of Galley)');
    expect(text).not.toContain('|');
    expect(rendered('select 1', { line: 9, column: 1, length: 1 })).toHaveLength(3);
  });

  it('shows the part of a long line that the place is in', () => {
    const sql = `select ${'a, '.repeat(100)}email, ${'b, '.repeat(100)}c from t`;
    const [, line = '', carets = ''] = rendered(sql, { line: 1, column: 308, length: 5 });
    expect(line).toMatch(/^ {2}1 \| ….{100}…$/u);
    expect(carets.indexOf('^')).toBe(line.indexOf('email'));
    expect(carets.endsWith('^^^^^')).toBe(true);
    expect(rendered(sql, { line: 1, column: 1, length: 6 })[1]).toMatch(/^ {2}1 \| select .*[^…]…$/u);
    expect(rendered(sql, { line: 1, column: sql.length, length: 1 })[1]).toMatch(/^ {2}1 \| ….*[^…]$/u);
  });

  it('lets no escape sequence through to the terminal', () => {
    const text = renderViolations('select \u001b[2J', [
      violation({ line: 1, column: 8, length: 4 }, { owner: 'a\u001b[2Jb' }),
    ]);
    expect(text).not.toContain('\u001b');
  });
});

describe('a rendered refusal', () => {
  it('shows every violation and then, once, the question that would pass and what it changes', () => {
    const sql = 'select email, spend\nfrom market.outcomes';
    const text = renderViolations(sql, [
      violation(
        { line: 1, column: 8, length: 5 },
        {
          rule: 'identity-stays-inside',
          owner: '',
          message: 'identity column `email` may only join tables and be counted',
          help: 'use it in count(distinct email)',
          passingSql: 'select count(distinct email) as persons\nfrom market.outcomes',
          passingChanges: ['counts persons instead of showing rows'],
        },
      ),
      violation({ line: 1, column: 15, length: 5 }, { message: 'output column `spend` is not aggregated', help: '' }),
    ]);
    expect(text.split('\n')).toEqual([
      'identity-stays-inside (a rule of Galley)',
      '  1 | select email, spend',
      '    |        ^^^^^',
      '  identity column `email` may only join tables and be counted',
      '  help: use it in count(distinct email)',
      '',
      'output-is-aggregated (a rule of member jiufang)',
      '  1 | select email, spend',
      '    |               ^^^^^',
      '  output column `spend` is not aggregated',
      '',
      'write instead:',
      '    select count(distinct email) as persons',
      '    from market.outcomes',
      'what changes:',
      '  - counts persons instead of showing rows',
    ]);
  });
});
