import { type CheckpointSigner, handoverSigner, type KeyHistory, newKeyHistory } from '../checkpoint/index.ts';
import { type AuditLog, openLog } from '../log/index.ts';
import { entryOf, ORIGIN, testSigner } from './kitchen-log.ts';

/** A log whose key has changed as often as there are signers after the first, open under the newest. */
export interface RotatedLog {
  readonly log: AuditLog;
  readonly history: KeyHistory;
  readonly signers: readonly CheckpointSigner[];
  /** A checkpoint of each key, from just before it was replaced; the last is the newest of all. */
  readonly checkpoints: readonly string[];
}

/** Opens a log in an empty folder and changes its key twice, with entries in between. The keys are always the same. */
export async function rotatedLog(directory: string): Promise<RotatedLog> {
  const signers = [7, 8, 9].map((fill) => testSigner(ORIGIN, fill));
  const [first, ...later] = signers as [CheckpointSigner, ...CheckpointSigner[]];
  let history = newKeyHistory(first.verifierKey);
  const checkpoints: string[] = [];
  let last = first;
  for (const next of later) {
    const before = await openLog({ directory, origin: ORIGIN, signer: last });
    await appendSome(before);
    checkpoints.push(await before.checkpoint());
    await before.close();
    history = await handOver(directory, history, [last, next]);
    last = next;
  }
  const log = await openLog({ directory, origin: ORIGIN, signer: last });
  await appendSome(log);
  checkpoints.push(await log.checkpoint());
  return { log, history, signers, checkpoints };
}

async function appendSome(log: AuditLog): Promise<void> {
  for (let second = 0; second < 5; second += 1) await log.append(entryOf('log-read', { from: second }));
}

async function handOver(
  directory: string,
  history: KeyHistory,
  [from, to]: readonly [CheckpointSigner, CheckpointSigner],
): Promise<KeyHistory> {
  const log = await openLog({ directory, origin: ORIGIN, signer: handoverSigner(from, to) });
  const subject = { key: 'log', from: from.verifierKey, to: to.verifierKey };
  const { leafIndex } = await log.append(entryOf('key-rotated', subject));
  const note = await log.checkpoint();
  const [read] = await Array.fromAsync(log.read(leafIndex, 1));
  const inclusionProof = await log.inclusionProof(leafIndex, log.treeSize);
  await log.close();
  const handover = { note, leafIndex, leaf: read?.leaf as Uint8Array, inclusionProof };
  return { ...history, handovers: [...history.handovers, handover] };
}
