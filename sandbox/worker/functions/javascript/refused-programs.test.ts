import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MAX_SUBJECT_CHARS, type ScoringFault, type ScoringParameter } from '../../../wire/scoring.ts';
import { compileJavascript } from './compile-javascript.ts';

const PARAMETERS: ScoringParameter[] = [
  { name: 'x', kind: 'number', values: null },
  { name: 't', kind: 'text', values: null },
];

function faultsOf(source: string | Uint8Array): ScoringFault[] {
  const code = typeof source === 'string' ? new TextEncoder().encode(source) : source;
  const compiled = compileJavascript(code, PARAMETERS, { kind: 'number', scale: 0, min: 0n, max: 9n });
  return compiled.ok ? [] : compiled.faults;
}

function rulesOf(source: string): string[] {
  return [...new Set(faultsOf(source).map(({ rule }) => rule))];
}

const inBody = (body: string): string => `function score(x, t) { ${body}; return x; }`;
const ofValue = (value: string): string => `function score(x, t) { return ${value}; }`;

describe('what reaches for something outside', () => {
  it.each([
    ...[
      'fetch("http://x")',
      'require("fs")',
      'process',
      'globalThis',
      'window',
      'self',
      'Function("x")',
      'Date',
      'eval',
    ],
    ...[
      'Date.now()',
      'eval("1")',
      'setTimeout(x)',
      'performance.now()',
      'crypto',
      'console.log(x)',
      'Symbol',
      'Reflect',
    ],
    ...['Math.random()', 'Math.constructor', 'Math.__proto__', 'Number.prototype', 'Object', 'Array(9)', 'v0', 'fuel'],
    ...['stop()', 'STOP', 'row', 'spend(-1)', 'at([1], 0)', 'FUEL', 'f0(x)', 'WebAssembly', 'SharedArrayBuffer', 'y'],
  ])('%s is a name that is not known', (value) => {
    expect(rulesOf(ofValue(value))).toEqual(['name-not-known']);
  });

  it.each([
    ...['import("fs")', 'import.meta', 'this', 'new Date()', 'arguments', 'new.target', 'x => x', '`a`', 't`x`'],
    ...['function () {}', 'class {}', '/x/', '({ a: 1 })', '[...t]', 'Math.max(...[1])', 'x?.y', 't?.length', 'x ?? 1'],
    ...['typeof x', 'void 0', 'delete x', '1n', 'undefined', '(x, 1)', 'x++', 'x = 1', '[1, , 2]', 'x in t', 'x == 1'],
    ...[
      'x instanceof Number',
      't.constructor',
      't.__proto__',
      't.replace("a", "b")',
      't.repeat(9)',
      't.at(0)',
      'Math.exp',
    ],
    ...['x.toString()', 'score', 't["length"]()', '(t.trim)()', '(0, eval)("1")', '[1].map(x)', 't.padEnd(9)'],
    ...[
      'x.valueOf',
      't.split("")',
      '[1].push(2)',
      '(Math).exp(1)',
      'score.name',
      'Number.parseFloat.length',
      'await x',
    ],
  ])('%s is a construct that is not allowed, or not a program at all', (value) => {
    const rules = rulesOf(ofValue(value));
    expect(rules.length).toBeGreaterThan(0);
    expect(['construct-not-allowed', 'name-not-known', 'not-this-language']).toEqual(expect.arrayContaining(rules));
  });

  it.each([
    ...[
      'var a = 1',
      'let a',
      'let { a } = x',
      'let [a] = x',
      'try { } catch { }',
      'throw x',
      'switch (x) { }',
      'debugger',
    ],
    ...['a: for (;;) break a', 'for (const k in t) { }', 'for (x of [1]) { }', 'function g() { }', 'class A { }', 'x'],
    ...['score(x, t)', 'x ||= 1', 'x &&= true', 'x ??= 1', 'let a = x => x', 'return', 't.length = 1', 't[0] = "a"'],
    ...['const a = 1; a = 2', 'const a = 1; a++', 'for (const i = 0; i < 1; i++) { }', '"use asm"'],
    ...['let Math = 1', 'let Number = 1', 'let undefined = 1', 'let \\u0061 = 1', 'let é = 1', '[x] = [1]', '(x) = 1'],
  ])('{ %s } is a construct that is not allowed', (body) => {
    expect(rulesOf(inBody(body))).toContain('construct-not-allowed');
  });

  it.each([
    ...['let calls = 0;', 'var a = 1;', 'import fs from "fs";', 'import "fs";', 'export * from "fs";', 'class A { }'],
    ...[
      'Math.x = 1;',
      'if (true) { }',
      'for (;;) { }',
      'const [a] = [1];',
      'const { a } = 1;',
      '"use strict";',
      'new A();',
    ],
    ...[
      'async function g() { return 1; }',
      'function* g() { return 1; }',
      'const g = async () => 1;',
      'const g = { };',
    ],
    ...['const a = score(1, "t");', 'const a = Number("1");', 'const a = "x".trim();', 'const a = [1][0];'],
    ...['const g = (a = 1) => a;', 'const g = (...a) => 1;', 'const g = ({ a }) => a;', 'export default 1;'],
    ...['const g = function () { return 1; };', 'export { score };', 'const Math = 1;'],
  ])('%s has no place outside a function', (top) => {
    expect(rulesOf(`${top} ${ofValue('x')}`)).toContain('construct-not-allowed');
  });

  it.each(['<!-- x', '#!/bin/node', '010', '"\\07"', 'with (x) { }', 'x = 08', 'let let = 1', '@x', 'a b', '"\n"'])(
    '%s is not this language',
    (body) => {
      expect(rulesOf(inBody(body))).toEqual(['not-this-language']);
    },
  );

  it('is told although nobody calls it', () => {
    expect(rulesOf(`function g() { return fetch; } ${ofValue('x')}`)).toEqual(['name-not-known']);
  });
});

