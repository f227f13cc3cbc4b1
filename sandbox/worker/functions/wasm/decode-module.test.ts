import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SUBJECT_CHARS, SCORING_FAULTS } from '../../../wire/scoring.ts';
import { compileWasm } from './compile-wasm.ts';
import { INSTRUCTIONS } from './instructions.ts';
import { assemble, moduleOf, sectionBytes } from './testkit/assemble.ts';
import { ANY_NUMBER } from './testkit/running.ts';
import { SAMPLES, sampleBytes } from './testkit/samples.ts';

function refusal(code: Uint8Array) {
  const compiled = compileWasm(code, [], ANY_NUMBER);
  return compiled.ok ? undefined : compiled.faults[0];
}

const TYPE = sectionBytes(1, [1, 0x60, 0, 0]);
const FUNCTION = sectionBytes(3, [1, 0]);
const MEMORY = sectionBytes(5, [1, 0, 1]);
const body = (...code: number[]): Uint8Array => sectionBytes(10, [1, code.length + 2, 0, ...code, 0x0b]);
const withCode = (...code: number[]): Uint8Array => moduleOf(TYPE, FUNCTION, MEMORY, body(...code));

describe('what a module may not have', () => {
  it.each([
    ['a vector instruction', withCode(0xfd, 0x0c, ...new Array(16).fill(0)), 'instruction 0xfd'],
    ['a thread instruction', withCode(0xfe, 0x03, 0x00), 'instruction 0xfe'],
    ['an instruction of garbage collection', withCode(0xfb, 0x00, 0x00), 'instruction 0xfb'],
    ['an exception', withCode(0x08, 0x00), 'instruction 0x8'],
    ['a block that catches', withCode(0x1f, 0x40, 0x00, 0x0b), 'instruction 0x1f'],
    ['a tail call', withCode(0x12, 0x00), 'instruction 0x12'],
    ['an indirect tail call', withCode(0x13, 0x00, 0x00), 'instruction 0x13'],
    ['a call by reference', withCode(0x14, 0x00), 'instruction 0x14'],
    ['a null reference', withCode(0xd0, 0x70, 0x1a), 'instruction 0xd0'],
    ['a reference to a function', withCode(0xd2, 0x00, 0x1a), 'instruction 0xd2'],
    ['reading the table', withCode(0x41, 0x00, 0x25, 0x00, 0x1a), 'instruction 0x25'],
    ['writing the table', withCode(0x26, 0x00), 'instruction 0x26'],
    ['laying down a segment', withCode(0xfc, 0x08, 0x00, 0x00), 'instruction 0xfc 8'],
    ['dropping a segment', withCode(0xfc, 0x09, 0x00), 'instruction 0xfc 9'],
    ['laying down elements', withCode(0xfc, 0x0c, 0x00, 0x00), 'instruction 0xfc 12'],
    ['dropping elements', withCode(0xfc, 0x0d, 0x00), 'instruction 0xfc 13'],
    ['copying in the table', withCode(0xfc, 0x0e, 0x00, 0x00), 'instruction 0xfc 14'],
    ['growing the table', withCode(0xfc, 0x0f, 0x00), 'instruction 0xfc 15'],
    ['filling the table', withCode(0xfc, 0x11, 0x00), 'instruction 0xfc 17'],
    ['an opcode written long', withCode(0xfc, 0x80, 0x80, 0x80, 0x80, 0x01), 'instruction 0xfc 268435456'],
    ['a second memory', moduleOf(sectionBytes(5, [2, 0, 1, 0, 1])), 'second memory'],
    [
      'an access to a second memory',
      withCode(0x41, 0, 0x28, 0x42, 0x01, 0x00, 0x1a),
      'memory access with another memory or alignment',
    ],
    ['a copy from a second memory', withCode(0xfc, 0x0a, 0x00, 0x01), 'second memory'],
    ['a memory that is shared', moduleOf(sectionBytes(5, [1, 3, 1, 1])), 'memory that is shared or of 64 bits'],
    ['a memory of 64 bits', moduleOf(sectionBytes(5, [1, 4, 1])), 'memory that is shared or of 64 bits'],
    ['pages of another size', moduleOf(sectionBytes(5, [1, 8, 1, 0])), 'memory that is shared or of 64 bits'],
    ['a second table', moduleOf(sectionBytes(4, [2, 0x70, 0, 1, 0x70, 0, 1])), 'second table'],
    ['a table of references', moduleOf(sectionBytes(4, [1, 0x6f, 0, 1])), 'table of references'],
    ['a call by a second table', withCode(0x41, 0, 0x11, 0x00, 0x01), 'second table'],
    ['a tag', moduleOf(sectionBytes(13, [1, 0, 0])), 'section 13'],
    ['a group of types', moduleOf(sectionBytes(1, [1, 0x4e, 1, 0x60, 0, 0])), 'type 0x4e'],
    ['a structure', moduleOf(sectionBytes(1, [1, 0x5f, 0])), 'type 0x5f'],
    ['a vector parameter', moduleOf(sectionBytes(1, [1, 0x60, 1, 0x7b, 0])), 'type 0x7b'],
    ['a reference parameter', moduleOf(sectionBytes(1, [1, 0x60, 1, 0x70, 0])), 'type 0x70'],
    ['a vector local', moduleOf(TYPE, FUNCTION, sectionBytes(10, [1, 4, 1, 1, 0x7b, 0x0b])), 'type 0x7b'],
    [
      'an extended constant',
      moduleOf(sectionBytes(6, [1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b])),
      'initial value that is not one constant',
    ],
    [
      'a global of another global',
      moduleOf(sectionBytes(6, [1, 0x7f, 0, 0x23, 0, 0x0b])),
      'initial value that is not one constant',
    ],
    ['a data segment for later', moduleOf(MEMORY, sectionBytes(11, [1, 1, 1, 0])), 'data segment that is not active'],
    ['an element segment for later', moduleOf(sectionBytes(9, [1, 1, 0, 0])), 'element segment that is not active'],
    [
      'data outside of the memory',
      moduleOf(MEMORY, sectionBytes(11, [1, 0, 0x41, 0x7f, 0x0b, 1, 0])),
      'data segment outside its memory',
    ],
    [
      'elements outside of the table',
      moduleOf(sectionBytes(4, [1, 0x70, 0, 1]), sectionBytes(9, [1, 0, 0x41, 1, 0x0b, 1, 0])),
      'element segment outside its table',
    ],
  ])('%s', (_, code, subject) => {
    const fault = refusal(code);
    expect([fault?.rule, fault?.subject]).toEqual(['construct-not-allowed', subject]);
    expect(fault?.column).toBeGreaterThanOrEqual(8);
  });

  it('names the byte where the construct is', () => {
    const code = withCode(0x01, 0x01, 0x12, 0x00);
    expect(refusal(code)?.column).toBe(code.indexOf(0x12));
  });

  it('any of the other opcodes', () => {
    const known = new Set(INSTRUCTIONS.map(({ code }) => code));
    for (let opcode = 0; opcode < 0x100; opcode += 1) {
      if (known.has(opcode) || opcode === 0xfc) continue;
      expect(refusal(withCode(opcode, 0, 0, 0, 0))?.rule).toBe('construct-not-allowed');
    }
    for (let second = 0; second < 0x100; second += 1) {
      if (known.has(0xfc00 + second)) continue;
      const [low, high] = [second & 0x7f, second >> 7];
      expect(refusal(withCode(0xfc, ...(high > 0 ? [low | 0x80, high] : [low]), 0, 0))?.rule).toBe(
        'construct-not-allowed',
      );
    }
  });
});

