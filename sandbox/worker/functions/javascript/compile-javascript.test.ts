import { describe, expect, it } from 'vitest';

import type { ScoringArgument, ScoringParameter, ScoringResult } from '../../../wire/scoring.ts';
import { compileJavascript } from './compile-javascript.ts';

const ANY_NUMBER: ScoringResult = { kind: 'number', scale: 6, min: -(10n ** 17n), max: 10n ** 17n };
const TIERS: ScoringResult = { kind: 'label', labels: ['gold', 'silver'] };

function parametersOf(kinds: Record<string, ScoringParameter['kind']>): ScoringParameter[] {
  return Object.entries(kinds).map(([name, kind]) => ({ name, kind, values: null }));
}

function scoreOf(source: string, kinds: Record<string, ScoringParameter['kind']>, ...row: ScoringArgument[]) {
  const result = source.includes("'gold'") ? TIERS : ANY_NUMBER;
  const compiled = compileJavascript(new TextEncoder().encode(source), parametersOf(kinds), result);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.score(row);
}

/** Works out one expression of a number x and a text t. */
function resultOf(expression: string, x = 3, t = 'Lyon') {
  return scoreOf(`function score(x, t) { return ${expression}; }`, { x: 'number', t: 'text' }, x, t);
}

describe('a scoring function', () => {
  it('scores a row by a model with tables and helpers', () => {
    const source = `
      const weights = [0.5, -0.25, 2];
      const byTier = [[1, 2], [3, 4]];
      const sigmoid = (z) => 1 / (1 + Math.exp(-z));
      function dot(a, b) {
        let sum = 0;
        for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
      }
      export default function score(recency, spend, tier, isActive) {
        const features = [recency, Math.log1p(spend), tier === 'gold tier' ? 1 : 0];
        if (!isActive && spend < 1) return null;
        let bonus = 0;
        for (const row of byTier) for (const one of row) bonus += one;
        return sigmoid(dot(weights, features)) + bonus;
      }`;
    const kinds = { recency: 'integer', spend: 'number', tier: 'text', isActive: 'boolean' } as const;
    const expected = 1 / (1 + Math.exp(-(0.5 * 4 - 0.25 * Math.log1p(10) + 2))) + 10;
    expect(scoreOf(source, kinds, 4n, 10, 'gold tier', true)).toBe(expected);
    expect(scoreOf(source, kinds, 4n, 0, 'gold tier', false)).toBeNull();
  });

  it('gives a label', () => {
    const source = `export default function (spend) { return spend > 10 ? 'gold' : spend > 5 ? 'silver' : null; }`;
    expect([11, 6, 1].map((spend) => scoreOf(source, { spend: 'number' }, spend))).toEqual(['gold', 'silver', null]);
  });

  it.each([
    'function score(x)',
    'export function score(x)',
    'export default function score(x)',
    'const score = (x) =>',
  ])('may be written as %s', (head) => {
    expect(scoreOf(`${head} { return x + 1; }`, { x: 'number' }, 1)).toBe(2);
  });

  it('takes dates and timestamps as numbers', () => {
    expect(scoreOf('function score(d, t) { return d * 86400000000 - t; }', { d: 'date', t: 'timestamp' }, 1, 5)).toBe(
      86_399_999_995,
    );
  });

  it.each([
    ['x % 2 === 1 && t !== "Paris" ? 1 : 0', 1],
    ['2 ** x ** 2', 512],
    ['-x - -x + +x', 3],
    ['(~x >>> 28) + (x << 2 | 1) + (x ^ 5) + (x & 2)', 15 + 13 + 6 + 2],
    ['Math.max(x, 4, 2) + Math.min(x, 4) + Math.hypot(3, 4)', 12],
    ['Math.PI > 3 || 1 / 0 < x ? Math.sign(-x) : 2', -1],
    ['0x1F + 1_000 + .5 + 1e3', 2031.5],
    ['1e400', Number.POSITIVE_INFINITY],
    ['Number.isNaN(NaN) ? 1 : 0', 1],
    ['Number("12") + Number("no")', Number.NaN],
    ['t.length + t.indexOf("o")', 6],
    ['t.toLowerCase().startsWith("ly") && t.endsWith("on") && t.includes("yo") ? 1 : 0', 1],
    ['(t + " " + t).slice(2, 6) === "on L" ? 1 : 0', 1],
    ['t.slice(2).charCodeAt(0)', 111],
    ['(" " + t + " ").trim().toUpperCase() === "LYON" ? 1 : 0', 1],
    ['"\\u2028\\ud800é\\n\\"\\\\".length', 6],
    ['[x, 2 * x, 9][1]', 6],
    ['[[1, 2], [3, 4]][1][0]', 3],
  ])('works out %s', (expression, value) => {
    expect(resultOf(expression)).toBe(value);
  });

  it.each([
    ['let i = 0; while (true) { i += 1; if (i > 9) break; } return i;', 10],
    ['let i = 0; do { i++; if (i === 2) continue; } while (i < 5); return i;', 5],
    ['let s = 0; for (let i = 0, j = 9; i < j; i++, j--) { if (i === 1) continue; s += j; } return s;', 9 + 7 + 6 + 5],
    ['let s = 0; let i = 0; for (i = 5; i > 0; i -= 2) s += i; return s;', 9],
    ['const a = [0, 0, 0]; for (let i = 0; i < 3; i++) { a[i] = i; a[i] *= 2; a[0]++; } return a[0] + a[2];', 7],
    ['let t = "a"; t += "b"; const a = ["x", "y"]; a[1] += t; return a[1].length;', 3],
    ['const x = 1; { const x = 2; { let x = 3; x += 1; } } return x;', 1],
    ['if (v > 1) { return 1; } else if (v > 0) return 2; else { return 3; }', 1],
    ['for (const a of [1, 2]) for (const b of [[3], [4]]) { if (b[0] > 3) return a * b[0]; } return 0;', 4],
  ])('runs %s', (body, value) => {
    expect(scoreOf(`function score(v) { ${body} }`, { v: 'number' }, 2)).toBe(value);
  });

  it.each(['[1, 2][2]', '[1, 2][-1]', '[1, 2][0.5]', '[1, 2][NaN]', '[[1], [2]][x][0]'])(
    'is NULL for a row that asks for %s, which is not there',
    (expression) => {
      expect(resultOf(expression)).toBeNull();
      expect(scoreOf(`function score(x) { const a = [1]; a[x] = 2; return a[0]; }`, { x: 'number' }, 1)).toBeNull();
    },
  );
});
