import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const serverMain = new URL('../api/main.ts', import.meta.url).pathname;

/**
 * Runs a command of the server's own program, which prints for itself.
 *
 * `token`, `doctor` and `keys` need the data directory or the wall themselves; a client of the contract has neither.
 *
 * @returns its exit code
 */
export function runServerCommand(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [serverMain, ...args], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * Mints a token with the server's own program.
 *
 * @param args its options: `--data`, `--principal`, `--member`, `--role` and what else it knows
 * @throws {Error} with what the program said, when it mints none
 */
export async function mintToken(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [serverMain, 'token', ...args]);
  return stdout.trim();
}
