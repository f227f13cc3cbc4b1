import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { column, jobOf } from '../testkit/tables.ts';
import type { RunJob, ScoringFunction, TableSource, Wall } from '../wall.ts';
import type { Cell } from '../wire/column-type.ts';
import type { ScoringKind, ScoringResult } from '../wire/scoring.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 25_000 };
const CHUNK_ROWS = 65_536;
const FAILED = { name: 'WallError', code: 'RUN_FAILED', message: 'the job did not finish' };
const TENTHS: ScoringResult = { kind: 'number', scale: 1, min: -1000n, max: 1000n };
const TIERS: ScoringResult = { kind: 'label', labels: ['gold', 'silver é'] };

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ engineMemoryMib: 512 });
});
afterAll(() => wall.close());

function written(
  source: string,
  kinds: Record<string, ScoringKind>,
  returns: ScoringResult = TENTHS,
  name = 'galley_f0',
): ScoringFunction {
  const parameters = Object.entries(kinds).map(([name, kind]) => ({ name, kind, values: null }));
  return { name, language: 'javascript', code: new TextEncoder().encode(source), parameters, returns };
}

function calling(
  sql: string,
  kinds: RunJob['resultColumns'][number]['kind'][],
  table: TableSource,
  ...functions: ScoringFunction[]
): RunJob {
  return { ...jobOf(sql, kinds, table), functions, maxRows: 10_000 };
}

/** Persons 0, 1, 2… with one value each. */
function persons(values: Cell[]): TableSource {
  const blocks = Array.from({ length: Math.ceil(values.length / CHUNK_ROWS) }, (_, block) =>
    values.slice(block * CHUNK_ROWS, (block + 1) * CHUNK_ROWS),
  );
  const numbers = blocks.map((cells, block) => cells.map((_, index) => BigInt(block * CHUNK_ROWS + index)));
  return {
    name: 'persons',
    columns: [column('p', { kind: 'person' }, ...numbers), column('v', { kind: 'integer' }, ...blocks)],
  };
}

