import { afterEach, expect, it, vi } from 'vitest';
import { reportFailure } from './report-failure.ts';

afterEach(() => vi.restoreAllMocks());

it('a failure that quotes a hostile name of a file does not rewrite the terminal', () => {
  const written: unknown[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(text) > 0);
  reportFailure(new Error('`seen/\u001b[2J\u009b1A\rverified` is not a file\nsecond line'), false);
  expect(written.join('')).toBe('error: `seen/\ufffd[2J\ufffd1A\ufffdverified` is not a file\nsecond line\n');
});