describe('a module that is a bomb', () => {
  const million = [0xc0, 0x84, 0x3d];
  const most = [0xff, 0xff, 0xff, 0xff, 0x0f];
  it.each([
    ['a million locals', moduleOf(TYPE, FUNCTION, sectionBytes(10, [1, 6, 1, ...million, 0x7f, 0x0b])), 'too-large'],
    ['four billion locals', moduleOf(TYPE, FUNCTION, sectionBytes(10, [1, 8, 1, ...most, 0x7f, 0x0b])), 'too-large'],
    [
      'runs of locals that add up beyond 32 bits',
      moduleOf(TYPE, FUNCTION, sectionBytes(10, [1, 14, 2, ...most, 0x7f, ...most, 0x7f, 0x0b])),
      'too-large',
    ],
    ['a million functions', moduleOf(TYPE, sectionBytes(3, million)), 'too-large'],
    ['four billion types', moduleOf(sectionBytes(1, most)), 'too-large'],
    ['four billion exports', moduleOf(sectionBytes(7, most)), 'too-large'],
    [
      'four billion elements',
      moduleOf(sectionBytes(4, [1, 0x70, 0, 1]), sectionBytes(9, [1, 0, 0x41, 0, 0x0b, ...most])),
      'too-large',
    ],
    ['a branch table of a million', withCode(0x41, 0, 0x0e, ...million), 'too-large'],
    ['all memory there is', moduleOf(sectionBytes(5, [1, 0, 0x80, 0x80, 0x04])), 'too-large'],
    [
      'a segment longer than the module',
      moduleOf(MEMORY, sectionBytes(11, [1, 0, 0x41, 0, 0x0b, ...most])),
      'not-this-language',
    ],
    ['a section longer than the module', moduleOf([1, ...most]), 'not-this-language'],
    ['a number without end', withCode(0x41, ...new Array(20).fill(0x80), 0), 'not-this-language'],
    ['a count without end', moduleOf([1, ...new Array(20).fill(0x80), 0]), 'not-this-language'],
    [
      'half a megabyte of blocks',
      assemble({ functions: [{ type: '>', code: 'block '.repeat(300_000) }] }),
      'too-large',
    ],
    ['nothing but ends', withCode(...new Array(50_000).fill(0x0b)), 'not-this-language'],
    ['sections twice', moduleOf(TYPE, TYPE), 'not-this-language'],
    ['sections in the wrong order', moduleOf(FUNCTION, TYPE), 'not-this-language'],
    ['code without functions', moduleOf(TYPE, body()), 'not-this-language'],
    ['functions without code', moduleOf(TYPE, FUNCTION), 'not-this-language'],
  ])('is refused: %s', (_, code, rule) => {
    expect(refusal(code)?.rule).toBe(rule);
  });

  it('becomes one when it is charged: stores that cannot be reached, which take three bytes each', () => {
    const code = assemble({
      memory: [1],
      functions: [
        { type: '>I', code: 'i64.const 1', exported: 'score' },
        { type: '>', code: `unreachable ${'i32.store '.repeat(340_000)}` },
      ],
    });
    const compiled = compileWasm(code, [], ANY_NUMBER);
    expect(compiled.ok || compiled.faults[0]?.rule).toBe('too-large');
  });
});

