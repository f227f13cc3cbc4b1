import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tally } from '../../test/support/tally.ts';
import { readTally } from './read-tally.ts';

describe('a tally', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('adds up what several tests counted, each name by itself', () => {
    const folder = mkdtempSync(join(tmpdir(), 'galley-tally-'));
    try {
      const path = join(folder, 'tally.jsonl');
      vi.stubEnv('GALLEY_TALLY', path);
      tally('boundingCases', 40);
      tally('fuzzInputs', 5);
      tally('boundingCases', 2);
      const lines = readFileSync(path, 'utf8');
      expect(readTally(lines, 'boundingCases')).toBe(42);
      expect(readTally(lines, 'fuzzInputs')).toBe(5);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('tells nothing counted from nobody counting', () => {
    expect(readTally('{"name":"fuzzInputs","count":0}\n', 'fuzzInputs')).toBe(0);
    expect(readTally('{"name":"fuzzInputs","count":7}\n', 'boundingCases')).toBeNull();
    expect(readTally('', 'boundingCases')).toBeNull();
  });

  it.each(['{"name":"fuzzInputs","cou', '{"name":"fuzzInputs"}', '{"name":"fuzzInputs","count":-1}', '7', 'null'])(
    'is not believed with a broken line: %s',
    (line) => {
      expect(readTally(`{"name":"fuzzInputs","count":7}\n${line}\n`, 'fuzzInputs')).toBeNull();
    },
  );
});
