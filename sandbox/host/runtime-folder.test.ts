import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { type RuntimeFolder, RuntimeFolderError, stageRuntime } from './runtime-folder.ts';
import { sweepRuntimes } from './sweep-runtimes.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-stage-'));
fs.chmodSync(root, 0o755);
afterAll(() => fs.rmSync(root, { recursive: true }));

/** What is staged; locks and the names of shared bytes lie beside it. */
const stagedIn = (parent: string) => fs.readdirSync(parent).filter((name) => /^(tools|code)-[^.]*$/.test(name));

describe('the runtime folder', () => {
  it('holds node, packages and worker code without types, and is used again', () => {
    const runtime = stageRuntime(path.join(root, 'own'));
    expect(fs.statSync(runtime.node).size).toBe(fs.statSync(process.execPath).size);
    expect(fs.existsSync(path.join(runtime.packages, 'duckdb/package.json'))).toBe(true);
    expect(fs.readFileSync(path.join(runtime.code, 'worker/main.js'), 'utf8')).not.toContain('.ts');
    expect(fs.readdirSync(path.join(runtime.code, 'worker')).filter((name) => name.includes('test'))).toEqual([]);
    expect(stageRuntime(path.join(root, 'own'))).toEqual(runtime);
    expect(stagedIn(path.join(root, 'own'))).toHaveLength(2);
  });

  it('is not swept while its process lives, however long', async () => {
    const runtime = stageRuntime(path.join(root, 'own'));
    await sweepRuntimes(path.join(root, 'own'), { nowMs: Date.now() + 3_650 * 86_400_000 });
    expect([runtime.node, runtime.code].every((file) => fs.existsSync(file))).toBe(true);
  });

  it('can be read and entered by workers but for one file, and written by nobody', () => {
    const { code } = stageRuntime(path.join(root, 'own'));
    for (const entry of fs.readdirSync(code, { recursive: true, withFileTypes: true })) {
      const { mode } = fs.statSync(path.join(entry.parentPath, entry.name));
      const readable = entry.name === 'private' ? 0o400 : 0o444;
      expect(mode & 0o777).toBe(entry.isDirectory() ? 0o755 : readable);
    }
  });

  it('has the guard of one wall only, and none that would run the code of the other', () => {
    const real = stageRuntime(path.join(root, 'own'));
    const development = stageRuntime(path.join(root, 'own'), 'development');
    expect(fs.existsSync(path.join(real.code, 'worker/inside-development.js'))).toBe(false);
    expect(fs.readFileSync(path.join(real.code, 'worker/inside.js'), 'utf8')).not.toContain('development');
    const start = ({ node, code }: RuntimeFolder, ...words: string[]) =>
      spawnSync(node, [path.join(code, 'worker/main.js'), ...words], { encoding: 'utf8' }).stderr;
    expect(start(real, 'development-wall')).toContain('worker code runs behind the wall only');
    expect(start(development)).toContain('runs behind the development wall only');
  });

  it('is not made where others can write', () => {
    const shared = path.join(root, 'shared');
    fs.mkdirSync(shared);
    fs.chmodSync(shared, 0o777);
    expect(() => stageRuntime(shared)).toThrow(RuntimeFolderError);
  });

  it('is not made through a link somebody else may have laid', () => {
    const link = path.join(root, 'link');
    fs.symlinkSync(path.join(root, 'own'), link);
    expect(() => stageRuntime(link)).toThrow(RuntimeFolderError);
  });

  it('is not made where the sandbox user cannot go', () => {
    const home = path.join(root, 'home');
    fs.mkdirSync(home, { mode: 0o700 });
    expect(() => stageRuntime(path.join(home, 'runtime'))).toThrow(
      'set `wall.runtimeDirectory` to a folder outside any home',
    );
  });

  it('is not made below a folder in which others can put another in its place', () => {
    const open = path.join(root, 'open');
    fs.mkdirSync(open);
    fs.chmodSync(open, 0o777);
    expect(() => stageRuntime(path.join(open, 'runtime'))).toThrow('somebody else can replace what is in');
    fs.chmodSync(open, 0o1777);
    expect(() => stageRuntime(path.join(open, 'runtime'))).not.toThrow();
  });

  it('is refused by name where no program may be run', () => {
    const door = path.join(import.meta.dirname, 'runtime-folder.ts');
    const script = `
      const { stageRuntime } = await import(${JSON.stringify(door)});
      try { stageRuntime('/mnt/runtime'); } catch (error) { console.log(error.message); }`;
    const mounted = `mount -t tmpfs -o noexec,mode=755,size=1g none /mnt && "$0" --input-type=module -e "$1"`;
    const alone = `exec unshare --user --map-root-user --mount sh -c '${mounted}' "$0" "$1"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', alone, process.execPath, script], { encoding: 'utf8' });
    expect(stdout, stderr).toContain('set `wall.runtimeDirectory` to a folder that is not mounted `noexec`');
  });

  it('is refused by name where no folder can be made, and not tried for ever', () => {
    expect(() => stageRuntime('/proc/nothing/here')).toThrow(RuntimeFolderError);
    expect(() => stageRuntime('/dev/null/here')).toThrow('set `wall.runtimeDirectory`');
  });

  it('is the same from two starts at once', () => {
    const parent = path.join(root, 'race');
    const door = path.join(import.meta.dirname, 'runtime-folder.ts');
    const script = `
      const { stageRuntime } = await import(${JSON.stringify(door)});
      console.log(stageRuntime(${JSON.stringify(parent)}).code);`;
    const start = `"${process.execPath}" --input-type=module -e '${script}'`;
    const command = `${start} & ${start}; wait`;
    const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    const [first, second] = stdout.trim().split('\n');
    expect(first).toBe(second);
    expect(stagedIn(parent)).toHaveLength(2);
  });
});
