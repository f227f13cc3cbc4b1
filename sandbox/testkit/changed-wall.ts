// The host as it ships, over workers that do not: what the host makes of a worker that has been taken over is seen only
// where its own code speaks with one.
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { wallOver } from '../host/open-wall.ts';
import { type RuntimeFolder, stageRuntime } from '../host/runtime-folder.ts';
import type { Wall } from '../wall.ts';
import { workerUsers } from './native-attacker.ts';
import { assembleLiar, type LiarsEnd } from './native-program.ts';

const BUDGET = { engineMemoryMib: 512, cpuSeconds: 120 };

let ownFolder: string | null = null;

function folder(): string {
  if (ownFolder !== null) return ownFolder;
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-changed-'));
  fs.chmodSync(made, 0o755);
  process.once('exit', () => fs.rmSync(made, { recursive: true, force: true }));
  ownFolder = made;
  return made;
}

function wallOn(runtime: RuntimeFolder): Wall {
  return wallOver({ runtime, budget: BUDGET, users: workerUsers() }, { spareCount: 0, maxRunning: 2 });
}

/** Opens a wall whose every worker says the given bytes, without listening. */
export function wallOfLiars(answer: Uint8Array, end: LiarsEnd): Wall {
  const program = path.join(folder(), randomUUID());
  fs.writeFileSync(program, assembleLiar(answer, end), { mode: 0o555 });
  const wall = wallOn({ ...stageRuntime(), node: program });
  return {
    ...wall,
    close: async () => {
      await wall.close();
      fs.rmSync(program, { force: true });
    },
  };
}

/**
 * Opens a wall whose workers run changed code: `change` gives the new text of a file below the code folder.
 *
 * @throws {Error} when a file did not change: an attack on it would show nothing
 */
export function wallOfChanged(changes: Readonly<Record<string, (source: string) => string>>): Wall {
  const runtime = stageRuntime();
  const code = path.join(folder(), randomUUID());
  fs.cpSync(runtime.code, code, { recursive: true });
  for (const [name, change] of Object.entries(changes)) {
    const file = path.join(code, name);
    const source = fs.readFileSync(file, 'utf8');
    const changed = change(source);
    if (changed === source) throw new Error(`the staged file \`${name}\` has no such place to change any more`);
    fs.chmodSync(file, 0o644);
    fs.writeFileSync(file, changed);
  }
  return wallOn({ ...runtime, code });
}
