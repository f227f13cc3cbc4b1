// Random programs of the language, run by our compiler and by JavaScript itself: what is printed must mean what was
// written, to the last bit.
import { tokenizer, tokTypes } from 'acorn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ScoringParameter } from '../../../wire/scoring.ts';
import { compileJavascript, translate } from './compile-javascript.ts';
import { BUILTINS } from './library.ts';
import { PRELUDE } from './prelude.ts';

const PARAMETERS: ScoringParameter[] = [
  { name: 'x', kind: 'number', values: null },
  { name: 'n', kind: 'integer', values: null },
  { name: 'b', kind: 'boolean', values: null },
  { name: 't', kind: 'text', values: null },
];

/** Seconds on a free machine; the rest is room for a busy one. */
const TIMEOUT_MS = 120_000;

/** Names in scope: `u` is a local number that statements set, `w` a local array, `K` and `M` tables. */
const TOP = `const K = [0.1, -2, 3e5]; const M = [[1, -1], [0, 2.5]]; const W = ['no', 'Lyon', ''];
const twice = (a) => a + a;
function grade(a, c) { if (a > c) return a - c; let r = 0; for (let i = 0; i < 3; i++) { r += i * c; } return r; }
`;

const literals = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => (v < 0 || Object.is(v, -0) ? `(-${-v})` : String(v))),
  fc.constantFrom('0', '1', '-1', '0.5', '2', '7', '1e21', '0xff', '-0', 'NaN', 'Infinity', 'Math.PI', '1e-7'),
);

const { number } = fc.letrec<{ number: string; truth: string; text: string }>((tie) => {
  const [n, b, t] = [tie('number'), tie('truth'), tie('text')];
  const pick = (...words: string[]) => fc.constantFrom(...words);
  return {
    number: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      literals,
      pick('x', 'n', 'u', 'w[1]', 'K[0]', 'K[2]', 'M[1][0]', 'w.length', 't.length', 'K.length'),
      fc
        .tuple(n, pick('+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>', '>>>'), n)
        .map(([a, o, c]) => `${a} ${o} ${c}`),
      fc.tuple(n, pick('+', '-', '*', '/', '%'), n).map(([a, o, c]) => `(${a}) ${o} (${c})`),
      fc.tuple(n, n).map(([a, c]) => `(${a}) ** (${c})`),
      fc.tuple(pick('- ', '+ ', '~'), n).map(([o, a]) => `${o}(${a})`),
      fc.tuple(b, n, n).map(([c, a, d]) => `(${c} ? ${a} : ${d})`),
      fc
        .tuple(pick('abs', 'exp', 'floor', 'round', 'trunc', 'sqrt', 'log1p', 'tanh', 'sign', 'cbrt', 'fround'), n)
        .map(([f, a]) => `Math.${f}(${a})`),
      fc.tuple(pick('max', 'min', 'pow', 'atan2', 'hypot', 'imul'), n, n).map(([f, a, c]) => `Math.${f}(${a}, ${c})`),
      n.map((a) => `twice(${a})`),
      fc.tuple(n, n).map(([a, c]) => `grade(${a}, ${c})`),
      t.map((a) => `(${a}).length`),
      fc.tuple(t, t).map(([a, c]) => `(${a}).indexOf(${c})`),
      fc.tuple(t, n).map(([a, i]) => `(${a}).charCodeAt(${i})`),
      t.map((a) => `Number(${a})`),
    ),
    truth: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      pick('b', 'true', 'false'),
      fc.tuple(n, pick('<', '<=', '>', '>=', '===', '!=='), n).map(([a, o, c]) => `(${a}) ${o} (${c})`),
      fc.tuple(t, pick('===', '!=='), t).map(([a, o, c]) => `(${a}) ${o} (${c})`),
      fc.tuple(b, pick('&&', '||', '===', '!=='), b).map(([a, o, c]) => `(${a}) ${o} (${c})`),
      b.map((a) => `!(${a})`),
      fc.tuple(t, pick('startsWith', 'endsWith', 'includes'), t).map(([a, f, c]) => `(${a}).${f}(${c})`),
      fc.tuple(pick('isNaN', 'isFinite', 'isInteger'), n).map(([f, a]) => `Number.${f}(${a})`),
    ),
    text: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      pick('t', 'W[1]', 'W[0]', '""', "'12'", '"\\u00e9\\ud83d"'),
      fc.string({ maxLength: 5 }).map((v) => JSON.stringify(v)),
      fc.tuple(t, t).map(([a, c]) => `(${a}) + (${c})`),
      fc.tuple(b, t, t).map(([c, a, d]) => `(${c} ? ${a} : ${d})`),
      fc.tuple(t, pick('toLowerCase', 'toUpperCase', 'trim')).map(([a, f]) => `(${a}).${f}()`),
      fc.tuple(t, n).map(([a, i]) => `(${a}).slice(${i})`),
    ),
  };
});

