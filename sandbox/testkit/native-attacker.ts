import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Readable, Writable } from 'node:stream';

import { ANSWER_FD } from '../host/bubblewrap.ts';
import type { WorkerBudget } from '../host/limits.ts';
import { type RuntimeFolder, stageRuntime } from '../host/runtime-folder.ts';
import type { SeccompMode } from '../host/seccomp-program.ts';
import type { WallLayer } from '../host/wall-layer.ts';
import { spawnBehindWall } from '../host/worker-process.ts';
import { openWorkerUsers, type WorkerUsers } from '../host/worker-users.ts';
import { FREE_ADDRESS, FREE_BYTES } from './machine-code.ts';
import { assembleNativeProgram, RECORD_BYTES, SPIN_CODE, splitCode } from './native-program.ts';

/** How an attacker is put behind the wall. */
export interface AttackerPlace {
  without?: readonly WallLayer[];
  /** What ships is `kill`. */
  seccomp?: SeccompMode;
  budget?: Partial<WorkerBudget>;
  /** Descriptors that the service leaks on this start. */
  planted?: readonly number[];
}

/** Thrown when the attacker's process has ended; that is how most attacks end. */
export class AttackerDied extends Error {
  override name = 'AttackerDied';
  readonly signal: NodeJS.Signals | null;

  constructor(signal: NodeJS.Signals | null) {
    super(`the attacker's process has ended by ${signal ?? 'itself'}`);
    this.signal = signal;
  }
}

/** Small, so that a memory bomb of a test is no bomb for the machine that runs it. */
const ATTACKER_BUDGET: WorkerBudget = { engineMemoryMib: 128, cpuSeconds: 60 };

/** How bubblewrap and shells report a death by a signal. */
const SIGNAL_EXIT_BASE = 128;

/** What a chain consists of before its last program. */
const LAYER_PROGRAMS: ReadonlySet<string> = new Set(['perl', 'unshare', 'prlimit', 'bwrap']);

const CLONE_CALL = 56;
/** A `timespec` of an hour. */
const FOREVER: Uint8Array = new Uint8Array(new BigInt64Array([3_600n, 0n]).buffer);

const ARGUMENT_COUNT = 6;
const ALIGNMENT_BYTES = 16;

let staged: RuntimeFolder | null = null;
let users: WorkerUsers | null = null;

/** The users of all attackers of this process. */
export function workerUsers(): WorkerUsers {
  users ??= openWorkerUsers();
  return users;
}

/** Stages the hostile program where a worker's Node would be, readable by the sandbox user. */
function stageNativeProgram(): RuntimeFolder {
  if (staged !== null) return staged;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-native-'));
  fs.chmodSync(folder, 0o755);
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const node = path.join(folder, 'node');
  fs.writeFileSync(node, assembleNativeProgram(), { mode: 0o555 });
  staged = { ...stageRuntime(), node };
  return staged;
}

/** A program with arbitrary code execution in the worker's place, started by the worker's own command line. */
export class NativeAttacker {
  readonly #child: ChildProcess;
  readonly #mark = `worker/${randomUUID()}.js`;
  readonly #answers: AsyncIterator<Uint8Array>;
  readonly #ended: Promise<NodeJS.Signals | null>;
  #buffer: Uint8Array = new Uint8Array(0);
  #free = FREE_ADDRESS;
  #thread: bigint | null = null;

