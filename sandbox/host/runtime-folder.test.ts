import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { RuntimeFolderError, stageRuntime } from './runtime-folder.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-stage-'));
fs.chmodSync(root, 0o755);
afterAll(() => fs.rmSync(root, { recursive: true }));

describe('the runtime folder', () => {
  it('holds node, packages and worker code without types, and is used again', () => {
    const runtime = stageRuntime(path.join(root, 'own'));
    expect(fs.statSync(runtime.node).size).toBe(fs.statSync(process.execPath).size);
    expect(fs.existsSync(path.join(runtime.packages, 'duckdb/package.json'))).toBe(true);
    expect(fs.readFileSync(path.join(runtime.code, 'worker/main.js'), 'utf8')).not.toContain('.ts');
    expect(fs.readdirSync(path.join(runtime.code, 'worker')).filter((name) => name.includes('test'))).toEqual([]);
    expect(stageRuntime(path.join(root, 'own'))).toEqual(runtime);
    expect(fs.readdirSync(path.join(root, 'own'))).toHaveLength(2);
  });

  it('can be read and entered by the sandbox user, and written by nobody else', () => {
    const { code } = stageRuntime(path.join(root, 'own'));
    for (const entry of fs.readdirSync(code, { recursive: true, withFileTypes: true })) {
      const { mode } = fs.statSync(path.join(entry.parentPath, entry.name));
      expect(mode & 0o777).toBe(entry.isDirectory() ? 0o755 : 0o444);
    }
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
    expect(() => stageRuntime(path.join(home, 'runtime'))).toThrow('set `runtimeDir` to a folder outside any home');
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
    expect(fs.readdirSync(parent)).toHaveLength(2);
  });
});
