import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ScoringArgument, ScoringParameter, ScoringResult } from '../../../wire/scoring.ts';
import { compileWasm } from './compile-wasm.ts';
import { ANY_NUMBER, parametersOf } from './testkit/running.ts';
import { sampleBytes } from './testkit/samples.ts';

function sample(name: string, parameters: readonly ScoringParameter[], returns: ScoringResult = ANY_NUMBER) {
  const compiled = compileWasm(sampleBytes(name), parameters, returns);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.score;
}

// The forest of testdata/forest-with-heap.rs, written again.
function forest(visits: number, spend: number, region: number): number {
  let sum = 0;
  for (let tree = 0; tree < 3; tree += 1) {
    if (visits > 3 + tree) sum += 0.5 + tree;
    else if (spend <= 10 * (1 + tree)) sum += -1;
    else sum += region <= 0.5 ? 0.25 : 0.75;
  }
  return 1 / (1 + Math.exp(-sum));
}

describe('modules of real compilers', () => {
  it('Rust, with an allocator that asks for memory in every call', () => {
    const score = sample('forest-with-heap', parametersOf('integer', 'number', 'text'));
    for (const visits of [0, 3, 4, 5, 6, 100]) {
      for (const spend of [0, 10, 10.5, 25, 1_000]) {
        for (const [place, region] of [
          [0, 'a'],
          [1, 'b'],
          [-1, 'elsewhere'],
        ] as const) {
          expect(score([BigInt(visits), spend, region])).toBeCloseTo(forest(visits, spend, place), 14);
        }
      }
    }
  });

  it('C, with functions in a table, which tries to remember what persons spent', () => {
    const labels: ScoringResult = { kind: 'label', labels: ['small', 'medium', 'large'] };
    const score = sample('segments-by-age', parametersOf('integer', 'number', 'boolean'), labels);
    const rows: [ScoringArgument[], number | null][] = [
      [[20n, 60, true], 1],
      [[20n, 40, true], 0],
      [[40n, 60, true], 2],
      [[40n, 101, true], 1],
      [[70n, 201, true], 2],
      [[70n, 200, true], 0],
      [[70n, 1_000, false], null],
    ];
    for (const [row, label] of [...rows, ...rows.toReversed()]) expect(score(row)).toBe(label);
  });

  it('AssemblyScript, with a start function', () => {
    const score = sample('scaled-table', parametersOf('number', 'integer', 'text'));
    for (let turn = 0; turn < 3; turn += 1) {
      expect([score([3, 10n, 'a']), score([3, 10n, 'b']), score([4, -1n, 'b'])]).toEqual([11.5, 6.25, -6]);
    }
  });
});

describe('the examples of the page for authors', () => {
  const page = readFileSync(new URL('../../../../docs/wasm-functions.md', import.meta.url), 'utf8');
  const parameters: ScoringParameter[] = [
    { name: 'visits', kind: 'integer', values: null },
    { name: 'spend', kind: 'number', values: null },
    { name: 'region', kind: 'text', values: ['north', 'south'] },
  ];

  it.each(['rs', 'c', 'wat'])('are what was compiled, and give the same scores: %s', (language) => {
    expect(page).toContain(readFileSync(new URL(`testdata/scorecard.${language}`, import.meta.url), 'utf8'));
    const score = sample(`scorecard-${language}`, parameters);
    const rows: [ScoringArgument[], number][] = [
      [[3n, 100, 'north'], 33],
      [[11n, 100, 'south'], 37.5],
      [[10n, 0, 'east'], 40],
      [[-1n, 40, 'east'], 0],
    ];
    for (const [row, points] of [...rows, ...rows.toReversed()]) expect(score(row)).toBe(points);
  });
});
