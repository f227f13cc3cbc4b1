import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const START_MS = 180_000; // a start proves two walls; three minutes mean that it will never come
const STOP_MS = 20_000; // calls and deliveries under way may end first

/** A program of this project as its own process, which said in one line of JSON where it listens. */
export class ServiceProcess {
  readonly #child: ChildProcess;
  /** What it said: addresses by name. */
  readonly ready: Readonly<Record<string, string>>;

  private constructor(child: ChildProcess, ready: Readonly<Record<string, string>>) {
    this.#child = child;
    this.ready = ready;
  }

  /**
   * Starts a program and waits until it listens; its log is appended to a file.
   *
   * @param prefix a command that starts the rest of its line, in another place or with other rights
   * @throws {Error} with its log, when it ends instead
   */
  static async start(
    main: URL,
    args: readonly string[],
    logPath: string,
    prefix: readonly string[] = [],
  ): Promise<ServiceProcess> {
    const [command = '', ...rest] = [...prefix, process.execPath, main.pathname, ...args];
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', openSync(logPath, 'a', 0o600)],
    });
    // However a test ends, none of its programs outlives it.
    const reap = (): void => void child.kill('SIGKILL');
    process.prependListener('exit', reap);
    child.once('exit', () => process.off('exit', reap));
    const signal = AbortSignal.timeout(START_MS);
    const line = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line', { signal });
    const ended = once(child, 'exit', { signal }).then(() => undefined);
    ended.catch(() => undefined);
    const first = await Promise.race([line, ended]).catch(() => undefined);
    if (first === undefined) {
      child.kill('SIGKILL');
      throw new Error(`\`${main.pathname}\` did not start:\n${readFileSync(logPath, 'utf8')}`);
    }
    return new ServiceProcess(child, JSON.parse(String(first[0])) as Record<string, string>);
  }

  /** One of the addresses it said it listens on. */
  address(name = 'listening'): string {
    const address = this.ready[name];
    if (address === undefined) throw new Error(`the program did not say where \`${name}\` is`);
    return address;
  }

  /** Its process. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Tells whether it has not ended. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it with a signal, waits until it is gone, and answers its exit code: null when a signal ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    const [code] = (await gone) as [number | null];
    clearTimeout(timer);
    return code;
  }

  /** The programs that run behind its wall now. Those that are still on their way in are left out. */
  workers(): number[] {
    const processes = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (statusOf(name) ?? []) : []));
    const entrances = new Set(processes.filter(({ parent }) => parent === this.#child.pid).map(({ pid }) => pid));
    const isInside = ({ parent, name }: ProcessStatus): boolean => entrances.has(parent) && name !== 'bwrap';
    return processes.filter(isInside).map(({ pid }) => pid);
  }
}

interface ProcessStatus {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
}

function statusOf(pid: string): ProcessStatus | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, name, rest] = /^\d+ \((.*)\) \S (\d+)/s.exec(text) ?? [];
    return { pid: Number(pid), name: name ?? '', parent: Number(rest) };
  } catch {
    // It has ended between the listing and the reading.
    return undefined;
  }
}