describe('what could keep something from one row to the next', () => {
  it.each([
    'const kept = [0]; function score(x, t) { kept[0] = x; return 1; }',
    'const kept = [0]; function score(x, t) { const mine = kept; mine[0] = x; return 1; }',
    'const kept = [0]; function put(a, x) { a[0] = x; return 1; } function score(x, t) { return put(kept, x); }',
    'const kept = [[0]]; function score(x, t) { for (const one of kept) { one[0] = x; } return 1; }',
    'const kept = [[0]]; function score(x, t) { const mine = [kept[0]]; mine[0][0] = x; return 1; }',
    'const kept = 0; function score(x, t) { kept = x; return 1; }',
    'const kept = 0; function score(x, t) { kept++; return 1; }',
    'let kept = 0; function score(x, t) { return kept; }',
  ])('is refused: %s', (source) => {
    expect(rulesOf(source)).toContain('construct-not-allowed');
  });

  it.each([
    'const kept = [0]; function score(x, t) { let mine = [1]; mine = kept; mine[0] = x; return 1; }',
    'const kept = [[0]]; function score(x, t) { const mine = [kept[0], [1]]; mine[0] = [x]; return 1; }',
    'function make() { const a = [0]; return a; } function score(x, t) { return make()[0]; }',
  ])('is refused by its type: %s', (source) => {
    expect(rulesOf(source)).toContain('types-do-not-match');
  });
});