describe('a scoring function in a query', () => {
  it('is called with every kind of value, and not for a row with a gap', async () => {
    const table = {
      name: 'rows',
      columns: [
        column('i', { kind: 'integer' }, [-3n, 2n ** 53n, 1n, null]),
        column('d', { kind: 'decimal', scale: 2 }, [150n, 0n, null, 1n]),
        column('b', { kind: 'boolean' }, [true, false, true, true]),
        column('t', { kind: 'text' }, ['é😀', 'a text longer than twelve bytes', 'x', 'x']),
        column('day', { kind: 'date' }, [-1n, 20_000n, 0n, 0n]),
        column('at', { kind: 'timestamp' }, [1_700_000_000_000_001n, 0n, 0n, 0n]),
      ],
    };
    const all = written(
      'function score(i, d, b, t, day, at) { return (i === -3 || i > 9e15 ? 1 : 9) + d + (b ? 10 : 20) + t.length / 10 + day % 7 + at % 10; }',
      { i: 'integer', d: 'number', b: 'boolean', t: 'text', day: 'date', at: 'timestamp' },
    );
    const sql = 'select cast(galley_f0(i, cast(d as double), b, t, day, "at") * 10 as bigint) from rows order by rowid';
    // -1 % 7 is -1 in JavaScript, and 20,000 % 7 is 1.
    expect(await wall.run(calling(sql, ['integer'], table, all), LIMITS)).toEqual([
      [10n + 15n + 100n + 3n - 10n + 10n],
      [10n + 0n + 200n + 31n + 10n + 0n],
      [null],
      [null],
    ]);
  });

  it('gives a decimal of the declared digits, held between the declared ends', async () => {
    const returns: ScoringResult = { kind: 'number', scale: 2, min: 0n, max: 500n };
    const eighth = written('function score(v) { return v / 8; }', { v: 'integer' }, returns);
    const whole = written(
      'function score(v) { return v / 8; }',
      { v: 'integer' },
      { ...returns, scale: 0 },
      'galley_f1',
    );
    const sql =
      'select typeof(galley_f0(v)), cast(galley_f0(v) as varchar), typeof(galley_f1(v)), galley_f1(v) from persons order by p';
    expect(
      await wall.run(
        calling(sql, ['text', 'text', 'text', 'integer'], persons([1n, 99n, -8n, null]), eighth, whole),
        LIMITS,
      ),
    ).toEqual([
      ['DECIMAL(18,2)', '0.13', 'BIGINT', 0n],
      ['DECIMAL(18,2)', '5.00', 'BIGINT', 12n],
      ['DECIMAL(18,2)', '0.00', 'BIGINT', 0n],
      ['DECIMAL(18,2)', null, 'BIGINT', null],
    ]);
  });

  it('gives a label to group by', async () => {
    const tier = written(
      `function score(v) { const a = v > 2 ? 'silver é' : 'gold'; return v > 3 ? a + 's' : v < 1 ? null : a; }`,
      { v: 'integer' },
      TIERS,
    );
    const sql = 'select galley_f0(v) as tier, count(*) from persons group by tier order by tier nulls last';
    expect(
      await wall.run(calling(sql, ['text', 'integer'], persons([0n, 1n, 2n, 3n, 4n, null]), tier), LIMITS),
    ).toEqual([
      ['gold', 2n],
      ['silver é', 1n],
      [null, 3n],
    ]);
  });

  it('is called for constants, NULL among them, and inside what a plan prints around it', async () => {
    const double = written('function score(v) { return v * 2; }', { v: 'integer' });
    const held = 'CASE WHEN s IS NULL THEN NULL ELSE greatest(CAST(0 AS DECIMAL(18,1)), least(5.5, s)) END';
    const sql = `select cast(galley_f0(CAST(21 AS BIGINT)) as bigint), cast(galley_f0(CAST(NULL AS BIGINT)) as bigint),
      cast(list_transform([TRY_CAST(galley_f0(v) AS DECIMAL(18,1))], lambda s: ${held})[1] * 10 as bigint) from persons order by p`;
    expect(
      await wall.run(calling(sql, ['integer', 'integer', 'integer'], persons([2n, 9n, null]), double), LIMITS),
    ).toEqual([
      [42n, null, 40n],
      [42n, null, 55n],
      [42n, null, null],
    ]);
  });

  it('counts the same over many vectors and both threads as by hand', async () => {
    const values = Array.from({ length: 300_000 }, (_, index) => BigInt(index % 1000));
    const odd = written(
      'function score(v) { return v % 2 === 1 ? v : null; }',
      { v: 'integer' },
      { ...TENTHS, scale: 0 },
    );
    const sql =
      'select sum(galley_f0(v)), count(galley_f0(v)), count(*) from persons where galley_f0(v) > 500 or v < 900';
    const kept = values.filter((value) => value < 900n || value % 2n === 1n);
    const scored = kept.filter((value) => value % 2n === 1n);
    expect(await wall.run(calling(sql, ['integer', 'integer', 'integer'], persons(values), odd), LIMITS)).toEqual([
      [scored.reduce((sum, value) => sum + value, 0n), BigInt(scored.length), BigInt(kept.length)],
    ]);
  });

  it('selects an audience', async () => {
    const keep = written('function score(v) { return v > 5 ? 1 : 0; }', { v: 'integer' });
    const sql = 'select p from persons where galley_f0(v) > 0.5 order by p';
    const selected = await wall.selectPersons(calling(sql, ['person'], persons([9n, 1n, null, 6n]), keep), LIMITS);
    expect([...selected]).toEqual([0n, 3n]);
  });

  it('stands beside seven others of a megabyte each', async () => {
    const padding = `/*${'-'.repeat(1_048_000)}*/`;
    const functions = Array.from({ length: 8 }, (_, index) =>
      written(
        `${padding} const weights = [0.1, 0.2, 0.3]; function score(v) { return weights[v] + ${index}; }`,
        { v: 'integer' },
        TENTHS,
        `galley_f${index}`,
      ),
    );
    const sql = `select ${functions.map(({ name }) => `cast(${name}(v) * 10 as bigint)`).join(', ')} from persons`;
    const kinds = functions.map(() => 'integer' as const);
    const rows = await wall.run(calling(sql, kinds, persons([1n]), ...functions), LIMITS);
    expect(rows).toEqual([[2n, 12n, 22n, 32n, 42n, 52n, 62n, 72n]]);
  });
});

