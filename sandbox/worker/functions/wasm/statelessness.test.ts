// The game of remembering: a module tries to tell one row what it learned from another. A person's score that depends
// on another person breaks the bound of the whole release, so every row must get what a fresh instance would give it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WrittenModule } from './testkit/assemble.ts';
import { runCharged, runPlainly } from './testkit/running.ts';

const PAGE_BYTES = 65_536;
const score = (code: string, locals = ''): WrittenModule['functions'] => [
  { type: 'I>I', locals, code, exported: 'score' },
];
const readAndWrite = (read: string, write: string): WrittenModule => ({
  memory: [2],
  data: [{ at: 100, bytes: [1, 2, 3, 4, 5, 6, 7, 8] }],
  functions: score(`${read} ${write}`, 'i'),
});

const attempts: Readonly<Record<string, WrittenModule>> = {
  'memory that was empty': readAndWrite('i32.const 9000 i64.load', 'i32.const 9000 local.get 0 i64.store'),
  'memory that a segment filled': readAndWrite('i32.const 100 i64.load', 'i32.const 100 local.get 0 i64.store'),
  'a store across two pieces': readAndWrite('i32.const 4096 i64.load', 'i32.const 4093 local.get 0 i64.store'),
  'the last bytes of the memory': readAndWrite(
    `i32.const ${2 * PAGE_BYTES - 8} i64.load`,
    `i32.const ${2 * PAGE_BYTES - 8} local.get 0 i64.store`,
  ),
  'filling across pieces': readAndWrite(
    'i32.const 20000 i64.load',
    'i32.const 4000 local.get 0 i32.wrap_i64 i32.const 16004 memory.fill i32.const 20000 local.get 0 i32.wrap_i64 i32.const 8 memory.fill',
  ),
  'copying across pieces': readAndWrite(
    'i32.const 70000 i64.load',
    'i32.const 50000 local.get 0 i64.store i32.const 60000 i32.const 40000 i32.const 20000 memory.copy',
  ),
  'copying over itself': readAndWrite(
    'i32.const 102 i64.load',
    'i32.const 99 local.get 0 i64.store8 i32.const 102 i32.const 99 i32.const 8 memory.copy',
  ),
  'a narrow store': readAndWrite('i32.const 103 i64.load8_u', 'i32.const 103 local.get 0 i64.store8'),
  'a store of a number': readAndWrite(
    'i32.const 104 i64.load',
    'i32.const 104 local.get 0 f64.convert_i64_s f64.store',
  ),
  'a store with a large offset': readAndWrite(
    'i32.const 0 i64.load offset=123456',
    'i32.const 3456 local.get 0 i64.store offset=120000',
  ),
  'a write before a trap': readAndWrite(
    'i32.const 500 i64.load',
    'i32.const 500 local.get 0 i64.store local.get 0 i64.eqz if unreachable end',
  ),
  'a write before the fuel is used up': readAndWrite(
    'i32.const 500 i64.load',
    'i32.const 500 local.get 0 i64.store local.get 0 i64.eqz if loop br 0 end end',
  ),
  'a write before a store outside': readAndWrite(
    'i32.const 500 i64.load',
    'i32.const 500 local.get 0 i64.store local.get 0 i64.eqz if i32.const -4 i32.const 1 i32.store end',
  ),
  'half of a store outside': readAndWrite(
    `i32.const ${2 * PAGE_BYTES - 4} i64.load32_u`,
    `local.get 0 i64.eqz if i32.const ${2 * PAGE_BYTES - 4} i64.const -1 i64.store end i32.const ${2 * PAGE_BYTES - 4} local.get 0 i64.store32`,
  ),
  'half of a filling outside': readAndWrite(
    `i32.const ${2 * PAGE_BYTES - 4} i64.load32_u`,
    `local.get 0 i64.eqz if i32.const ${2 * PAGE_BYTES - 4} i32.const 7 i32.const 5 memory.fill end`,
  ),
  'the size of the memory': {
    memory: [1, 10],
    functions: score('memory.size i64.extend_i32_u local.get 0 i32.wrap_i64 i32.const 3 i32.and memory.grow drop'),
  },
  'what the memory still gives': {
    memory: [1, 4],
    functions: score('local.get 0 i32.wrap_i64 i32.const 3 i32.and memory.grow i64.extend_i32_s'),
  },
  'memory that was asked for': {
    memory: [1, 10],
    functions: score('i32.const 2 memory.grow drop i32.const 100000 i64.load i32.const 100000 local.get 0 i64.store'),
  },
  'numbers in globals': {
    globals: [
      { type: 'i', mutable: true, value: '5' },
      { type: 'I', mutable: true, value: '6' },
      { type: 'f', mutable: true, value: '7' },
      { type: 'F', mutable: true, value: '8' },
    ],
    functions: score(`global.get 0 i64.extend_i32_u global.get 1 i64.add
      global.get 2 i64.trunc_sat_f32_s i64.add global.get 3 i64.trunc_sat_f64_s i64.add
      local.get 0 i32.wrap_i64 global.set 0 local.get 0 global.set 1
      local.get 0 f32.convert_i64_s global.set 2 local.get 0 f64.convert_i64_s global.set 3`),
  },
  'a global before a trap': {
    globals: [{ type: 'I', mutable: true, value: '6' }],
    functions: score('global.get 0 local.get 0 global.set 0 local.get 0 i64.eqz if unreachable end'),
  },
  'a global deep in calls that do not end': {
    globals: [{ type: 'I', mutable: true, value: '6' }],
    functions: [
      {
        type: 'I>I',
        code: 'local.get 0 i64.eqz if call 1 end global.get 0 local.get 0 global.set 0',
        exported: 'score',
      },
      { type: '>', code: 'global.get 0 i64.const 1 i64.add global.set 0 call 1' },
    ],
  },
  'what the start function made': {
    memory: [1],
    globals: [{ type: 'I', mutable: true, value: '6' }],
    start: 1,
    functions: [
      {
        type: 'I>I',
        code: 'global.get 0 i32.const 8 i64.load i64.add i32.const 8 local.get 0 i64.store local.get 0 global.set 0',
        exported: 'score',
      },
      { type: '>', code: 'i64.const 1000 global.set 0 i32.const 8 i64.const 2345 i64.store' },
    ],
  },
  'how deep calls can go': {
    functions: [
      { type: 'I>I', code: 'local.get 0 call 1', exported: 'score' },
      {
        type: 'I>I',
        code: 'local.get 0 i64.const 600 i64.rem_u i64.eqz if i64.const 0 return end local.get 0 i64.const 1 i64.sub call 1',
      },
    ],
  },
};

