import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits, fitting } from './edit.ts';
import { sqlTokens } from './sql-tokens.ts';

describe('the words of a text', () => {
  it('are cut as SQL reads them: texts, quoted names and comments whole, parentheses counted', () => {
    const told = sqlTokens(
      "SELECT count(*) -- all, of them\nfrom \"a b\".t /* x, */ where z = 'it''s, (' and n>=1.5e3",
    );
    expect(told.map((t) => `${t.depth}${t.text}`)).toEqual([
      '0select',
      '0count',
      '0(',
      '1*',
      '0)',
      '0from',
      '0"a b"',
      '0.',
      '0t',
      '0where',
      '0z',
      '0=',
      "0'it''s, ('",
      '0and',
      '0n',
      '0>=',
      '01.5e3',
    ]);
  });
  it('are all of it but spaces and comments, each where it stands, whatever the text', () => {
    const part = fc.constantFrom(
      'select',
      ' ',
      "'",
      '"',
      '`',
      '(',
      ')',
      '--',
      '\n',
      '/*',
      '*/',
      '上',
      '😀',
      '1.',
      ',',
      'a_b',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const sql = parts.join('');
        let end = 0;
        for (const token of sqlTokens(sql)) {
          expect(token.start).toBeGreaterThanOrEqual(end);
          expect(sql.slice(token.start, token.end).toLowerCase()).toBe(token.text.toLowerCase());
          expect(sql.slice(end, token.start).replaceAll(/\s|--[^\n]*|\/\*[\s\S]*?\*\//g, '')).toBe('');
          end = token.end;
        }
      }),
    );
  });
});

describe('changes of a text', () => {
  it('are made each once, in their places', () => {
    const edit = { start: 0, end: 1, text: 'A' };
    expect(applyEdits('a b c', [edit, { start: 4, end: 5, text: '' }, edit, { start: 2, end: 2, text: 'x' }])).toBe(
      'A xb ',
    );
  });
  it('go together when they touch different places; the earlier of two that clash is made', () => {
    const rewrite = (start: number, end: number, text: string) => ({ edits: [{ start, end, text }], change: text });
    const [one, two, same, other] = [rewrite(0, 3, 'x'), rewrite(2, 5, 'y'), rewrite(0, 3, 'x'), rewrite(3, 4, 'z')];
    expect(fitting([one, two, same, other])).toEqual([one, same, other]);
  });
});
