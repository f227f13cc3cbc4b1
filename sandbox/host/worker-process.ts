import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import type { Readable } from 'node:stream';

import { FrameError, readFrames } from '../wire/frames.ts';
import {
  decodeWorkerMessage,
  encodeHostMessage,
  type HostMessage,
  maxWorkerFrameBytes,
  type WorkerMessage,
} from '../wire/messages.ts';
import { ANSWER_FD, bubblewrapArguments, INSIDE, nodeArguments } from './bubblewrap.ts';
import { closingArguments, LAST_KEPT_FD } from './closing-step.ts';
import { DEVELOPMENT_WORD } from './development-wall.ts';
import { TOOL_PATH } from './host-tools.ts';
import { limitArguments, type WorkerBudget } from './limits.ts';
import type { RuntimeFolder } from './runtime-folder.ts';
import type { SeccompMode } from './seccomp-program.ts';
import type { WallLayer } from './wall-layer.ts';
import { asUser, type WorkerUsers } from './worker-users.ts';

/** What runs behind the wall, and with what. */
export interface WorkerProgram {
  runtime: RuntimeFolder;
  budget: WorkerBudget;
  /** Path below the code folder. */
  script: string;
  /** What the script is told; nothing by default. */
  scriptArguments?: readonly string[];
  seccomp: SeccompMode;
  /** Whom workers run as. */
  users: WorkerUsers;
  /** Steps in bubblewrap's place, behind the development wall only; a list that may be empty. */
  development?: readonly string[];
  /** Layers left out, to show what they stop; none where real work is done. */
  without?: readonly WallLayer[];
}

/**
 * Longest start of a worker: hundreds of times the usual. A busy machine is not a broken one, and a job that cannot
 * wait has its own deadline.
 */
const MAX_START_MS = 60_000;

/** Messages that a worker may send whatever their size: a few for each column of a few blocks. */
const FREE_MESSAGE_COUNT = 5_000;

/** What those beyond must have on average: a flood of tiny ones costs the service much more than its worker. */
const MIN_MESSAGE_BYTES = 64;

/** One process behind the wall. It is used for one job and never again. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #messages: AsyncGenerator<WorkerMessage, void, undefined>;
  /** Payloads of all that it was sent. */
  sentBytes = 0;
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
      // Not by its silence alone: what bubblewrap leaves behind when it is killed while it sets up keeps the pipe open.
      const first = await Promise.race([this.#messages.next(), this.gone.then(() => null)]);
      return first !== null && first.done !== true && first.value.kind === 'ready';
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The outermost process of the wall; undefined when nothing could be started. */
  get pid(): number | undefined {
    return this.#child.pid;
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
    stdin.cork();
    let hasRoom = true;
    for (const part of encodeHostMessage(message)) {
      this.sentBytes += part.byteLength;
      hasRoom = stdin.write(part);
    }
    stdin.uncork();
    if (hasRoom) return true;
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
  let tinyCount = 0;
  for await (const frame of readFrames(answers as AsyncIterable<Uint8Array>, maxWorkerFrameBytes)) {
    tinyCount = Math.max(0, tinyCount + 1 - frame.payload.byteLength / MIN_MESSAGE_BYTES);
    if (tinyCount > FREE_MESSAGE_COUNT) throw new FrameError('too many messages say next to nothing');
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
export function spawnBehindWall(program: WorkerProgram, planted: readonly number[] = []): ChildProcess {
  const { runtime, seccomp, users, without = [] } = program;
  const [command, ...rest] = commandLine(program) as [string, ...string[]];
  const user = without.includes('own-user') ? null : users.claim();
  // Opened anew each time: bubblewrap reads from the descriptor's position, which shared descriptors share.
  const seccompFd = fs.openSync(runtime.seccomp[seccomp], 'r');
  try {
    const child = spawn(command, rest, {
      ...(user === null ? null : asUser(user)),
      cwd: '/',
      env: { PATH: TOOL_PATH },
      stdio: ['pipe', 'ignore', 'ignore', 'pipe', seccompFd, ...planted],
    });
    if (user !== null) for (const end of ['exit', 'error']) child.once(end, user.giveBack);
    return child;
  } catch (error) {
    user?.giveBack();
    throw error;
  } finally {
    fs.closeSync(seccompFd);
  }
}

/** Gives the whole command line of a worker, from the first layer to the program. */
export function commandLine(program: WorkerProgram): string[] {
  if (program.development !== undefined) return developmentLine(program, program.development);
  const { runtime, budget, script, scriptArguments = [], users, without = [] } = program;
  const has = (layer: WallLayer) => !without.includes(layer);
  const places = has('namespaces') ? INSIDE : { node: runtime.node, code: runtime.code };
  return [
    ...(has('closing-step') ? closingArguments(has('seccomp') ? LAST_KEPT_FD : ANSWER_FD) : []),
    ...(has('limits') ? limitArguments(budget, users.processCount) : []),
    ...bubblewrapArguments(runtime, without),
    ...nodeArguments(places.node, `${places.code}/${script}`, budget),
    ...scriptArguments,
  ];
}

function developmentLine(
  { runtime, budget, script, scriptArguments = [], users }: WorkerProgram,
  steps: readonly string[],
): string[] {
  return [
    ...closingArguments(ANSWER_FD),
    ...limitArguments(budget, users.processCount),
    ...steps,
    ...nodeArguments(runtime.node, `${runtime.code}/${script}`, budget),
    DEVELOPMENT_WORD,
    ...scriptArguments,
  ];
}
