import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { ORIGIN, temporaryDirectory } from '../testdata/kitchen-log.ts';
import { verifyCheckpoint } from './checkpoint.ts';
import { openCheckpointKey } from './key-file.ts';

const rootHash = new Uint8Array(32);

describe('the key file', () => {
  it('is made for its owner only, and gives the same key ever after', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'log.key');
    const made = await openCheckpointKey(file, ORIGIN);
    const opened = await openCheckpointKey(file, ORIGIN);
    expect(opened.verifierKey).toBe(made.verifierKey);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['log.key']);
    expect(verifyCheckpoint(await opened.sign({ treeSize: 3, rootHash }), made.verifierKey).treeSize).toBe(3);
  });

  it('is one key also when many make it at once', async () => {
    const file = join(await temporaryDirectory(), 'log.key');
    const signers = await Promise.all(Array.from({ length: 8 }, () => openCheckpointKey(file, ORIGIN)));
    expect(new Set(signers.map(({ verifierKey }) => verifierKey)).size).toBe(1);
  });

  it('is refused when others may read it', async () => {
    const file = join(await temporaryDirectory(), 'log.key');
    await openCheckpointKey(file, ORIGIN);
    await chmod(file, 0o640);
    await expectCode(() => openCheckpointKey(file, ORIGIN), 'KEY_FILE_EXPOSED');
  });

  it('is refused for another origin, and left alone when it holds no key', async () => {
    const file = join(await temporaryDirectory(), 'log.key');
    await openCheckpointKey(file, ORIGIN);
    const key = await readFile(file, 'utf8');
    await expectCode(() => openCheckpointKey(file, 'other.example/log'), 'KEY_FILE_INVALID');
    for (const content of ['', 'not a key', key.replace(/[0-9a-f]{8}/, '00000000'), 'x'.repeat(5000)]) {
      await writeFile(file, content);
      await expectCode(() => openCheckpointKey(file, ORIGIN), 'KEY_FILE_INVALID');
      expect(await readFile(file, 'utf8')).toBe(content);
    }
  });

  it('is not made for an origin that a note could not name', async () => {
    const file = join(await temporaryDirectory(), 'log.key');
    for (const origin of ['', 'two words', 'a+b', 'line\nbreak', 'no\u00a0break']) {
      await expectCode(() => openCheckpointKey(file, origin), 'ORIGIN_INVALID');
    }
  });
});