describe('a hostile scoring function', () => {
  const spinning = 'function score(v) { if (v === 3) { while (true) { } } return v; }';

  it('has no score for the person whose row it would not finish, and for nobody else none', async () => {
    const sql = 'select cast(galley_f0(v) as bigint) from persons order by p';
    expect(
      await wall.run(calling(sql, ['integer'], persons([1n, 3n, 2n]), written(spinning, { v: 'integer' })), LIMITS),
    ).toEqual([[1n], [null], [2n]]);
  });

  it.each([
    ['spins', spinning],
    ['counts', 'const n = [0]; function score(v) { const a = [0]; a[0] += 1; return a[0] + n[0]; }'],
    ['grows texts', 'function score(v) { let s = "ab"; for (let i = 0; i < v * 4; i++) s = s + s; return s.length; }'],
    [
      'makes arrays',
      'function score(v) { let n = 0; for (let i = 0; i < v * 200; i++) { const a = [v, i, n]; n += a[2] % 7 + 1; } return n; }',
    ],
  ])('that %s tells nothing of one person to another', async (_, source) => {
    const values = Array.from({ length: 3_000 }, (_, index) => BigInt((index * 7) % 11));
    const sql =
      'select v, cast(min(galley_f0(v)) as bigint), cast(max(galley_f0(v)) as bigint), count(galley_f0(v)) % count(*) from persons group by v order by v';
    const scoresOf = async (list: bigint[]) => {
      const job = calling(
        sql,
        ['integer', 'integer', 'integer', 'integer'],
        persons(list),
        written(source, { v: 'integer' }),
      );
      return new Map((await wall.run(job, LIMITS)).map((row) => [row[0], row.slice(1)]));
    };
    const together = await scoresOf(values);
    for (const [low, high, isSplit] of together.values()) expect([low, isSplit]).toEqual([high, 0n]);
    expect(await scoresOf(values.toReversed())).toEqual(together);
    const without = await scoresOf(values.filter((value) => value !== 3n));
    together.delete(3n);
    expect(without).toEqual(together);
  });

  it('ends as NULL or not at all when it wants memory', async () => {
    const wide = `[${Array(900).fill('v').join(',')}]`;
    const bomb = `function score(v) { let n = 0; while (n < 1) { const a = ${wide}; const b = ${wide}; n -= a[0] + b[1]; } return n; }`;
    const sql = 'select cast(galley_f0(v) as bigint) from persons';
    expect(
      await wall.run(calling(sql, ['integer'], persons([1n, 2n]), written(bomb, { v: 'integer' })), LIMITS),
    ).toEqual([[null], [null]]);
  });

  it('ends at the deadline when it has too many rows to waste', async () => {
    const waste = 'function score(v) { let n = v; for (;;) n = Math.sin(n) * v; return n; }';
    const values = Array.from({ length: 500_000 }, (_, index) => BigInt(index));
    const job = calling(
      'select count(galley_f0(v)) from persons',
      ['integer'],
      persons(values),
      written(waste, { v: 'integer' }),
    );
    await expect(wall.run(job, { deadlineMs: 3_000 })).rejects.toMatchObject(FAILED);
  });

  it.each([
    'fetch("http://x")',
    'require("fs").length',
    'process.pid',
    'import("fs")',
    'globalThis.x',
    'eval("1")',
    'Math.random()',
  ])('that wants %s is refused when it is checked, and again when it is run', async (value) => {
    const reaching = written(`function score(v) { return ${value}; }`, { v: 'integer' });
    const check = await wall.checkFunction(reaching, LIMITS);
    expect(check).toMatchObject({ ok: false, faults: [{ line: 1, column: 28 }] });
    await expect(wall.run(calling('select 1', ['integer'], persons([1n]), reaching), LIMITS)).rejects.toMatchObject(
      FAILED,
    );
  });
});

