import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type PeerReply, readReply } from './peer-protocol.ts';

/** What a side printed: libraries are talkative, and a failed one should say why to whoever runs the bench. */
export interface SideProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** File that takes what is printed beside the protocol. */
  readonly notes: string;
  /** Longest wait for one reply. */
  readonly replyMs: number;
}

/** A process that has a question and answers it as often as it is asked. */
export class AskedSide implements Disposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #replyMs: number;

  private constructor(child: ChildProcess, replyMs: number) {
    if (child.stdout === null) throw new Error('a side has no output');
    this.#child = child;
    this.#replyMs = replyMs;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts a side and gives it the question. */
  static start({ command, args, notes, replyMs }: SideProgram, asked: string): AskedSide {
    // A group of its own: Spark leaves processes of its own behind otherwise.
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', openSync(notes, 'w')], detached: true });
    // A side that ends early is noticed by its missing reply.
    child.on('error', () => undefined);
    child.stdin?.on('error', () => undefined);
    const side = new AskedSide(child, replyMs);
    side.#write(asked);
    return side;
  }

  /** The reply to the question: loaded or refused. */
  async loaded(): Promise<Exclude<PeerReply, { kind: 'answered' }>> {
    const reply = await this.#reply();
    if (reply.kind === 'answered') throw new Error('a side answered before it was asked');
    return reply;
  }

  /** Asks once. */
  async answer(): Promise<Extract<PeerReply, { kind: 'answered' }>> {
    this.#write('run');
    const reply = await this.#reply();
    if (reply.kind !== 'answered') throw new Error('a side that had loaded gave no answer');
    return reply;
  }

  async #reply(): Promise<PeerReply> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#replyMs);
    const isLate = new Promise<never>((_, reject) => {
      late.signal.addEventListener('abort', () => {
        reject(new Error(`it gave no answer within ${this.#replyMs / 1_000} seconds`));
      });
    });
    try {
      const { value, done } = await Promise.race([this.#lines.next(), isLate]);
      if (done) throw new Error('it ended without an answer');
      return readReply(value);
    } finally {
      clearTimeout(timer);
    }
  }

  #write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  [Symbol.dispose](): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
