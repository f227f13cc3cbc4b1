import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLog } from '../log/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { entryOf, ORIGIN, temporaryDirectory } from '../testdata/kitchen-log.ts';
import { handoverSigner } from './checkpoint-signer.ts';
import { parseKeyHistory, verifyCheckpointByHistory, verifyKeyHistory } from './key-history.ts';
import { handOver, keepKeyHistory, openLogKeys, openNextKey } from './log-keys.ts';

/** A log with keys of its own, in an empty folder. */
async function openPlace() {
  const directory = await temporaryDirectory();
  const log = join(directory, 'log');
  const files = { keyFile: join(directory, 'log.key'), historyFile: join(log, 'keys'), origin: ORIGIN };
  const open = async () => {
    const keys = await openLogKeys(files);
    return { ...keys, log: await openLog({ directory: log, origin: ORIGIN, signer: keys.signer }) };
  };
  const { log: fresh, history } = await open();
  await keepKeyHistory(files, history);
  await fresh.append(entryOf('service-started'));
  await fresh.checkpoint();
  await fresh.close();
  return { files, open, firstKey: history.firstKey };
}

type Place = Awaited<ReturnType<typeof openPlace>>;

/** Announces the next key and signs the handover; the last step is the caller's. */
async function prepareHandover({ files }: Place) {
  const keys = await openLogKeys(files);
  const next = await openNextKey(files);
  const signer = handoverSigner(keys.signer, next);
  const log = await openLog({ directory: join(files.historyFile, '..'), origin: ORIGIN, signer });
  const subject = { key: 'log', from: keys.signer.verifierKey, to: next.verifierKey };
  const { leafIndex } = await log.append(entryOf('key-rotated', subject));
  const note = await log.checkpoint();
  const [read] = await Array.fromAsync(log.read(leafIndex, 1));
  if (read === undefined) throw new Error('the log has no such entry');
  const inclusionProof = await log.inclusionProof(leafIndex, log.treeSize);
  await log.close();
  return { history: keys.history, handover: { note, leafIndex, leaf: read.leaf, inclusionProof } };
}

describe('the keys of a log on disk', () => {
  it('change with a handover that the first key leads to, and the log goes on under the new one', async () => {
    const place = await openPlace();
    for (const _ of [1, 2]) {
      const { history, handover } = await prepareHandover(place);
      await handOver(place.files, history, handover);
    }
    const { log, signer } = await place.open();
    await log.append(entryOf('service-started'));
    const note = await log.checkpoint();
    await log.close();
    const history = parseKeyHistory(await readFile(place.files.historyFile, 'utf8'));
    const verified = verifyKeyHistory(history, place.firstKey);
    expect(verified.keys.at(-1)?.verifierKey).toBe(signer.verifierKey);
    expect(verifyCheckpointByHistory(note, verified).treeSize).toBe(4);
    await expectCode(() => readFile(`${place.files.keyFile}.next`), 'ENOENT');
  });

  it('are the old one when a crash comes before the handover is written, and the same change can be made again', async () => {
    const place = await openPlace();
    const before = await openLogKeys(place.files);
    const { handover } = await prepareHandover(place);
    const { log, signer } = await place.open();
    expect(signer.verifierKey).toBe(before.signer.verifierKey);
    await log.append(entryOf('service-started'));
    await log.checkpoint();
    await log.close();
    const again = await prepareHandover(place);
    expect(again.handover.leafIndex).toBeGreaterThan(handover.leafIndex);
    await handOver(place.files, again.history, again.handover);
    expect((await openLogKeys(place.files)).history.handovers).toHaveLength(1);
  });

  it('are the new one when a crash comes before the old key is gone', async () => {
    const place = await openPlace();
    const { keyFile } = place.files;
    const { history, handover } = await prepareHandover(place);
    await copyFile(keyFile, `${keyFile}.kept`);
    await handOver(place.files, history, handover);
    // As the crash leaves it: the history is written, the files have not changed their names.
    await copyFile(keyFile, `${keyFile}.next`);
    await copyFile(`${keyFile}.kept`, keyFile);
    const { log, signer } = await place.open();
    await log.close();
    expect(signer.verifierKey).not.toBe(history.firstKey);
    expect((await openLogKeys(place.files)).signer.verifierKey).toBe(signer.verifierKey);
  });

  it('are refused when the private key is an old one, or the history is not the log’s', async () => {
    const place = await openPlace();
    const { keyFile, historyFile } = place.files;
    await copyFile(keyFile, `${keyFile}.kept`);
    const { history, handover } = await prepareHandover(place);
    await handOver(place.files, history, handover);
    await copyFile(`${keyFile}.kept`, keyFile);
    await expectCode(() => openLogKeys(place.files), 'KEY_FILE_INVALID');
    await writeFile(historyFile, 'not a history');
    await expectCode(() => openLogKeys(place.files), 'PROOF_FILE_MALFORMED');
    await rm(historyFile);
    await expectCode(() => openLogKeys({ ...place.files, origin: 'other.example/log' }), 'KEY_FILE_INVALID');
  });
});
