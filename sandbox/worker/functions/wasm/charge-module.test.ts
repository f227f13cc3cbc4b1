import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INSTRUCTIONS, type InstructionKind } from './instructions.ts';
import { FUEL_PER_CALL_UNITS } from './limits.ts';
import { randomModule, randomRow } from './testdata/random-module.ts';
import { outcomeOf, runCharged, runPlainly } from './testkit/running.ts';

const MIXED = [1, 0, -1, 2 ** 31 - 1, -(2 ** 31), 0x1234, 2 ** 32 - 1];
const SAMPLES: Readonly<Record<string, readonly (number | bigint)[]>> = {
  i: MIXED,
  I: [...MIXED.map(BigInt), 2n ** 63n - 1n, -(2n ** 63n)],
  f: [0, -0, 1.5, -2.5, 3e9, -1e20, 1e-40, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  F: [0, -0, 0.5, 1.5, -2.5, 3e9, 2 ** 53, -1e300, 5e-324, Number.POSITIVE_INFINITY, Number.NaN],
};

function rowsOf(takes: string): (number | bigint)[][] {
  return [...takes].reduce<(number | bigint)[][]>(
    (rows, letter) => rows.flatMap((row) => (SAMPLES[letter] ?? []).map((value) => [...row, value])),
    [[]],
  );
}

// A store is followed by a load of what it wrote and of what is beside it.
function moduleWith({ name, immediate, takes, gives }: InstructionKind) {
  const operands = [...(takes ?? '')].map((_, index) => `local.get ${index}`).join(' ');
  const isConstant = immediate === 'i32' || immediate === 'i64' || immediate === 'f32' || immediate === 'f64';
  const code = `${operands} ${name} ${isConstant ? '77' : ''} ${immediate === 'access' ? 'offset=1' : ''}`;
  return {
    memory: [1, 4] as const,
    data: [{ at: 0, bytes: Array.from({ length: 64 }, (_, index) => (index * 37) % 256) }],
    functions: [
      {
        type: `${takes}>${gives === '' ? 'I' : gives}`,
        code: gives === '' ? `${code} i32.const 2 i64.load` : code,
        exported: 'score',
      },
    ],
  };
}

const plain = INSTRUCTIONS.filter(({ takes, immediate }) => takes !== null && immediate !== 'block');

describe('a charged module', () => {
  it.each(plain.map((kind) => [kind.name, kind] as const))('does what the submitted one does: %s', (_, kind) => {
    const charged = runCharged(moduleWith(kind));
    for (const row of rowsOf(kind.takes ?? '')) {
      const fresh = runPlainly(moduleWith(kind));
      expect(charged.run(...row)).toEqual(outcomeOf(() => fresh.call('score', ...row)));
    }
  });

  it('does what a fresh copy of the submitted one does, for row after row of random programs', () => {
    const property = fc.property(
      randomModule(),
      fc.array(randomRow(), { minLength: 2, maxLength: 4 }),
      (module, rows) => {
        const charged = runCharged(module);
        for (const row of [...rows, ...rows]) {
          const plainly = outcomeOf(() => runPlainly(module).call('score', ...row));
          expect(charged.run(...row)).toEqual(plainly);
        }
      },
    );
    fc.assert(property, { numRuns: 120 });
  });

  it('uses the same fuel for the same row, whatever came before', () => {
    const property = fc.property(
      randomModule(),
      randomRow(),
      fc.array(randomRow(), { maxLength: 3 }),
      (module, row, others) => {
        const first = runCharged(module);
        const outcome = first.run(...row);
        const used = first.fuelUsed();
        const later = runCharged(module);
        for (const other of others) later.run(...other);
        expect(later.run(...row)).toEqual(outcome);
        expect(later.fuelUsed()).toBe(used);
        // A trap of the code's own leaves no account of the fuel.
        if ('value' in outcome) expect(used).toBeGreaterThan(0);
      },
    );
    fc.assert(property, { numRuns: 50 });
  });

  it('sees one NaN only, whatever operation gave it', () => {
    const bits = (code: string) => ({
      memory: [1] as const,
      functions: [{ type: 'F>I', code, exported: 'score' }],
    });
    const nans = [
      'local.get 0 f64.sqrt',
      'local.get 0 local.get 0 f64.sqrt f64.neg f64.add',
      'i64.const 0xfff8000000000001 f64.reinterpret_i64',
    ];
    for (const nan of nans) {
      for (const seen of [
        `${nan} i64.reinterpret_f64`,
        `i32.const 8 ${nan} f64.store i32.const 8 i64.load`,
        `${nan} f32.demote_f64 i32.reinterpret_f32 i64.extend_i32_u`,
        `i32.const 8 ${nan} f32.demote_f64 f32.store i32.const 8 i64.load32_u`,
        `f64.const 1 ${nan} f64.copysign i64.reinterpret_f64`,
        `f32.const 1 ${nan} f32.demote_f64 f32.copysign i32.reinterpret_f32 i64.extend_i32_u`,
      ]) {
        const expected = seen.includes('copysign')
          ? [0x3ff0_0000_0000_0000n, 0x3f80_0000n]
          : [0x7ff8_0000_0000_0000n, 0x7fc0_0000n];
        const charged = runCharged(bits(seen));
        const { value } = charged.run(-1) as { value: bigint };
        expect(expected).toContain(value);
        // Again and again, until the host has compiled it a second time.
        for (let turn = 0; turn < 3_000; turn += 1) expect(charged.run(-1)).toEqual({ value });
      }
    }
  });
});

const COUNTING = 'loop local.get 0 i64.const 1 i64.sub local.tee 0 i64.const 0 i64.ne br_if 0 end i64.const 1';
const counting = { functions: [{ type: 'I>I', code: COUNTING, exported: 'score' }] };

describe('fuel', () => {
  it('is counted to the unit: one turn more than there is fuel for gives nothing', () => {
    const charged = runCharged(counting);
    const used = [1n, 2n, 1_001n].map((turns) => {
      charged.run(turns);
      return charged.fuelUsed();
    });
    const [one = 0, two = 0, many = 0] = used;
    const turn = two - one;
    expect(many).toBe(one + 1_000 * turn);
    const most = BigInt(Math.floor((FUEL_PER_CALL_UNITS - one) / turn) + 1);
    expect(charged.run(most)).toEqual({ value: 1n });
    expect(charged.run(most + 1n)).toEqual({ failed: 'RuntimeError' });
    expect(charged.run(most)).toEqual({ value: 1n });
  });

  it('ends a call soon after it is used up, in straight code too', () => {
    // Each half of the branches is dearer than what may be charged without a look.
    const dear = 'local.get 0 f64.convert_i64_s f64.sqrt drop '.repeat(100);
    const code = `${COUNTING} drop ${`local.get 0 i64.eqz if ${dear} else ${dear} end `.repeat(20)} i64.const 1`;
    const charged = runCharged({ functions: [{ type: 'I>I', code, exported: 'score' }] });
    charged.run(1n);
    const straight = charged.fuelUsed();
    expect(straight).toBeGreaterThan(20_000);
    for (let turns = 120_000n; turns < 130_000n; turns += 100n) {
      charged.run(turns);
      expect(charged.fuelUsed()).toBeLessThan(FUEL_PER_CALL_UNITS + 3_000);
    }
  });

  it.each([
    ['a loop', '', 'loop br 0 end i64.const 0'],
    ['a loop of empty loops', '', 'loop loop end block end br 0 end i64.const 0'],
    ['a loop by branch table', '', 'loop i32.const 5 br_table 0,0,0 end i64.const 0'],
    ['filling memory', '', 'loop i32.const 0 i32.const 1 i32.const 4194304 memory.fill br 0 end i64.const 0'],
    ['asking for memory', '', 'loop i32.const 1 memory.grow drop br 0 end i64.const 0'],
    ['asking for no memory', '', 'loop i32.const 0 memory.grow drop br 0 end i64.const 0'],
    ['calls in calls', '', 'call 1 i64.const 0'],
  ])('ends what does not end: %s', (_, locals, code) => {
    const twice = { type: '>', code: `${'call 2 '.repeat(3)}` };
    const thrice = { type: '>', code: `${'call 3 '.repeat(100)}` };
    const charged = runCharged({
      memory: [64],
      functions: [{ type: '>I', locals, code, exported: 'score' }, twice, thrice, { type: '>', code: 'loop br 0 end' }],
    });
    expect(charged.run()).toEqual({ failed: 'RuntimeError' });
    expect(charged.fuelUsed()).toBeGreaterThan(FUEL_PER_CALL_UNITS);
  });
});

describe('the stack', () => {
  const recursion = (locals: string, first: string) => ({
    functions: [
      { type: 'I>I', code: 'local.get 0 call 1', exported: 'score' },
      {
        type: 'I>I',
        locals,
        code: `${first} local.get 0 i64.eqz if i64.const 0 return end local.get 0 i64.const 1 i64.sub call 1 i64.const 1 i64.add`,
      },
    ],
  });

  it.each([
    ['small frames', '', ''],
    ['frames of many locals', 'FI'.repeat(900), ''],
    ['frames of many operands', '', `${'local.get 0 '.repeat(1_500)} ${'drop '.repeat(1_500)}`],
  ])('ends by our count and never by the stack of the host: %s', (_, locals, first) => {
    const charged = runCharged(recursion(locals, first));
    const deepest = (): bigint => {
      let [fits, fails] = [0n, 100_000n];
      while (fails - fits > 1n) {
        const middle = (fits + fails) / 2n;
        const outcome = charged.run(middle);
        // The host says RangeError where its own stack ends.
        if ('failed' in outcome) expect(outcome.failed).toBe('RuntimeError');
        if ('value' in outcome) fits = middle;
        else fails = middle;
      }
      return fits;
    };
    const before = deepest();
    expect(before).toBeGreaterThan(4n);
    for (let turn = 0; turn < 2_000; turn += 1) charged.run(3n);
    expect(deepest()).toBe(before);
  });

  it('is counted for a large frame that calls nobody: whether the host has room for it changes as it is optimised', () => {
    const sumOf = (count: number): string =>
      `${'local.get 0 local.get 0 i64.mul '.repeat(count)} ${'i64.add '.repeat(count - 1)}`;
    const leafUnderCalls = (count: number) => ({
      functions: [
        {
          type: 'I>I',
          code: 'local.get 0 i64.const 2 i64.lt_s if >I i64.const 1 call 1 else local.get 0 i64.const 1 i64.sub call 0 end',
          exported: 'score',
        },
        { type: 'I>I', code: sumOf(count) },
      ],
    });
    const large = runCharged(leafUnderCalls(122_000));
    const small = runCharged(leafUnderCalls(10_000));
    // It fails at every depth, whoever says so first.
    const failed = { failed: expect.any(String) };
    expect([large.run(1n), large.run(500n)]).toEqual([failed, failed]);
    expect([small.run(1n), small.run(100n), small.run(500n)]).toEqual([
      { value: 10_000n },
      { value: 10_000n },
      { failed: 'RuntimeError' },
    ]);
  });

  it('is whole again after every way out of a function', () => {
    const ways = [
      'return',
      'br 0',
      'br 1',
      'br 2',
      'local.get 0 i32.wrap_i64 br_if 2',
      'local.get 0 i32.wrap_i64 br_table 0,1,2',
      'nop',
    ];
    const functions = ways.map((way) => ({
      type: 'I>',
      code: `call ${ways.length + 1} block block ${way} end end`,
    }));
    const calls = ways.map((_, index) => `local.get 0 call ${index + 1}`).join(' ');
    const turns = 'local.get 1 i32.const 1 i32.add local.tee 1 i32.const 1500 i32.lt_u br_if 0';
    const charged = runCharged({
      functions: [
        { type: 'I>I', locals: 'i', code: `loop ${calls} ${turns} end i64.const 5`, exported: 'score' },
        ...functions,
        { type: '>', code: '' },
      ],
    });
    for (const way of [0n, 1n, 2n, 3n]) expect(charged.run(way)).toEqual({ value: 5n });
  });
});
