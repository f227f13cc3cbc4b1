import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { narrateTo, wrap } from './narrator.ts';

describe('the narrator', () => {
  it('breaks paragraphs between words and leaves a word that is too long whole', () => {
    expect(wrap('one two three', 7)).toBe('one two\nthree');
    expect(wrap('incomprehensible words', 5)).toBe('incomprehensible\nwords');
  });

  it('numbers the parts and indents what is shown as it is, empty lines left empty', () => {
    const stream = new PassThrough();
    const narrator = narrateTo(stream);
    narrator.part('The agreement');
    narrator.part('The answer');
    narrator.block('select 1\n\nfrom t');
    expect(String(stream.read())).toBe(
      '\n1. The agreement\n----------------\n\n2. The answer\n-------------\n\n    select 1\n\n    from t\n\n',
    );
  });
});