describe('types', () => {
  it.each([
    ...['x + t', 't * 2', 't < "b"', 'x === t', '!x ? 1 : 2', 'x ? 1 : 2', 'x && 1', 'true + 1', '-t', 'Math.exp(t)'],
    ...['Math.exp()', 'Math.exp(1, 2)', 'Math.max()', 't.slice()', 't.startsWith(x)', 'x.trim()', '[1, "a"][0]', '[]'],
    ...['[1] === [1] ? 1 : 2', 't[0]', 'x[0]', '[1]["length"]', '[1]["0"]', 'x.length', 'null + 1', '[null][0]'],
    ...['true ? 1 : "a"', 'Number(x)', 'Number.isNaN(t) ? 1 : 2', 't + null', '[[1], [2, [3]]][0][0]'],
  ])('%s does not match', (value) => {
    expect(rulesOf(inBody(`const value = ${value}`))).toEqual(['types-do-not-match']);
  });

  it.each([
    ...['let a = 1; a = "t"', 'x = t', 'x += t', 't -= 1', 'if (x) { }', 'while (1) { }', 'for (const a of t) { }'],
    ...['const a = [1]; a[0] = "t"', 'const a = [1]; a["0"] = 1', 'const a = [[1]]', 't++', 'let a = null'],
  ])('{ %s } does not match', (body) => {
    expect(rulesOf(inBody(body))).toEqual(['types-do-not-match']);
  });

  it('are those of the first call of a helper', () => {
    const helper = 'function same(a) { return a; } ';
    expect(rulesOf(helper + ofValue('same(x) + same(2)'))).toEqual([]);
    expect(rulesOf(`${helper}${ofValue('same(t).length + same(2)')}`)).toEqual(['types-do-not-match']);
    expect(rulesOf(helper + ofValue('same(x, x)'))).toEqual(['types-do-not-match']);
  });

  it('are lost where a function can end without a result', () => {
    expect(rulesOf('function score(x, t) { if (x > 1) return 1; }')).toEqual(['types-do-not-match']);
    expect(rulesOf('function score(x, t) { for (;;) { return 1; } }')).toEqual(['types-do-not-match']);
  });

  it('are none of a function that calls itself', () => {
    expect(rulesOf('function score(x, t) { return score(x, t); }')).toEqual(['construct-not-allowed']);
    const two = 'function a(n) { return b(n); } function b(n) { return a(n); } ';
    expect(rulesOf(two + ofValue('a(x)'))).toEqual(['construct-not-allowed']);
  });
});

describe('the signature', () => {
  it.each([
    ...['function rank(x, t) { return 1; }', 'function score(x) { return 1; }', 'function score(t, x) { return 1; }'],
    ...['function score(x, t, u) { return 1; }', 'function score(x, t) { return t; }', 'const score = 1;'],
    ...['function score(x, t) { return x > 1; }', 'function score(x, t) { return [1]; }', ''],
  ])('%s is not the declared one', (source) => {
    expect(rulesOf(source)).toContain('signature-does-not-match');
  });

  it('has no label that is not declared', () => {
    const code = new TextEncoder().encode("function score(x, t) { return x > 1 ? 'gold' : 'glod'; }");
    const compiled = compileJavascript(code, PARAMETERS, { kind: 'label', labels: ['gold', 'silver'] });
    expect(compiled).toEqual({
      ok: false,
      faults: [{ rule: 'signature-does-not-match', line: 1, column: 48, subject: 'label glod' }],
    });
  });
});

