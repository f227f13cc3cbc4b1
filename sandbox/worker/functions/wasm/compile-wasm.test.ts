import { describe, expect, it } from 'vitest';
import { MAX_SCORING_CODE_BYTES, type ScoringKind, type ScoringResult } from '../../../wire/scoring.ts';
import { compileWasm } from './compile-wasm.ts';
import { assemble, moduleOf, sectionBytes, type WrittenModule } from './testkit/assemble.ts';
import { ANY_NUMBER, parametersOf } from './testkit/running.ts';

const LABELS: ScoringResult = { kind: 'label', labels: ['low', 'high'] };

function scoreOf(code: Uint8Array, kinds: readonly ScoringKind[], returns: ScoringResult = ANY_NUMBER) {
  const compiled = compileWasm(code, parametersOf(...kinds), returns);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.score;
}

function faultsOf(code: Uint8Array, kinds: readonly ScoringKind[] = [], returns: ScoringResult = ANY_NUMBER) {
  const compiled = compileWasm(code, parametersOf(...kinds), returns);
  return compiled.ok ? [] : compiled.faults;
}

const identity = (type: string, code = 'local.get 0'): Uint8Array =>
  assemble({ functions: [{ type, code, exported: 'score' }] });

describe('a row', () => {
  it('is given by the kinds of its parameters', () => {
    expect(scoreOf(identity('I>I'), ['integer'])([-(2n ** 63n)])).toBe(-(2n ** 63n));
    expect(scoreOf(identity('F>F'), ['number'])([0.1])).toBe(0.1);
    expect(scoreOf(identity('i>i'), ['boolean'])([true])).toBe(1);
    expect(scoreOf(identity('i>i'), ['boolean'])([false])).toBe(0);
    expect(scoreOf(identity('I>I'), ['date'])([-719_528])).toBe(-719_528n);
    expect(scoreOf(identity('I>I'), ['timestamp'])([1_700_000_000_000_001])).toBe(1_700_000_000_000_001n);
  });

  it('has a text as its place among the declared values, and any other as -1', () => {
    const score = scoreOf(identity('i>i'), ['text']);
    expect(['a', 'b', 'A', '', 'constructor'].map((text) => score([text]))).toEqual([0, 1, -1, -1, -1]);
  });

  it('keeps the order of its values', () => {
    const code = identity(
      'iFIi>F',
      'local.get 0 f64.convert_i32_s local.get 1 f64.sub local.get 2 f64.convert_i64_s f64.sub local.get 3 f64.convert_i32_s f64.sub',
    );
    expect(scoreOf(code, ['boolean', 'number', 'integer', 'text'])([true, 20, 300n, 'b'])).toBe(1 - 20 - 300 - 1);
  });
});

describe('a score', () => {
  it('is NULL where it is not a number', () => {
    const score = scoreOf(identity('F>F', 'local.get 0 f64.sqrt'), ['number']);
    expect([score([-1]), score([4])]).toEqual([null, 2]);
  });

  it('is NULL where it is not the place of a label', () => {
    const score = scoreOf(identity('I>i', 'local.get 0 i32.wrap_i64'), ['integer'], LABELS);
    expect([-1n, 0n, 1n, 2n, 2n ** 32n + 1n].map((place) => score([place]))).toEqual([null, 0, 1, null, 1]);
  });

  it('is NULL where the code traps, never ends, or calls too deep', () => {
    const code = assemble({
      functions: [
        {
          type: 'I>I',
          exported: 'score',
          code: `local.get 0 i64.const 1 i64.eq if unreachable end local.get 0 i64.const 2 i64.eq if loop br 0 end end
            local.get 0 i64.const 3 i64.eq if call 1 end i64.const 100 local.get 0 i64.div_s`,
        },
        { type: '>', code: 'call 1' },
      ],
    });
    const score = scoreOf(code, ['integer']);
    expect([0n, 1n, 2n, 3n, 4n].map((value) => score([value]))).toEqual([null, null, null, null, 25n]);
  });
});

