import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

// A cold start reads keys and tries the wall; three minutes mean that it will never come.
const READY_MS = 180_000;
// Long enough to close files in good order.
const STOP_MS = 15_000;
const SHOWN_LOG_LINES = 15;

/** A program that runs as its own process and said in one line of JSON where it listens. */
export class StartedProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ready: Readonly<Record<string, unknown>>;

  private constructor(child: ChildProcess, ready: Readonly<Record<string, unknown>>) {
    this.#child = child;
    this.#ready = ready;
  }

  /**
   * Starts a program of this repository and waits until it listens. Its log goes to a file.
   *
   * @throws {Error} with the end of its log, when it ends instead
   */
  static async start(main: URL, args: readonly string[], logPath: string): Promise<StartedProcess> {
    const log = openSync(logPath, 'a', 0o600);
    const child = spawn(process.execPath, [main.pathname, ...args], { stdio: ['ignore', 'pipe', log] });
    // However the story ends, a broken-off one included, no program of it lives on.
    const reap = (): void => void child.kill('SIGKILL');
    process.prependListener('exit', reap);
    child.once('exit', () => process.off('exit', reap));
    const signal = AbortSignal.timeout(READY_MS);
    const line = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line', { signal });
    const ended = once(child, 'exit', { signal }).then(() => undefined);
    ended.catch(() => undefined);
    const first = await Promise.race([line, ended]).catch(() => undefined);
    if (first === undefined) {
      child.kill('SIGKILL');
      const end = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-SHOWN_LOG_LINES).join('\n');
      throw new Error(`\`${main.pathname}\` did not start; the end of its log:\n${end}`);
    }
    return new StartedProcess(child, JSON.parse(String(first[0])) as Record<string, unknown>);
  }

  /** One of the addresses that it said it listens on. */
  address(name: string): string {
    const address = this.#ready[name];
    if (typeof address !== 'string') throw new Error(`the program did not say where \`${name}\` is`);
    return address;
  }

  /** Ends it in good order, or, when it does not listen, at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }
}
