// A process that is killed while it appends, and power that is cut: test/proof/log/power-cut.test.ts.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ORIGIN, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { openLog } from './open-log.ts';

const program = join(import.meta.dirname, '..', 'testdata', 'append-until-killed.ts');

describe('a log that one process appends to', () => {
  it('is closed to a second process while the first one lives', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog({ directory, origin: ORIGIN, signer: testSigner() });
    const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(child, 'exit');
    expect(await text(child.stderr)).toContain('LOG_LOCKED');
    expect(await exited).toEqual([1, null]);
    await log.close();
  });
});
