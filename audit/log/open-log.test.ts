import { describe, expect, it } from 'vitest';
import { verifyCheckpoint } from '../checkpoint/index.ts';
import { leafHash, verifyConsistency, verifyInclusion } from '../merkle/index.ts';
import { diskWithSync } from '../testdata/disk-with-sync.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { entryOf, lawfulHistory, ORIGIN, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import type { AuditLog, ReadEntry } from './audit-log.ts';
import { openLog, openLogOn } from './open-log.ts';

const signer = testSigner();
const open = (directory: string) => openLog({ directory, origin: ORIGIN, signer });

async function readAll(log: AuditLog, fromIndex = 0, limit = log.treeSize): Promise<ReadEntry[]> {
  return Array.fromAsync(log.read(fromIndex, limit));
}

describe('the log', () => {
  it('gives each entry its index, and reads back the very leaves it hashed', async () => {
    const log = await open(await temporaryDirectory());
    for (const [index, body] of lawfulHistory().entries()) {
      const appended = await log.append(body);
      expect(appended).toMatchObject({ leafIndex: index, treeSize: index + 1 });
      const [read] = await readAll(log, index, 1);
      expect(read?.entry).toEqual({ ...body, version: 2, kindVersion: expect.any(Number) });
      expect(leafHash(read?.leaf as Uint8Array)).toEqual(appended.leafHash);
    }
    expect((await readAll(log, 2, 3)).map(({ leafIndex }) => leafIndex)).toEqual([2, 3, 4]);
    expect(await readAll(log, 6, 10)).toEqual([]);
    await log.close();
  });

  it('is the same log when opened again, and its old proofs still verify', async () => {
    const directory = await temporaryDirectory();
    const log = await open(directory);
    const appended = await Promise.all(lawfulHistory().map((body) => log.append(body)));
    const root = log.rootHash();
    await log.close();
    const again = await open(directory);
    expect(again.treeSize).toBe(6);
    expect(again.rootHash()).toEqual(root);
    await again.append(entryOf('service-stopped', {}, 9));
    for (const { leafIndex, leafHash: hash } of appended) {
      verifyInclusion({
        leafHash: hash,
        leafIndex,
        treeSize: 7,
        proof: again.inclusionProof(leafIndex, 7),
        rootHash: again.rootHash(),
      });
    }
    verifyConsistency({
      firstSize: 6,
      firstRoot: root,
      secondSize: 7,
      secondRoot: again.rootHash(),
      proof: again.consistencyProof(6, 7),
    });
    expect(again.rootHash(6)).toEqual(root);
    await again.close();
  });

  it('shares disk syncs among a hundred appends at once, and keeps their order', async () => {
    let syncCount = 0;
    const disk = diskWithSync((file) => {
      syncCount += 1;
      return file.sync();
    });
    const log = await openLogOn(disk, { directory: await temporaryDirectory(), origin: ORIGIN, signer });
    const before = syncCount;
    const bodies = Array.from({ length: 100 }, (_, turn) => entryOf('log-read', { turn }));
    const appended = await Promise.all(bodies.map((body) => log.append(body)));
    expect(syncCount - before).toBeLessThanOrEqual(2);
    expect(appended.map(({ leafIndex }) => leafIndex)).toEqual(bodies.map((_, index) => index));
    expect((await readAll(log)).map(({ entry }) => entry.subject.turn)).toEqual(bodies.map((_, index) => index));
    await log.close();
  });

  it('shows nothing of an entry before the disk has it', async () => {
    const { promise: diskIsDone, resolve: finishDisk } = Promise.withResolvers<void>();
    let isOpen = false;
    const disk = diskWithSync(async (_file, path) => {
      if (isOpen && path.endsWith('/journal')) await diskIsDone;
    });
    const log = await openLogOn(disk, { directory: await temporaryDirectory(), origin: ORIGIN, signer });
    isOpen = true;
    let isAcknowledged = false;
    const appending = log.append(entryOf('log-read')).then(() => {
      isAcknowledged = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([isAcknowledged, log.treeSize]).toEqual([false, 0]);
    expect(verifyCheckpoint(await log.checkpoint(), signer.verifierKey).treeSize).toBe(0);
    finishDisk();
    await appending;
    expect([isAcknowledged, log.treeSize]).toEqual([true, 1]);
    await log.close();
  });

  it('takes no more entries once the disk failed, and opens again with all that was acknowledged', async () => {
    const directory = await temporaryDirectory();
    let isBroken = false;
    const disk = diskWithSync(async (file) => {
      if (isBroken) throw new Error('no space left on device');
      await file.sync();
    });
    const log = await openLogOn(disk, { directory, origin: ORIGIN, signer });
    await log.append(entryOf('service-started'));
    isBroken = true;
    await expectCode(
      () => Promise.all([log.append(entryOf('log-read')), log.append(entryOf('log-read'))]),
      'LOG_FAILED',
    );
    isBroken = false;
    await expectCode(() => log.append(entryOf('log-read')), 'LOG_FAILED');
    expect(log.treeSize).toBe(1);
    await log.close();
    const again = await open(directory);
    expect((await readAll(again))[0]?.entry.kind).toBe('service-started');
    await again.close();
  });

  it('does not run backwards when the clock does', async () => {
    const directory = await temporaryDirectory();
    const log = await open(directory);
    await log.append(entryOf('log-read', {}, 10));
    await log.append(entryOf('log-read', {}, 8));
    await log.close();
    const again = await open(directory);
    await again.append(entryOf('log-read', {}, 9));
    expect((await readAll(again)).map(({ entry }) => entry.at)).toEqual(Array(3).fill('2031-05-01T12:00:10.000Z'));
    await expectCode(() => again.append({ ...entryOf('log-read'), at: '' }), 'ENTRY_FIELD_INVALID');
    await again.close();
  });

  it('refuses an entry of an unknown kind and keeps nothing of it', async () => {
    const log = await open(await temporaryDirectory());
    await expectCode(
      () => log.append({ ...entryOf('log-read'), kind: 'log-erased' as 'log-read' }),
      'ENTRY_KIND_UNKNOWN',
    );
    expect(log.treeSize).toBe(0);
    await log.close();
  });

  it('refuses proofs, roots and reads outside the tree', async () => {
    const log = await open(await temporaryDirectory());
    await Promise.all(lawfulHistory().map((body) => log.append(body)));
    const outside = [
      () => log.rootHash(7),
      () => log.rootHash(-1),
      () => log.inclusionProof(0, 7),
      () => log.inclusionProof(3, 3),
      () => log.inclusionProof(-1, 3),
      () => log.inclusionProof(0, 0),
      () => log.inclusionProof(0.5, 3),
      () => log.consistencyProof(4, 3),
      () => log.consistencyProof(0, 7),
      () => log.read(7, 1),
      () => log.read(0, -1),
    ];
    for (const act of outside) await expectCode(act, 'RANGE_OUTSIDE_TREE');
    await log.close();
  });

  it('is open to one at a time, and free once it is closed', async () => {
    const directory = await temporaryDirectory();
    const log = await open(directory);
    await expectCode(() => open(directory), 'LOG_LOCKED');
    await log.close();
    await log.close();
    await (await open(directory)).close();
    await expectCode(() => log.append(entryOf('log-read')), 'LOG_CLOSED');
    await expectCode(() => log.checkpoint(), 'LOG_CLOSED');
    await expectCode(() => log.read(0, 1), 'LOG_CLOSED');
  });

  it('keeps what was appended right before it was closed', async () => {
    const directory = await temporaryDirectory();
    const log = await open(directory);
    const appending = log.append(entryOf('service-stopped'));
    await log.close();
    expect((await appending).leafIndex).toBe(0);
    const again = await open(directory);
    expect(again.treeSize).toBe(1);
    await again.close();
  });

  it('is not opened with a signer of another log', async () => {
    const directory = await temporaryDirectory();
    await expectCode(
      () => openLog({ directory, origin: ORIGIN, signer: testSigner('other.example/log') }),
      'ORIGIN_MISMATCH',
    );
  });
});