const ROWS = [41n, 0n, 7n, -1n, 0n, 0n, 2n, 599n, 0x0102_0304_0506_0708n, 41n];

describe('nothing is remembered', () => {
  it.each(Object.entries(attempts))('in %s', (_, module) => {
    const charged = runCharged(module);
    const alone = ROWS.map((row) => runCharged(module).run(row));
    // The attempt is one: left to itself, the module as it was written would tell rows apart by those before them.
    expect(ROWS.map((row) => charged.run(row))).toEqual(alone);
    expect(ROWS.toReversed().map((row) => charged.run(row))).toEqual(alone.toReversed());
  });

  it('though the host alone lets most of these attempts succeed', () => {
    const remembering = Object.entries(attempts).filter(([, module]) => {
      const kept = runPlainly(module);
      const before = kept.call('score', 41n);
      kept.call('score', 7n);
      return kept.call('score', 41n) !== before;
    });
    expect(remembering.length).toBeGreaterThan(15);
  });

  it('at any place, by any store, over any number of rows', () => {
    const widths = ['i32.store', 'i32.store8', 'i32.store16', 'i64.store', 'i64.store8', 'i64.store16', 'i64.store32'];
    const place = fc.oneof(
      fc.integer({ min: 0, max: 2 * PAGE_BYTES - 9 }),
      fc
        .tuple(fc.integer({ min: 1, max: 31 }), fc.integer({ min: -9, max: 8 }))
        .map(([piece, by]) => piece * 4_096 + by),
    );
    const write = fc.oneof(
      fc.tuple(fc.constantFrom(...widths), place).map(([name, at]) => {
        return `i32.const ${at} local.get 0 ${name.startsWith('i32') ? 'i32.wrap_i64' : ''} ${name}`;
      }),
      fc
        .tuple(place, fc.nat(9_000))
        .map(([at, length]) => `i32.const ${at} local.get 0 i32.wrap_i64 i32.const ${length} memory.fill`),
      fc.tuple(place, place, fc.nat(9_000)).map(([to, from, length]) => {
        return `i32.const ${to} i32.const ${from} i32.const ${length} memory.copy`;
      }),
    );
    // All of the memory, added up: whatever is left anywhere is seen.
    const addUp = `loop local.get 2 i64.const 31 i64.mul local.get 1 i64.load i64.add local.set 2
      local.get 1 i32.const 8 i32.add local.tee 1 i32.const ${2 * PAGE_BYTES} i32.lt_u br_if 0 end local.get 2`;
    const property = fc.property(fc.array(write, { minLength: 1, maxLength: 6 }), (writes) => {
      const charged = runCharged({
        memory: [2],
        data: [{ at: 4_090, bytes: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8] }],
        functions: score(`${addUp} ${writes.join(' ')}`, 'iI'),
      });
      const first = charged.run(-1n);
      const used = charged.fuelUsed();
      for (const row of [3n, 0n, -1n]) {
        // A filling that ends outside traps, always, and leaves no account of its fuel.
        expect(charged.run(row)).toEqual(first);
        if ('value' in first) expect(charged.fuelUsed()).toBe(used);
      }
    });
    fc.assert(property, { numRuns: 100 });
  });
});
