import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ScoringParameter } from '../../../wire/scoring.ts';
import { compileJavascript } from './compile-javascript.ts';
import { FUEL_STEPS_COUNT, MAX_TEXT_LENGTH_CHARS } from './prelude.ts';

const PARAMETERS: ScoringParameter[] = [
  { name: 'x', kind: 'number', values: null },
  { name: 't', kind: 'text', values: null },
];

function compile(source: string) {
  const compiled = compileJavascript(new TextEncoder().encode(source), PARAMETERS, {
    kind: 'number',
    scale: 0,
    min: 0n,
    max: 9n,
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.score;
}

describe('a call without end', () => {
  it.each([
    ['a loop', 'while (true) { } return 1;'],
    ['a loop without a body', 'for (;;); return 1;'],
    ['a loop of nothing but continue', 'for (;;) continue; return 1;'],
    ['a loop with its test last', 'do { } while (true); return 1;'],
    ['a loop in a loop', 'for (;;) { for (let i = 0; i < 3; i++) { } } return 1;'],
    ['a loop whose step does it all', 'for (let i = 0; i >= 0; i++, i++, i -= 1); return 1;'],
    ['a text that doubles', 'let s = "abcdefgh"; while (true) { s = s + s; } return 1;'],
    ['a text that doubles by its own', 'let s = "abcdefgh"; while (true) s += s; return 1;'],
    ['a text that grows in an array', 'const a = ["x"]; while (true) a[0] += "x"; return 1;'],
    ['upper case that is longer', 'let s = "\\ufb03"; while (true) s = (s + s).toUpperCase(); return 1;'],
  ])('by %s is NULL', (_, body) => {
    expect(compile(`function score(x, t) { ${body} }`)([1, 'a'])).toBeNull();
  });

  it('by calls that double at each step is NULL', () => {
    const calls = Array.from(
      { length: 15 },
      (_, i) => `function g${i}(a) { return ${i > 0 ? `g${i - 1}(a) + `.repeat(4) : ''}1; }`,
    );
    expect(compile(`${calls.join('\n')} function score(x, t) { return g14(x); }`)([1, ''])).toBeNull();
    expect(compile(`${calls.join('\n')} function score(x, t) { return g3(x); }`)([1, ''])).toBe(85);
  });
});

describe('fuel', () => {
  it('is charged for long searches and long reads', () => {
    const long = 'a'.repeat(MAX_TEXT_LENGTH_CHARS);
    const searches = compile('function score(x, t) { return t.includes(t.slice(x) + "b") ? 1 : 0; }');
    expect([searches([MAX_TEXT_LENGTH_CHARS - 3, long]), searches([40_000, long])]).toEqual([0, null]);
    const reads = compile(
      'function score(x, t) { let n = 0; for (let i = 0; i < x; i++) { if (t === t) n += 1; } return n; }',
    );
    expect([reads([3, long]), reads([90, long]), reads([90, 'short'])]).toEqual([3, null, 90]);
  });

  it('is charged for what takes long on few operands', () => {
    const rests = compile(
      'function score(x, t) { let n = 0; for (let i = 0; i < 1000; i++) n += (1e12 + i) % x; return n; }',
    );
    expect([rests([1e-300, '']), typeof rests([7, ''])]).toEqual([null, 'number']);
    const long = 'é'.repeat(MAX_TEXT_LENGTH_CHARS);
    const upper = compile('function score(x, t) { return t.toUpperCase() === "a" ? 1 : 0; }');
    const read = compile('function score(x, t) { return Number(t); }');
    expect([upper([1, long]), read([1, long]), upper([1, 'a']), read([1, '17.5'])]).toEqual([null, null, 0, 17.5]);
  });

  it('is not charged for the branch that is not taken', () => {
    const tree = (depth: number): string =>
      depth === 0 ? 'x' : `(x > ${depth} ? ${tree(depth - 1)} : ${tree(depth - 1)})`;
    const forest = Array.from({ length: 40 }, () => tree(9)).join(' + ');
    expect(compile(`function score(x, t) { return ${forest}; }`)([2, ''])).toBe(80);
  });

  it('is for some thousands of weights, not for millions', () => {
    const loop = compile('function score(x, t) { let s = 0; for (let i = 0; i < x; i++) s += i * 0.5; return s; }');
    expect([loop([5_000, '']), loop([FUEL_STEPS_COUNT, ''])]).toEqual([5_000 * 4_999 * 0.25, null]);
  });

  it('starts anew for each row, whatever the rows before it did', () => {
    const source = `
      const K = [1, 2, 3];
      function spin(n) { let s = 0; for (let i = 0; i < n; i++) { for (const k of K) s += k; } return s; }
      function score(x, t) {
        let s = t;
        const a = [0, 0];
        for (let i = 0; i < x; i++) { a[i % 2] += 1; s += t; }
        if (s.length % 3 === 1) { while (true) a[0] += 1; }
        return spin(x) + a[0] + K[s.length % 4];
      }`;
    const used = compile(source);
    const rows = fc.array(fc.tuple(fc.double({ min: 0, max: 3_000 }), fc.string({ maxLength: 60 })), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(rows, (all) => {
        const after = all.map((row) => used(row));
        expect(all.map((row) => compile(source)(row))).toEqual(after);
        expect(all.toReversed().map((row) => used(row))).toEqual(after.toReversed());
      }),
      { numRuns: 10 },
    );
  });

  it('ends at the same step in code that has been optimised', () => {
    const loop = compile('function score(x, t) { let s = 0; for (let i = 0; i < x; i++) { s += i % 7; } return s; }');
    const limits = (): (number | null)[] =>
      Array.from({ length: 100 }, (_, i) => Number(loop([40_000 + i * 100, ''])) || null);
    const first = limits();
    for (let warm = 0; warm < 3; warm += 1) expect(limits()).toEqual(first);
    expect(first.includes(null) && first[0] !== null).toBe(true);
  });
});
