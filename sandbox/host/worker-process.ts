import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import type { Readable } from 'node:stream';

import { encodeFrameHeader, readFrames } from '../wire/frames.ts';
import {
  decodeWorkerMessage,
  encodeHostMessage,
  type HostMessage,
  maxWorkerFrameBytes,
  type WorkerMessage,
} from '../wire/messages.ts';
import {
  ANSWER_FD,
  bubblewrapArguments,
  INSIDE,
  limitArguments,
  nodeArguments,
  type WorkerBudget,
} from './bubblewrap.ts';
import { closingArguments } from './closing-step.ts';
import type { RuntimeFolder } from './runtime-folder.ts';
import { sandboxUser } from './sandbox-user.ts';
import type { SeccompMode } from './seccomp-program.ts';

/** What runs behind the wall, and with what. */
export interface WorkerProgram {
  runtime: RuntimeFolder;
  budget: WorkerBudget;
  /** Path below the code folder. */
  script: string;
  seccomp: SeccompMode;
}

/**
 * Longest start of a worker: hundreds of times the usual. A busy machine is not a broken one, and a job that cannot
 * wait has its own deadline.
 */
const MAX_START_MS = 60_000;

/** One process behind the wall. It is used for one job and never again. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #messages: AsyncGenerator<WorkerMessage, void, undefined>;
  /** Settles when the process is gone. */
  readonly gone: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>;

  // Spawned from the main thread only: --die-with-parent follows the thread that spawned, not the process.
  constructor(program: WorkerProgram) {
    this.#child = spawnBehindWall(program);
    this.gone = new Promise((resolve) => {
      this.#child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
      this.#child.once('error', () => resolve({ exitCode: null, signal: null }));
    });
    // A dead worker breaks the pipe; that is told by its missing answer.
    this.#child.stdin?.on('error', () => {});
    const answers = this.#child.stdio[ANSWER_FD] as Readable;
    this.#messages = readMessages(answers);
  }

  /** Waits until the worker has loaded everything; false when it dies or dawdles instead. */
  async ready(): Promise<boolean> {
    const timer = setTimeout(() => this.kill(), MAX_START_MS);
    try {
      const first = await this.#messages.next();
      return first.done !== true && first.value.kind === 'ready';
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells whether the process still runs. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Everything the worker says; it cannot say more until this is read. */
  get messages(): AsyncGenerator<WorkerMessage, void, undefined> {
    return this.#messages;
  }

  /** Sends one message and waits until the worker has room for the next; returns false when the worker is gone. */
  async send(message: HostMessage): Promise<boolean> {
    const { stdin } = this.#child;
    if (stdin === null || stdin.destroyed) return false;
    const { type, payload } = encodeHostMessage(message);
    stdin.write(encodeFrameHeader(type, payload.byteLength));
    if (stdin.write(payload)) return true;
    return await new Promise((resolve) => {
      const settle = (hasRoom: boolean) => {
        stdin.off('drain', onDrain);
        stdin.off('close', onClose);
        resolve(hasRoom);
      };
      const onDrain = () => settle(true);
      const onClose = () => settle(false);
      stdin.once('drain', onDrain);
      stdin.once('close', onClose);
    });
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
    this.#child.stdin?.destroy();
    (this.#child.stdio[ANSWER_FD] as Readable | null)?.destroy();
  }

  /** Lets the parent exit while this process waits for a job. */
  unref(): void {
    this.#child.unref();
    for (const pipe of [this.#child.stdin, this.#child.stdio[ANSWER_FD]])
      (pipe as { unref?: () => void } | null)?.unref?.();
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#child.ref();
    for (const pipe of [this.#child.stdin, this.#child.stdio[ANSWER_FD]])
      (pipe as { ref?: () => void } | null)?.ref?.();
  }
}

async function* readMessages(answers: Readable): AsyncGenerator<WorkerMessage, void, undefined> {
  for await (const frame of readFrames(answers as AsyncIterable<Uint8Array>, maxWorkerFrameBytes)) {
    yield decodeWorkerMessage(frame);
  }
}

/**
 * Starts a program behind the wall, its output on the answer descriptor; what it prints goes nowhere, since engine
 * text carries values.
 *
 * @param planted descriptors to pass on after the worker's own, as if the service had leaked them: the self-test
 * proves with them that none arrives
 */
export function spawnBehindWall(
  { runtime, budget, script, seccomp }: WorkerProgram,
  planted: readonly number[] = [],
): ChildProcess {
  const [command, ...closing] = closingArguments() as [string, ...string[]];
  const program = nodeArguments(INSIDE.node, `${INSIDE.code}/${script}`, budget);
  // Opened anew each time: bubblewrap reads from the descriptor's position, which shared descriptors share.
  const seccompFd = fs.openSync(runtime.seccomp[seccomp], 'r');
  try {
    return spawn(
      command,
      [...closing, ...limitArguments(budget), 'bwrap', ...bubblewrapArguments(runtime), ...program],
      {
        ...sandboxUser(),
        cwd: '/',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
        stdio: ['pipe', 'ignore', 'ignore', 'pipe', seccompFd, ...planted],
      },
    );
  } finally {
    fs.closeSync(seccompFd);
  }
}
