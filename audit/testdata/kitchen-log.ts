import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CheckpointSigner, signerFromSeed } from '../checkpoint/checkpoint-signer.ts';
import type { EntryBody, EntryKind, JsonValue } from '../entry/index.ts';
import { toLeaf } from '../entry/leaf.ts';
import { CompactRange, leafHash } from '../merkle/index.ts';

/** The origin of the logs in tests. */
export const ORIGIN = 'kitchen.example/log';

/** A signer whose key is the same in every run. */
export function testSigner(origin: string = ORIGIN, fill = 7): CheckpointSigner {
  return signerFromSeed(origin, Buffer.alloc(32, fill));
}

/** An empty folder, gone when the test is. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'galley-audit-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** An entry about a question, so many seconds after noon. */
export function entryOf(kind: EntryKind, subject: Record<string, JsonValue> = {}, second = 0): EntryBody {
  return {
    kind,
    at: new Date(Date.UTC(2031, 4, 1, 12, 0, second)).toISOString(),
    actor: { principal: 'mei', member: 'noodle-house' },
    collaboration: 'spring-menu',
    subject,
  };
}

/** A lawful history of one question, from submission to release, then a reading of the log. */
export function lawfulHistory(): EntryBody[] {
  const question = { question: 'q-1' };
  return [
    entryOf('service-started', {}, 0),
    entryOf('question-submitted', question, 1),
    entryOf('budget-reserved', { ...question, epsilonMicros: 250_000 }, 2),
    entryOf('question-admitted', question, 3),
    entryOf('release-made', question, 4),
    entryOf('log-read', { from: 0, limit: 4 }, 5),
  ];
}

/** The log an operator shows: leaves, and a checkpoint signed over exactly those leaves. */
export async function signedLeaves(leaves: readonly Uint8Array[], signer = testSigner()): Promise<{ leaves: Uint8Array[]; checkpoint: string }> {
  const tree = new CompactRange();
  for (const leaf of leaves) tree.append(leafHash(leaf));
  return { leaves: [...leaves], checkpoint: await signer.sign({ treeSize: tree.size, rootHash: tree.root() }) };
}

/** Leaves of a history. */
export function leavesOf(history: readonly EntryBody[]): Uint8Array[] {
  return history.map(toLeaf);
}

/** A list as the stream it would be read from. */
export async function* stream<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
