// docs/functions.md against the compiler: its example, its lists, its limits and its faults.
import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';

import {
  MAX_SCORING_CODE_BYTES,
  MAX_SCORING_PARAMETERS_COUNT,
  MAX_SCORING_WORDS_COUNT,
  SCORING_FAULTS,
  type ScoringParameter,
  type ScoringResult,
} from '../../../wire/scoring.ts';
import { unitsOf } from '../declared-result.ts';
import { compileJavascript } from './compile-javascript.ts';
import { MAX_FAULTS_COUNT } from './faults.ts';
import { BUILTINS, TEXT_METHODS } from './library.ts';
import { FUEL_STEPS_COUNT, MAX_TEXT_LENGTH_CHARS } from './prelude.ts';
import { MAX_CALL_DEPTH, MAX_LOCALS_COUNT, MAX_NESTING_DEPTH, MAX_WAITING_VALUES_COUNT } from './program.ts';

const page = fs.readFileSync(new URL('../../../../docs/functions.md', import.meta.url), 'utf8');
const section = (title: string): string => page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
const tableOf = (title: string): string[][] =>
  [...section(title).matchAll(/^\| (.*) \|$/gm)].slice(2).map(([, cells]) => (cells ?? '').split(' | '));

const CHANCE = { kind: 'number', scale: 3, min: 0n, max: 1000n } as const satisfies ScoringResult;

function compile(source: string, kinds: Record<string, ScoringParameter['kind']>) {
  const parameters = Object.entries(kinds).map(([name, kind]) => ({ name, kind, values: null }));
  return compileJavascript(new TextEncoder().encode(source), parameters, CHANCE);
}

describe('the page on scoring functions', () => {
  it('has an example that gives what its table says', () => {
    const source = /```js\n([^`]*)```/.exec(page)?.[1] ?? '';
    const compiled = compile(source, { recency: 'integer', spend: 'number', tier: 'text', joined: 'date' });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
    const rows = tableOf('A complete example');
    expect(rows.length).toBeGreaterThan(2);
    for (const [recency, spend, tier, joined, score] of rows as [string, string, string, string, string][]) {
      const days = Date.parse(joined) / 86_400_000;
      const units = unitsOf(CHANCE)(compiled.score([BigInt(recency), Number(spend), tier, days]));
      expect(units === null ? 'NULL' : (Number(units) / 1000).toFixed(3)).toBe(score);
    }
  });

  it('lists each function of the library, and none besides', () => {
    const listed = (begin: string): string[] => {
      const part = section('The language').split(`- **${begin}**`)[1]?.split('\n- ')[0] ?? '';
      return [...part.matchAll(/`(?:Math\.|Number\.|t\.)?([\w\s]+)(?:\(\w\))?`/g)].flatMap(([, names]) =>
        (names ?? '').split(/\s+/),
      );
    };
    const [ofNumbers, ofTexts] = [listed('Numbers'), listed('Texts')];
    const named = [...BUILTINS.keys()].map((name) => name.replace(/^.*\./, ''));
    const constants = ['Math', 'Number', 'NaN', 'Infinity'];
    expect(ofNumbers.filter((name) => !constants.includes(name)).sort()).toEqual(
      named.filter((name) => name !== 'Number').sort(),
    );
    expect(ofTexts.filter((name) => name !== 'length').sort()).toEqual([...TEXT_METHODS.keys()].sort());
  });

  it('tells the limits that hold', () => {
    expect(tableOf('Limits').map(([, limit]) => Number.parseInt(limit ?? '', 10))).toEqual([
      MAX_SCORING_CODE_BYTES,
      MAX_SCORING_PARAMETERS_COUNT,
      MAX_SCORING_WORDS_COUNT,
      FUEL_STEPS_COUNT,
      MAX_TEXT_LENGTH_CHARS,
      MAX_CALL_DEPTH,
      MAX_LOCALS_COUNT,
      MAX_NESTING_DEPTH,
      MAX_WAITING_VALUES_COUNT,
      MAX_FAULTS_COUNT,
    ]);
  });

  it('has each fault, with an example that has it', () => {
    const rows = tableOf('Faults');
    expect(rows.map(([rule]) => rule?.replaceAll('`', '')).sort()).toEqual([...SCORING_FAULTS].sort());
    for (const [rule = '', example = ''] of rows.filter(([, text]) => text?.startsWith('`'))) {
      const value = example.slice(1, -1).replace('-(-(-(-( … ))))', `${'-('.repeat(600)}x${')'.repeat(600)}`);
      const compiled = compile(`function score(x) { return ${value}; }`, { x: 'number' });
      expect(compiled).toMatchObject({ ok: false, faults: [{ rule: rule.slice(1, -1) }] });
    }
  });

  it('is not too modest about a forest', () => {
    const forest = (trees: number, levels: number): string => `
      const splits = [${Array.from({ length: 1_000 }, (_, i) => i % 17)}];
      function score(x, y) {
        const features = [x, y];
        let sum = 0;
        for (let tree = 0; tree < ${trees}; tree++) {
          let node = 0;
          for (let level = 0; level < ${levels}; level++) node = node * 2 + (features[node % 2] < splits[node % 1000] ? 1 : 2);
          sum += splits[node % 1000];
        }
        return sum;
      }`;
    const scoreOf = (trees: number): unknown => {
      const compiled = compile(forest(trees, 10), { x: 'number', y: 'number' });
      return compiled.ok && compiled.score([3, 9]);
    };
    expect([typeof scoreOf(1_000), scoreOf(2_500)]).toEqual(['number', null]);
  });
});
