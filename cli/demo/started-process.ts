import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

// A cold start reads keys and tries the wall; a minute means that it will never come.
const readyDeadlineMs = 180_000;
// Long enough to close files in good order.
const stopDeadlineMs = 15_000;
const shownLogLines = 15;

/** A program of the story that runs as its own process and said in one line of JSON that it is ready. */
export class StartedProcess {
  readonly #child: ChildProcess;
  /** What it said: addresses by name. */
  readonly ready: Readonly<Record<string, string>>;

  private constructor(child: ChildProcess, ready: Readonly<Record<string, string>>) {
    this.#child = child;
    this.ready = ready;
  }

  /**
   * Starts a program of this project and waits until it is ready. Its log goes to a file.
   *
   * @throws {Error} with the end of its log, when it ends before it is ready
   */
  static async start(main: string, args: readonly string[], logPath: string): Promise<StartedProcess> {
    const child = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', openSync(logPath, 'a', 0o600)],
    });
    // However the story ends, a broken-off one included, no program of it lives on.
    const reap = (): void => void child.kill('SIGKILL');
    process.prependListener('exit', reap);
    child.once('exit', () => process.off('exit', reap));
    const deadline = AbortSignal.timeout(readyDeadlineMs);
    const line = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line', { signal: deadline });
    const ended = once(child, 'exit', { signal: deadline }).then(() => undefined);
    const first = await Promise.race([line, ended]).catch(() => undefined);
    if (first === undefined) {
      child.kill('SIGKILL');
      throw new Error(`\`${main}\` did not start; the end of its log:\n${logEnd(logPath)}`);
    }
    ended.catch(() => undefined);
    return new StartedProcess(child, JSON.parse(String(first[0])) as Record<string, string>);
  }

  /**
   * Reads one of the addresses that the program said it listens on.
   *
   * @throws {Error} when it said none of that name
   */
  address(name: string): string {
    const address = this.ready[name];
    if (address === undefined) throw new Error(`the program did not say where \`${name}\` is`);
    return address;
  }

  /** Ends the program in good order, or, when it does not listen, at once. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopDeadlineMs);
    await gone;
    clearTimeout(timer);
  }
}

function logEnd(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-shownLogLines).join('\n');
}
