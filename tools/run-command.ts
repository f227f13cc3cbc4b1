import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository; every tool runs there, wherever it was called from. */
export const root: string = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** How a command ended: its exit code (1 when it could not start or died by a signal) and all it printed. */
export interface CommandEnd {
  readonly code: number;
  readonly output: string;
  readonly stdout: string;
}

/** Runs a command of `node_modules/.bin` (found by PATH) in the repository's folder and collects what it prints. */
export function runCommand(command: string, args: readonly string[]): Promise<CommandEnd> {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const all: string[] = [];
    const out: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      all.push(text);
      out.push(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => all.push(text));
    child.on('error', (error) => done({ code: 1, output: `cannot start ${command}: ${error.message}\n`, stdout: '' }));
    child.on('close', (code) => done({ code: code ?? 1, output: all.join(''), stdout: out.join('') }));
  });
}