  constructor(place: AttackerPlace = {}) {
    const { without = [], seccomp = 'kill', budget, planted = [] } = place;
    const runtime = stageNativeProgram();
    const program = {
      runtime,
      budget: { ...ATTACKER_BUDGET, ...budget },
      script: this.#mark,
      seccomp,
      without,
      users: workerUsers(),
    };
    this.#child = spawnBehindWall(program, planted);
    this.#child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(signal ?? signalOf(code)));
      this.#child.once('error', () => resolve(null));
    });
    this.#answers = (this.#child.stdio[ANSWER_FD] as Readable)[Symbol.asyncIterator]();
  }

  /** The hostile processes themselves, as the host numbers them; the layers' own programs left out. */
  get processes(): number[] {
    return this.#chain().filter((pid) => !LAYER_PROGRAMS.has(nameOf(pid)));
  }

  /** Puts bytes into the attacker's memory and gives their address. */
  async place(bytes: Uint8Array): Promise<bigint> {
    const address = this.reserve(bytes.byteLength);
    this.#send(0, 39, [], bytes, address);
    await this.#result();
    return address;
  }

  /** Gives the address of a text that ends in NUL. */
  text(text: string): Promise<bigint> {
    return this.place(Buffer.from(`${text}\0`));
  }

  /** Sets bytes of its memory aside; zero, unless something was there before. */
  reserve(byteCount: number): bigint {
    const address = this.#free;
    this.#free += Math.ceil(Math.max(byteCount, 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    if (this.#free > FREE_ADDRESS + FREE_BYTES) throw new Error('the attacker has no room for more bytes');
    return BigInt(address);
  }

  /**
   * Makes a system call and gives what the kernel answers: below 0 is `-errno`.
   *
   * @throws {AttackerDied} when it was the last thing that the process did
   */
  async call(number: number, ...args: readonly (number | bigint)[]): Promise<bigint> {
    this.#send(0, number, args);
    return await this.#result();
  }

  /** Runs code; its arguments are in the registers of a system call. */
  async run(code: Uint8Array, ...args: readonly (number | bigint)[]): Promise<bigint> {
    const address = await this.place(code);
    this.#send(1, Number(address), args);
    return await this.#result();
  }

  /** Makes a thread that sleeps for ever, and gives its number. */
  async splitThread(flags: number, stack: bigint, numberPlace: bigint): Promise<bigint> {
    this.#thread ??= await this.place(splitCode(CLONE_CALL, Number(await this.place(FOREVER))));
    this.#send(1, Number(this.#thread), [flags, stack, numberPlace, numberPlace, numberPlace]);
    return await this.#result();
  }

  /** Stays without ever reading on: the end of its input is then no end for it. */
  async stay(): Promise<void> {
    const address = await this.place(SPIN_CODE);
    this.#send(1, Number(address), []);
  }

  /** Makes a system call that may turn the process into another, and gives what is written on its channel next. */
  async tell(number: number, ...args: readonly (number | bigint)[]): Promise<string> {
    this.#send(0, number, args);
    return await this.nextText();
  }

  /** Reads its memory: the host's way of looking at what an attack found. */
  async peek(address: bigint, byteCount: number): Promise<Uint8Array> {
    this.#send(0, 1, [ANSWER_FD, address, byteCount]);
    const bytes = await this.#take(byteCount);
    await this.#result();
    return bytes;
  }

  /** Reads what comes next on the answer descriptor, whoever writes it; empty when nobody does any more. */
  async nextText(): Promise<string> {
    const next = await this.#answers.next().catch(() => ({ done: true as const, value: undefined }));
    return next.done === true ? '' : Buffer.from(next.value).toString();
  }

  /** Ends the chain as the host ends a worker, and waits until it is gone. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.stdin?.destroy();
    (this.#child.stdio[ANSWER_FD] as Readable).destroy();
    await this.#ended;
  }

  /** Ends whatever has got away from `end`: no attack may outlive its test. */
  sweep(): void {
    for (const pid of this.#chain()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  // The script that no native program reads is in each command line, and so marks this chain's processes.
  #chain(): number[] {
    return fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => commandOf(pid).includes(this.#mark));
  }

  #send(kind: number, number: number, args: readonly (number | bigint)[], bytes?: Uint8Array, to = 0n): void {
    const record = new DataView(new ArrayBuffer(RECORD_BYTES));
    record.setBigUint64(0, BigInt(kind), true);
    record.setBigUint64(8, BigInt(number), true);
    for (let index = 0; index < ARGUMENT_COUNT; index += 1) {
      record.setBigUint64(16 + index * 8, BigInt.asUintN(64, BigInt(args[index] ?? 0)), true);
    }
    record.setBigUint64(64, BigInt(bytes?.byteLength ?? 0), true);
    record.setBigUint64(72, to, true);
    const stdin = this.#child.stdin as Writable;
    stdin.write(new Uint8Array(record.buffer));
    if (bytes !== undefined && bytes.byteLength > 0) stdin.write(bytes);
  }

  async #result(): Promise<bigint> {
    const bytes = await this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
  }

  async #take(byteCount: number): Promise<Uint8Array> {
    while (this.#buffer.byteLength < byteCount) {
      const next = await this.#answers.next().catch(() => ({ done: true as const, value: undefined }));
      if (next.done === true) throw new AttackerDied(await this.#ended);
      this.#buffer = Buffer.concat([this.#buffer, next.value]);
    }
    const taken = this.#buffer.slice(0, byteCount);
    this.#buffer = this.#buffer.subarray(byteCount);
    return taken;
  }
}

function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

function nameOf(pid: number): string {
  return path.basename(commandOf(pid).split('\0')[0] ?? '');
}

function signalOf(exitCode: number | null): NodeJS.Signals | null {
  const number = (exitCode ?? 0) - SIGNAL_EXIT_BASE;
  const found = Object.entries(os.constants.signals).find(([, value]) => value === number);
  return found === undefined ? null : (found[0] as NodeJS.Signals);
}