describe('a fault', () => {
  it('says where it is, and every fault is told at once', () => {
    expect(faultsOf('function score(x, t) {\n  const a = fetch(x);\r\n  return a == `b`;\n}')).toEqual([
      { rule: 'name-not-known', line: 2, column: 13, subject: 'fetch' },
      { rule: 'construct-not-allowed', line: 3, column: 10, subject: 'loose equality' },
      { rule: 'construct-not-allowed', line: 3, column: 15, subject: 'template literal' },
    ]);
  });

  it('is one of at most fifty', () => {
    expect(faultsOf(inBody('y;'.repeat(500)))).toHaveLength(50);
  });

  it('shows nothing that a terminal obeys, and no more than a name', () => {
    const faults = faultsOf(`${inBody(`a${'b'.repeat(300)}(); t['\u001b[31m']`)} é\u202e()`);
    const all = [...faults, ...faultsOf(inBody(`x.${'a'.repeat(300)}()`))];
    expect(all.length).toBeGreaterThan(1);
    for (const { subject } of all) {
      expect(subject).toMatch(/^[A-Za-z0-9 _.$()'-]*$/);
      expect(subject.length).toBeLessThanOrEqual(MAX_SUBJECT_CHARS);
    }
  });

  it('is all that any text ever gives', () => {
    const words = ['x', 't', '(', ')', '{', '}', '[', ']', '=>', 'function ', 'score', ',', ';', 'return ', '1', '"a"'];
    const more = [
      '`',
      '${',
      '/',
      '.',
      '...',
      '=',
      '+',
      'const ',
      'let ',
      'if',
      'for',
      ' of ',
      'export ',
      'null',
      '\\u0061',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words, ...more), { maxLength: 40 }), (parts) => {
        for (const { rule, subject } of faultsOf(parts.join(''))) {
          expect([rule.length > 0, subject.length <= MAX_SUBJECT_CHARS]).toEqual([true, true]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is too large', () => {
  const megabyte = (part: string): string => part.repeat(Math.floor(1_048_000 / part.length));

  it.each(['(', '[', '{', '-', '!', 'x?', 'x+', 'Math.exp(', 'if(x)', 'a=>', '`${', 'new ', 'function f(){', '[..."'])(
    'a megabyte of %s',
    (part) => {
      expect(['too-large', 'not-this-language']).toContain(
        faultsOf(`function score(x,t){return ${megabyte(part)}`)[0]?.rule,
      );
      expect(['too-large', 'not-this-language']).toContain(faultsOf(megabyte(part))[0]?.rule);
    },
  );

  it.each([
    ['brackets', (n: number) => `${'('.repeat(n)}x${')'.repeat(n)}`, 1],
    ['sums', (n: number) => Array(n).fill('x').join('+'), Number.NaN],
    ['negations', (n: number) => `${'- '.repeat(n)}x`, 1],
    ['choices', (n: number) => `${'x>1?2:'.repeat(n)}x`, 1],
    ['calls', (n: number) => `${'Math.abs('.repeat(n)}x${')'.repeat(n)}`, 1],
    ['wide calls', (n: number) => `${'Math.min(x,'.repeat(n)}x${')'.repeat(n)}`, 1],
  ])('%s above the limit of nesting, while those below it work', (_, write, value) => {
    expect(faultsOf(ofValue(write(600)))[0]?.rule).toBe('too-large');
    const compiled = compileJavascript(new TextEncoder().encode(ofValue(write(490))), PARAMETERS, {
      kind: 'number',
      scale: 0,
      min: 0n,
      max: 9n,
    });
    expect(compiled.ok && compiled.score([1, ''])).toBe(Number.isNaN(value) ? 490 : value);
  });

  it.each([
    ['names in one function', inBody(Array.from({ length: 501 }, (_, i) => `let a${i} = 1`).join(';'))],
    [
      'calls within calls',
      Array.from({ length: 17 }, (_, i) => `function g${i}(n) { return ${i > 0 ? `g${i - 1}(n)` : 'n'}; }`).join('') +
        ofValue('g16(x)'),
    ],
    ['values of one call', ofValue(`Math.max(${'x,'.repeat(1_000)}x)`)],
    ['values of calls within calls', ofValue(`${`Math.hypot(${'x,'.repeat(99)}`.repeat(11)}x${')'.repeat(11)}`)],
    [
      'joined constants',
      Array.from({ length: 30 }, (_, i) => `const a${i} = ${i > 0 ? `a${i - 1} + a${i - 1}` : '"abc"'};`).join('') +
        ofValue('x'),
    ],
  ])('%s', (_, source) => {
    expect(rulesOf(source)).toEqual(['too-large']);
  });

  it('code above a mebibyte', () => {
    expect(faultsOf(new Uint8Array(1_048_577).fill(32))).toMatchObject([{ rule: 'too-large', line: null }]);
  });

  it('but not a table of a hundred thousand weights', () => {
    const table = `const w = [${Array.from({ length: 100_000 }, (_, i) => i / 8).join(',')}];`;
    expect(rulesOf(table + ofValue('w[x]'))).toEqual([]);
  });
});

it('refuses bytes that are not text', () => {
  expect(faultsOf(Uint8Array.of(0x66, 0xff, 0x66))).toMatchObject([{ rule: 'not-this-language', line: null }]);
});
