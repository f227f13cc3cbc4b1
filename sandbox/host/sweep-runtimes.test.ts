import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { holdFolder } from './folder-use.ts';
import { shareFile } from './share-files.ts';
import { sweepRuntimes } from './sweep-runtimes.ts';

const DAY_MS = 86_400_000;
const TOOLS = `tools-${'a'.repeat(24)}`;
const CODE = `code-${'b'.repeat(24)}`;
const useDoor = path.join(import.meta.dirname, 'folder-use.ts');

let root: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-sweep-'));
  fs.chmodSync(root, 0o755);
});

afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  fs.rmSync(root, { recursive: true });
});

/** A staged folder that has not been used for some days; with a lock, as versions with locks leave it. */
function putFolder(name: string, days: number, hasLock = true): void {
  const folder = path.join(root, name);
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'node'), 'a program');
  if (hasLock) fs.writeFileSync(`${folder}.lock`, '');
  for (const file of [folder, ...(hasLock ? [`${folder}.lock`] : [])]) setAge(file, days);
}

function setAge(file: string, days: number): void {
  const then = new Date(Date.now() - days * DAY_MS);
  fs.utimesSync(file, then, then);
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone;
}

/** Starts a process, and answers when it has said its first word. */
async function start(command: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout === null) throw new Error('the child has no output');
  await once(child.stdout, 'data');
  return child;
}

const sweep = (days = 0, isSeeingAll = true) =>
  sweepRuntimes(root, { nowMs: Date.now() + days * DAY_MS, betweenLooksMs: 1, looksCount: 2, isSeeingAll });
const left = () => fs.readdirSync(root).filter((name) => name !== 'turn.lock');

describe('old runtime folders', () => {
  it('are removed with their locks when nobody has used them for a day', async () => {
    putFolder(TOOLS, 2);
    putFolder(CODE, 0.5);
    await sweep();
    expect(left()).toEqual([CODE, `${CODE}.lock`]);
  });

  it('stay while another service runs on them, and go with the next sweep after it was killed', async () => {
    putFolder(CODE, 2);
    const script = `
      const { holdFolder } = await import(${JSON.stringify(useDoor)});
      holdFolder(${JSON.stringify(path.join(root, CODE))});
      console.log('held');
      process.stdin.resume();`;
    const service = await start(process.execPath, ['--input-type=module', '-e', script]);
    setAge(path.join(root, `${CODE}.lock`), 30);
    await sweep();
    expect(left()).toContain(CODE);
    await end(service);
    await sweep();
    expect(left()).toEqual([]);
  });

  it('stay while this very process uses them', async () => {
    putFolder(CODE, 2);
    holdFolder(path.join(root, CODE));
    await sweep(30);
    expect(left()).toEqual([CODE, `${CODE}.lock`]);
  });

  it('of a version without locks stay while a worker shows them on its command line', async () => {
    putFolder(TOOLS, 30, false);
    putFolder(CODE, 30, false);
    const bound = path.join(root, CODE);
    const worker = await start('sh', ['-c', 'echo started; read line', '--ro-bind', bound, '/galley/code']);
    await sweep();
    expect(left()).toEqual([CODE]);
    await end(worker);
    await sweep();
    expect(left()).toEqual([]);
  });

  it('of a version without locks stay for a day: its service may have no worker yet', async () => {
    putFolder(CODE, 0.5, false);
    await sweep();
    expect(left()).toEqual([CODE]);
  });

  it('of a version without locks stay where the workers of its service may be hidden, as from a container', async () => {
    putFolder(CODE, 30, false);
    await sweep(0, false);
    expect(left()).toEqual([CODE]);
  });

  it('are not looked for through links, nor under other names', async () => {
    const other = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-other-'));
    try {
      fs.writeFileSync(path.join(other, 'theirs'), 'theirs');
      fs.symlinkSync(other, path.join(root, TOOLS));
      putFolder(CODE, 30);
      fs.symlinkSync(other, path.join(root, CODE, 'node_modules'));
      putFolder('somebody-elses', 30);
      await sweep(30);
      expect(fs.readdirSync(other)).toEqual(['theirs']);
      expect(left()).toEqual(['somebody-elses', 'somebody-elses.lock', TOOLS]);
    } finally {
      fs.rmSync(other, { recursive: true });
    }
  });

  it('that a start did not finish, or a sweep, go after a day', async () => {
    putFolder(`${CODE}.0123456789ab`, 2, false);
    putFolder(`${CODE}.ba9876543210`, 0.5, false);
    await sweep();
    expect(left()).toEqual([`${CODE}.ba9876543210`]);
  });
});

describe('bytes that folders share', () => {
  /** A program of two megabytes, as a start copies it. */
  const putProgram = (folder: string, text: string): string => {
    putFolder(folder, 2);
    const file = path.join(root, folder, 'node');
    fs.writeFileSync(file, text.repeat(2_000_000 / text.length));
    shareFile(root, file);
    setAge(path.join(root, folder), 2);
    return file;
  };
  const inodeOf = (file: string) => fs.statSync(file).ino;
  const shared = () => left().filter((name) => name.startsWith('shared-'));

  it('lie on the disk once, until the last of them goes', async () => {
    const first = putProgram(TOOLS, 'same');
    const second = putProgram(CODE, 'same');
    expect(inodeOf(first)).toBe(inodeOf(second));
    expect(fs.readdirSync(path.dirname(second))).toEqual(['node']);
    expect(shared()).toHaveLength(1);
    holdFolder(path.dirname(first));
    await sweep();
    expect(fs.existsSync(second)).toBe(false);
    expect(shared(), 'one still has them').toHaveLength(1);
    fs.rmSync(first);
    await sweep();
    expect(shared()).toEqual([]);
  });

  it('are the same to the last byte, and may be run by the same', () => {
    const first = putProgram(TOOLS, 'same');
    const other = putProgram(CODE, 'some');
    const runnable = path.join(root, CODE, 'runnable');
    fs.copyFileSync(first, runnable);
    fs.chmodSync(runnable, 0o555);
    shareFile(root, runnable);
    expect(new Set([first, other, runnable].map(inodeOf)).size).toBe(3);
    expect(shared()).toHaveLength(3);
  });
});
