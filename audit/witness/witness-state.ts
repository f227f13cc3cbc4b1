// What a witness must never forget. A witness that lost its memory and kept its key would sign a second history as if it
// were the first, so the two are opened together: a key without a memory is refused.

import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditLogError } from '../audit-log-error.ts';
import {
  type Checkpoint,
  type CosignatureKey,
  cosignedAt,
  openWitnessKey,
  parseCheckpoint,
  parseNote,
  parseWitnessKey,
  witnessKeyOf,
} from '../checkpoint/index.ts';
import { createFileOnce, lockDirectory, replaceFile } from '../disk/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';

const OWNER_ONLY_MODE = 0o700;

/** The version of the file's shape. */
const STATE_VERSION = 1;

/** Most files of evidence kept: only who has a log's key can cause one, and must not fill the disk with them. */
const MAX_EVIDENCE_COUNT = 1_000;

/** The notes that a witness signed last, by the origin of their log, on disk. One process has them at a time. */
export class WitnessState {
  readonly key: CosignatureKey;
  readonly #directory: string;
  readonly #notes: Map<string, string>;
  readonly #lock: { release(): void };

  private constructor(parts: {
    readonly key: CosignatureKey;
    readonly directory: string;
    readonly notes: Map<string, string>;
    readonly lock: { release(): void };
  }) {
    this.key = parts.key;
    this.#directory = parts.directory;
    this.#notes = parts.notes;
    this.#lock = parts.lock;
  }

  /**
   * Opens a witness's folder, and makes key and memory when both are not there.
   *
   * @throws {AuditLogError} `LOG_LOCKED`, `WITNESS_STATE_INVALID`, and what is wrong with a key file
   */
  static async open(directory: string, name: string): Promise<WitnessState> {
    await mkdir(join(directory, 'evidence'), { recursive: true, mode: OWNER_ONLY_MODE });
    const lock = lockDirectory(directory);
    try {
      const keyFile = join(directory, 'witness.key');
      const stateFile = join(directory, 'state.json');
      if (!existsSync(stateFile)) {
        if (existsSync(keyFile)) throw invalid('is gone, and its key is not; make a new witness with another name');
        await createFileOnce(stateFile, Buffer.from(formatState(new Map()), 'utf8'));
      }
      const text = await readFile(stateFile, 'utf8');
      const key = await openWitnessKey(keyFile, name);
      return new WitnessState({ key, directory, notes: parseState(text, key), lock });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** The tree signed last for a log; undefined when there is none. */
  latest(origin: string): Checkpoint | undefined {
    const note = this.#notes.get(origin);
    return note === undefined ? undefined : parseCheckpoint(note);
  }

  /** The note signed last for a log, with the signatures of the log and of this witness. */
  note(origin: string): string | undefined {
    return this.#notes.get(origin);
  }

  /** The note of the log whose origin has this hash: the name under which monitors ask for it. */
  noteByHash(originHash: string): string | undefined {
    return [...this.#notes].find(([origin]) => hash('sha256', origin, 'hex') === originHash)?.[1];
  }

  /** Remembers what is about to be signed; durable when this returns. One call at a time. */
  async remember(origin: string, note: string): Promise<void> {
    const after = new Map(this.#notes).set(origin, note);
    await replaceFile(join(this.#directory, 'state.json'), Buffer.from(formatState(after), 'utf8'));
    this.#notes.set(origin, note);
  }

  /** Keeps evidence; the same is kept once. Answers its name; undefined when there is no room for more. */
  async keepEvidence(text: string): Promise<string | undefined> {
    const folder = join(this.#directory, 'evidence');
    const name = `${hash('sha256', text, 'hex').slice(0, 16)}.json`;
    const kept = await readdir(folder);
    if (kept.length >= MAX_EVIDENCE_COUNT && !kept.includes(name)) return undefined;
    await createFileOnce(join(folder, name), Buffer.from(text, 'utf8'));
    return join(folder, name);
  }

  close(): void {
    this.#lock.release();
  }
}

function formatState(notes: ReadonlyMap<string, string>): string {
  return `${JSON.stringify({ version: STATE_VERSION, latest: Object.fromEntries(notes) }, null, 2)}\n`;
}

function parseState(text: string, key: CosignatureKey): Map<string, string> {
  const witness = parseWitnessKey(witnessKeyOf(key));
  try {
    const { version, latest } = (JSON.parse(text) ?? {}) as { version?: unknown; latest?: Record<string, unknown> };
    if (version !== STATE_VERSION || latest === undefined) throw invalid('is of no known version');
    return new Map(
      Object.entries(latest).map(([origin, note]) => {
        if (typeof note !== 'string' || parseCheckpoint(note).origin !== origin) throw invalid('is damaged');
        // What it signed itself it need not believe the disk about.
        if (cosignedAt(parseNote(note), witness) === undefined) throw invalid('has a tree that its key did not sign');
        return [origin, note];
      }),
    );
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof LogVerificationError) throw invalid('is damaged');
    throw error;
  }
}

function invalid(what: string): AuditLogError {
  return new AuditLogError('WITNESS_STATE_INVALID', `memory of the witness (\`state.json\`) ${what}`);
}