const setters = fc.constantFrom('=', '+=', '-=', '*=', '/=', '%=', '**=', '&=', '|=', '^=', '<<=', '>>=', '>>>=');
const plain = fc.oneof(
  fc.tuple(fc.constantFrom('u', 'w[0]', 'w[1]', 'x'), setters, number).map(([v, o, e]) => `${v} ${o} ${e};`),
  fc.constantFrom('u++;', 'w[1]--;', 'n++;', ';', '{ let u = 3; u += 1; w[0] = u; }'),
);
const inner = fc.array(plain, { maxLength: 3 }).map((all) => all.join(' '));
const statement = fc.oneof(
  plain,
  fc.tuple(number, inner, inner).map(([e, a, c]) => `if ((${e}) > u) { ${a} } else { ${c} }`),
  fc
    .tuple(number, inner)
    .map(([e, a]) => `for (let i = 0; i < 4; i++) { if (i === 2) continue; ${a} u += i + (${e}); }`),
  inner.map((a) => `for (const k of K) { ${a} w[2] += k; }`),
  fc
    .tuple(number, inner)
    .map(([e, a]) => `{ let k = 3; while (true) { ${a} if (k < (${e})) break; k -= 1; if (k < 0) break; } }`),
  fc.tuple(number, inner).map(([e, a]) => `{ let k = 0; do { ${a} k++; if ((${e}) > 5) { break; } } while (k < 3); }`),
  fc.tuple(number, number).map(([e, r]) => `if ((${e}) < 1) return ${r};`),
);
const program = fc
  .tuple(fc.array(statement, { maxLength: 6 }), number)
  .map(
    ([body, result]) =>
      `${TOP}function score(x, n, b, t) { let u = 0; const w = [1, 2, 3]; ${body.join('\n')} return ${result}; }`,
  );

const row = fc.tuple(
  fc.oneof(fc.double(), fc.integer({ min: -5, max: 5 })),
  fc.integer({ min: -100, max: 100 }),
  fc.boolean(),
  fc.oneof(fc.constantFrom('', '12', 'Lyon', ' é '), fc.string({ maxLength: 8 })),
);

function tokensOf(text: string): string[] {
  const tokens = [...tokenizer(text, { ecmaVersion: 2024 })];
  return tokens.filter(({ type }) => type === tokTypes.name).map(({ start, end }) => text.slice(start, end));
}

describe('a program', () => {
  it(
    'gives what JavaScript gives',
    () => {
      let agreedCount = 0;
      fc.assert(
        fc.property(program, fc.array(row, { minLength: 1, maxLength: 4 }), (source, rows) => {
          const compiled = compileJavascript(new TextEncoder().encode(source), PARAMETERS, {
            kind: 'number',
            scale: 0,
            min: 0n,
            max: 9n,
          });
          if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
          const plainScore = new Function(`${source}; return score;`)() as (...row: unknown[]) => unknown;
          for (const [x, n, b, t] of rows) {
            expect(compiled.score([x, BigInt(n), b, t])).toBe(plainScore(x, n, b, t));
            agreedCount += 1;
          }
        }),
        { numRuns: 200 },
      );
      expect(agreedCount).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  it(
    'names nothing that is not ours, whatever it was written with',
    () => {
      const ours = new Set(['Math', 'Number', 'Object', 'row', ...tokensOf(PRELUDE)]);
      const library = new Set([...BUILTINS.values()].map(({ prints }) => prints.split('.').at(-1) ?? ''));
      fc.assert(
        fc.property(program, (source) => {
          const translated = translate(source, PARAMETERS, { kind: 'number', scale: 0, min: 0n, max: 9n });
          const text = translated.ok ? translated.text.slice(PRELUDE.length) : '';
          const names = tokensOf(text).filter((name) => !/^[vfli]\d+$/.test(name));
          expect(names.filter((name) => !ours.has(name) && !library.has(name) && name !== 'length')).toEqual([]);
          expect([translated.ok, /[^\x20-\x7e\n]/.test(text)]).toEqual([true, false]);
        }),
        { numRuns: 100 },
      );
    },
    TIMEOUT_MS,
  );

  const calls = [...BUILTINS.values()]
    .filter(({ gives, takes }) => gives === 'number' && takes[0] === 'number')
    .map(({ prints, takes, isVariadic }) => `${prints}(${takes.length === 2 || isVariadic ? 'x, n' : 'x'})`);

  it.each([...calls, 'x ** n', 'x % n'])('gives the same for %s once it has been optimised', (expression) => {
    const source = new TextEncoder().encode(`function score(x, n, b, t) { return ${expression}; }`);
    const compiled = compileJavascript(source, PARAMETERS, { kind: 'number', scale: 0, min: 0n, max: 9n });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
    const rows = fc.sample(row, { numRuns: 300, seed: 7 }).map(([x, n, b, t]) => [x, BigInt(n), b, t] as const);
    const cold = rows.map((one) => compiled.score(one));
    for (let warm = 0; warm < 30; warm += 1) expect(rows.map((one) => compiled.score(one))).toEqual(cold);
  });
});