describe('a signature', () => {
  it('has one type for each kind, and each parameter that has not is named', () => {
    const faults = faultsOf(identity('Fii>F', 'local.get 0'), ['integer', 'number', 'text']);
    expect(faults.map(({ rule, subject }) => [rule, subject])).toEqual([
      ['signature-does-not-match', 'parameter 1 is f64 and not i64'],
      ['signature-does-not-match', 'parameter 2 is i32 and not f64'],
    ]);
  });

  it.each([
    ['another number of parameters', identity('F>F'), []],
    ['no result', identity('F>', ''), ['number']],
    ['two results', identity('F>FF', 'local.get 0 local.get 0'), ['number']],
    ['a single-precision number', identity('F>f', 'f32.const 1'), ['number']],
    ['another name', assemble({ functions: [{ type: 'F>F', code: 'local.get 0', exported: 'main' }] }), ['number']],
    ['no export', assemble({ functions: [{ type: 'F>F', code: 'local.get 0' }] }), ['number']],
  ] as const)('is refused with %s', (_, code, kinds) => {
    expect(faultsOf(code, kinds).map(({ rule }) => rule)).toEqual(['signature-does-not-match']);
  });

  it('gives a label by its place only', () => {
    expect(faultsOf(identity('F>F'), ['number'], LABELS).map(({ subject }) => subject)).toEqual([
      'the result is f64 and not i32',
    ]);
  });
});

describe('a module', () => {
  it('that is none is told apart from one that is cut off', () => {
    expect(faultsOf(new TextEncoder().encode('function score() {}'))).toEqual([
      { rule: 'not-this-language', line: null, column: 0, subject: 'not a WebAssembly module of version 1' },
    ]);
    const whole = identity('F>F');
    expect(faultsOf(whole.subarray(0, whole.length - 3), ['number']).map(({ rule }) => rule)).toEqual([
      'not-this-language',
    ]);
  });

  it('may import nothing', () => {
    const imports = [1, 3, ...new TextEncoder().encode('env'), 3, ...new TextEncoder().encode('now'), 0, 0];
    const code = moduleOf(sectionBytes(1, [1, 0x60, 0, 0]), sectionBytes(2, imports));
    expect(faultsOf(code)).toEqual([{ rule: 'imports-not-allowed', line: null, column: 16, subject: 'env.now' }]);
  });

  it('whose types are wrong is refused by the host', () => {
    expect(faultsOf(identity('F>F', 'i32.const 1'), ['number']).map(({ rule }) => rule)).toEqual([
      'types-do-not-match',
    ]);
  });

  it('starts before its first row, with fuel of its own', () => {
    const started = (code: string): WrittenModule => ({
      globals: [{ type: 'I', mutable: true, value: '1' }],
      start: 1,
      functions: [
        { type: '>I', code: 'global.get 0', exported: 'score' },
        { type: '>', code },
      ],
    });
    expect(scoreOf(assemble(started('i64.const 12 global.set 0')), [])([])).toBe(12n);
    expect(faultsOf(assemble(started('loop br 0 end'))).map(({ subject }) => subject)).toEqual([
      'start function that fails',
    ]);
  });

  const wide = (count: number): string => 'i'.repeat(count);
  it.each([
    ['bytes', new Uint8Array(MAX_SCORING_CODE_BYTES + 1)],
    ['memory', assemble({ memory: [65], functions: [] })],
    ['locals', assemble({ functions: [{ type: '>', locals: wide(2_001), code: '' }] })],
    ['functions', assemble({ functions: Array.from({ length: 5_001 }, () => ({ type: '>', code: '' })) })],
    ['parameters', assemble({ functions: [{ type: `${wide(65)}>`, code: '' }] })],
    ['results', assemble({ functions: [{ type: `>${wide(9)}`, code: 'i32.const 0 '.repeat(9) }] })],
    ['table', assemble({ table: { size: 5_001, functions: [] }, functions: [] })],
    [
      'depth of blocks',
      assemble({ functions: [{ type: '>', code: `${'block '.repeat(2_001)} ${'end '.repeat(2_001)}` }] }),
    ],
    ['targets', assemble({ functions: [{ type: '>', code: `i32.const 0 br_table ${'0,'.repeat(5_001)}0` }] })],
    [
      'globals',
      assemble({
        globals: Array.from({ length: 501 }, () => ({ type: 'i', mutable: true, value: '0' })),
        functions: [],
      }),
    ],
  ])('has a limit of %s', (_, code) => {
    expect(faultsOf(code).map(({ rule }) => rule)).toEqual(['too-large']);
  });

  it('may declare more memory than it gets', () => {
    const code = assemble({
      memory: [1, 60_000],
      functions: [{ type: 'I>I', code: 'local.get 0 i32.wrap_i64 memory.grow i64.extend_i32_s', exported: 'score' }],
    });
    const score = scoreOf(code, ['integer']);
    expect([63n, 64n, 0n, -1n].map((pages) => score([pages]))).toEqual([1n, -1n, 1n, -1n]);
  });
});
