import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditLog, type CheckpointSigner, type EntryBody, openLog, parseLeaf } from '../audit/index.ts';

/** The origin of the logs here. */
export const ORIGIN = 'bench.example/log';

/** Entries that are appended before anything is waited for: enough to fill groups. */
const IN_FLIGHT_COUNT = 8_192;
/** Tellings are so far apart. */
const TELLING_MS = 60_000;
const FIRST_MS = Date.UTC(2031, 0, 1);

/** Whatever the service names by an id of its own; digests have no prefix. */
const ID = /\b[a-z]{1,10}-[0-9a-f]{32}\b/g;

/**
 * The history of a real service, told again and again under new names: each telling is lawful in itself, and as long and
 * as varied as what a service writes.
 */
export class Story {
  readonly #leaves: readonly string[];
  readonly #question: string;
  #toldCount = 0;

  /** @param question one whose entries are those of a typical question */
  constructor(leaves: readonly Uint8Array[], question: string) {
    this.#leaves = leaves.map((leaf) => Buffer.from(leaf).toString());
    this.#question = question;
  }

  /** Bytes of a leaf, on the average. */
  get leafBytes(): number {
    return this.#leaves.reduce((sum, leaf) => sum + Buffer.byteLength(leaf), 0) / this.#leaves.length;
  }

  /** The whole history once more. */
  tell(): readonly EntryBody[] {
    return this.#retold(this.#leaves);
  }

  /** The entries of the typical question alone. */
  tellQuestion(): readonly EntryBody[] {
    return this.#retold(this.#leaves.filter((leaf) => leaf.includes(this.#question)));
  }

  #retold(leaves: readonly string[]): readonly EntryBody[] {
    const names = new Map<string, string>();
    const rename = (id: string): string => {
      const name = names.get(id) ?? `${id.split('-')[0]}-${randomBytes(16).toString('hex')}`;
      names.set(id, name);
      return name;
    };
    const at = new Date(FIRST_MS + this.#toldCount * TELLING_MS).toISOString();
    this.#toldCount += 1;
    return leaves.map((leaf) => {
      const { kind, actor, collaboration, subject } = parseLeaf(Buffer.from(leaf.replaceAll(ID, rename)));
      return { kind, at, actor, collaboration, subject };
    });
  }
}

/** Opens the log that grows here. */
export function openGrowingLog(directory: string, signer: CheckpointSigner): Promise<AuditLog> {
  return openLog({ directory, origin: ORIGIN, signer });
}

/** Tells the story until a log has so many entries, or a few more, and has signed them. */
export async function growTo(log: AuditLog, treeSize: number, story: Story): Promise<void> {
  while (log.treeSize < treeSize) {
    const waiting: Promise<unknown>[] = [];
    const lacking = Math.min(IN_FLIGHT_COUNT, treeSize - log.treeSize);
    while (waiting.length < lacking) waiting.push(...story.tell().map((entry) => log.append(entry)));
    await Promise.all(waiting);
  }
  await log.checkpoint();
}

/** Bytes of all files of a directory. */
export function bytesIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