describe('bytes that a program made', () => {
  // Small changes of real modules reach far deeper than random bytes.
  const changes = fc.array(
    fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2, 3)),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  const sample = fc.constantFrom(...SAMPLES);

  function changed(bytes: Uint8Array, edits: readonly (readonly [number, number, number])[]): Uint8Array {
    let result = [...bytes];
    for (const [where, value, kind] of edits) {
      const at = 8 + (where % Math.max(result.length - 8, 1));
      if (kind === 0) result[at] = value;
      else if (kind === 1) result.splice(at, 1);
      else if (kind === 2) result.splice(at, 0, value);
      else result = result.slice(0, at);
    }
    return Uint8Array.from(result);
  }

  it('are refused with a fault of the closed set, or run and give a score', () => {
    let accepted = 0;
    const property = fc.property(sample, changes, ({ name, kinds, row }, edits) => {
      const compiled = compileWasm(changed(sampleBytes(name), edits), kinds, ANY_NUMBER);
      if (compiled.ok) {
        accepted += 1;
        const score = compiled.score(row);
        expect(score === null || typeof score === 'number' || typeof score === 'bigint').toBe(true);
        expect(compiled.score(row)).toEqual(score);
        return;
      }
      for (const { rule, line, column, subject } of compiled.faults) {
        expect(SCORING_FAULTS).toContain(rule);
        expect(line).toBeNull();
        expect(column === null || column >= 0).toBe(true);
        expect(subject).toMatch(/^[\w .$()'-]+$/);
        expect(subject.length).toBeLessThanOrEqual(MAX_SUBJECT_CHARS);
      }
    });
    fc.assert(property, { numRuns: 400 });
    expect(accepted).toBeGreaterThan(10);
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(refusal(bytes)?.rule).toBe('not-this-language');
        expect(SCORING_FAULTS).toContain(refusal(moduleOf(bytes))?.rule);
      }),
      { numRuns: 300 },
    );
  });
});