describe('a WebAssembly module', () => {
  const inBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64'));
  const samples = new URL('../worker/functions/wasm/testdata/', import.meta.url);
  const segments: ScoringFunction = {
    ...written('', { age: 'integer', spend: 'number', active: 'boolean' }),
    language: 'wasm',
    code: inBase64(fs.readFileSync(new URL('segments-by-age.wasm.base64', samples), 'latin1')),
    returns: { kind: 'label', labels: ['low', 'middle', 'high'] },
  };

  it('gives the label whose place it gives, and forgets each person before the next', async () => {
    const sql = 'select v, galley_f0(v, 60.0::double, true), galley_f0(v, 60.0::double, v < 0) from persons order by p';
    const values = Array.from({ length: 5_000 }, (_, index) => BigInt((index * 13) % 90));
    const rows = await wall.run(calling(sql, ['integer', 'text', 'text'], persons(values), segments), LIMITS);
    const labelOf = (age: bigint): string => (age < 30n ? 'middle' : age < 60n ? 'high' : 'low');
    expect(rows).toEqual(values.map((age) => [age, labelOf(age), null]));
  });

  it('has no score for the person whose row it would not finish, and for nobody else none', async () => {
    // (func (export "score") (param i64) (result f64) (loop (br_if 0 (i64.eq (local.get 0) (i64.const 3))))
    //   (f64.convert_i64_s (local.get 0)))
    const text = 'AGFzbQEAAAABBgFgAX4BfAMCAQAHCQEFc2NvcmUAAAoRAQ8AA0AgAEIDUQ0ACyAAuQs=';
    const spinning: ScoringFunction = { ...written('', { v: 'integer' }), language: 'wasm', code: inBase64(text) };
    const sql = 'select cast(galley_f0(v) as bigint) from persons order by p';
    expect(await wall.run(calling(sql, ['integer'], persons([1n, 3n, null, 2n]), spinning), LIMITS)).toEqual([
      [1n],
      [null],
      [null],
      [2n],
    ]);
  });

  it('is checked as it would be run', async () => {
    expect(await wall.checkFunction(segments, LIMITS)).toEqual({ ok: true });
    const faulty = [
      { ...segments, parameters: segments.parameters.slice(1) },
      { ...segments, code: segments.code.subarray(0, 40) },
      { ...segments, code: new TextEncoder().encode('function score() { return 1; }') },
    ];
    for (const candidate of faulty) {
      expect(await wall.checkFunction(candidate, LIMITS)).toMatchObject({ ok: false, faults: [{ line: null }] });
    }
  });
});

describe('the check of a scoring function', () => {
  it('passes one that can run', async () => {
    expect(await wall.checkFunction(written('function score(v) { return v; }', { v: 'integer' }), LIMITS)).toEqual({
      ok: true,
    });
  });

  it('tells every fault with its place, and nothing of the rest of the code', async () => {
    const source = 'function score(v) {\n  return \u001b[31msecret;\n}';
    expect(await wall.checkFunction(written(source, { v: 'integer' }), LIMITS)).toEqual({
      ok: false,
      faults: [{ rule: 'not-this-language', line: 2, column: 10, subject: 'syntax' }],
    });
  });

  it('refuses code above a mebibyte without reading it', async () => {
    const large = { ...written('', {}), code: new Uint8Array(1_048_577) };
    expect(await wall.checkFunction(large, LIMITS)).toEqual({
      ok: false,
      faults: [{ rule: 'too-large', line: null, column: null, subject: 'code' }],
    });
  });

  it('ends when the compiler does not', async () => {
    const names = Array.from({ length: 80_000 }, (_, index) => `a${index}=1`).join(',');
    const endless = written(`const ${names}; function score(v) { return v; }`, { v: 'integer' });
    await expect(wall.checkFunction(endless, { deadlineMs: 2_000 })).rejects.toMatchObject({ code: 'RUN_FAILED' });
  });

  it.each<[string, Partial<ScoringFunction>]>([
    ['takes the name of a function of the engine', { name: 'sum' }],
    ['has ends in the wrong order', { returns: { kind: 'number', scale: 0, min: 1n, max: 0n } }],
    ['has an end that no decimal holds', { returns: { kind: 'number', scale: 2, min: 0n, max: 10n ** 18n } }],
    ['has more digits than a decimal', { returns: { kind: 'number', scale: 19, min: 0n, max: 1n } }],
    ['has no labels', { returns: { kind: 'label', labels: [] } }],
    ['has too many parameters', { parameters: Array(33).fill({ name: 'a', kind: 'number', values: null }) }],
  ])('is not asked of a function that %s', async (_, unusable) => {
    const candidate = { ...written('function score(v) { return v; }', { v: 'integer' }), ...unusable };
    await expect(wall.checkFunction(candidate, LIMITS)).rejects.toThrow(TypeError);
  });

  it('is not asked of more functions than a query may call', async () => {
    const one = written('function score(v) { return v; }', { v: 'integer' });
    const many = Array.from({ length: 17 }, (_, index) => ({ ...one, name: `galley_f${index}` }));
    await expect(wall.run(calling('select 1', ['integer'], persons([1n]), ...many), LIMITS)).rejects.toThrow(TypeError);
    await expect(wall.run(calling('select 1', ['integer'], persons([1n]), one, one), LIMITS)).rejects.toThrow(
      TypeError,
    );
  });
});
