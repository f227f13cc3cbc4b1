import { describe, expect, it } from 'vitest';
import { root } from '../run-command.ts';
import { filesOf, SUITES } from './suites.ts';

describe('the parts of a verification', () => {
  it('share no test file, so that no case counts twice', () => {
    const files = SUITES.flatMap((suite) => filesOf(suite, root));
    expect(files.length).toBeGreaterThan(10);
    expect(new Set(files).size).toBe(files.length);
  });

  it('hold tests only', () => {
    const files = SUITES.flatMap((suite) => filesOf(suite, root));
    expect(files.filter((file) => !file.endsWith('.test.ts'))).toEqual([]);
  });
});
