import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { TIERING_OPTION } from './optimise-late.ts';

it('the option that keeps Cedar from being optimised at the start is one that this V8 knows', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(known).toMatch(new RegExp(`^ *${TIERING_OPTION} `, 'm'));
});
