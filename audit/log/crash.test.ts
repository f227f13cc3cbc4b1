// The crash in the worst moment: a process that is killed while it appends must lose nothing it said was kept, and the
// log it leaves behind must open and go on.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../merkle/index.ts';
import { ORIGIN, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { verifyLog } from '../verify/index.ts';
import { openLog } from './open-log.ts';

const KILL_COUNT = 10;
const TEST_TIMEOUT_MS = 60_000;
const program = join(import.meta.dirname, '..', 'testdata', 'append-until-killed.ts');

/**
 * Starts the appender, kills it so many milliseconds after its first acknowledgement, and returns all it acknowledged.
 */
async function appendAndKill(directory: string, delayMs: number): Promise<Map<number, string>> {
  const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  child.stdout.once('readable', () => setTimeout(() => child.kill('SIGKILL'), delayMs));
  const said = await text(child.stdout);
  expect(await exited).toEqual([null, 'SIGKILL']);
  // The last line may be cut short by the kill.
  const lines = said.split('\n').slice(0, -1);
  return new Map(lines.map((line) => line.split(' ')).map(([index, hash]) => [Number(index), hash ?? '']));
}

describe('a log whose process is killed while it appends', () => {
  it('has every acknowledged entry, and goes on from there, time after time', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const directory = await temporaryDirectory();
    const signer = testSigner();
    const acknowledged = new Map<number, string>();
    const seenCheckpoints: string[] = [];
    for (let kill = 0; kill < KILL_COUNT; kill += 1) {
      const before = acknowledged.size;
      for (const [index, hash] of await appendAndKill(directory, (kill * 13) % 60)) {
        expect(acknowledged.has(index), `index ${index} was given away twice`).toBe(false);
        acknowledged.set(index, hash);
      }
      expect(acknowledged.size).toBeGreaterThan(before);
      const log = await openLog({ directory, origin: ORIGIN, signer });
      const leaves: Uint8Array[] = [];
      for await (const { leaf } of log.read(0, log.treeSize)) leaves.push(leaf);
      for (const [index, hash] of acknowledged) {
        expect(Buffer.from(leafHash(leaves[index] as Uint8Array)).toString('hex')).toBe(hash);
      }
      seenCheckpoints.push(await log.checkpoint());
      await log.close();
    }
    const log = await openLog({ directory, origin: ORIGIN, signer });
    const checkpoint = await log.checkpoint();
    const leaves = (async function* () {
      for await (const { leaf } of log.read(0, log.treeSize)) yield leaf;
    })();
    const verified = await verifyLog({ leaves, checkpoint, verifierKey: signer.verifierKey, seenCheckpoints });
    expect(verified.checkedCheckpoints).toBe(KILL_COUNT);
    await log.close();
  });

  it('is still closed to a second process while the first one lives', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog({ directory, origin: ORIGIN, signer: testSigner() });
    const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(child, 'exit');
    expect(await text(child.stderr)).toContain('LOG_LOCKED');
    expect(await exited).toEqual([1, null]);
    await log.close();
  });
});
