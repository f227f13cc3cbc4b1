import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { packageClosure } from './package-closure.ts';

/** A home as root's is: nobody but its owner may enter it. */
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-home-'));
/** Its place for files that pass: staged anew here, and gone with the test. */
const open = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-open-'));
const checkout = path.join(home, 'galley');
const node = path.join(checkout, 'node');
/** What a worker needs to read a question, as it is installed. */
const PACKAGES = ['acorn', 'duckdb', 'libphonenumber-js', 'libsodium-wrappers-sumo'];

beforeAll(() => {
  for (const folder of ['sandbox', 'identity', 'points']) {
    fs.cpSync(path.join(import.meta.dirname, '../..', folder), path.join(checkout, folder), { recursive: true });
  }
  for (const { name, folder } of packageClosure(PACKAGES))
    fs.cpSync(folder, path.join(checkout, 'node_modules', name), { recursive: true });
  fs.copyFileSync(process.execPath, node, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(home, 0o700);
  fs.chmodSync(open, 0o755);
});
afterAll(() => {
  for (const folder of [home, open]) fs.rmSync(folder, { recursive: true });
});

/** Opens a wall from the checkout and asks it to parse a text. */
function parseThere(temporary: string): { stdout: string; stderr: string } {
  const script = `
    const { openWall } = await import(${JSON.stringify(path.join(checkout, 'sandbox/index.ts'))});
    const wall = await openWall({ spareCount: 1 });
    console.log((await wall.parse('select 1', { deadlineMs: 60000 })).ok);
    await wall.close();`;
  return spawnSync(node, ['--input-type=module', '-e', script], {
    env: { TMPDIR: temporary },
    encoding: 'utf8',
  });
}

describe('a checkout in a home that is closed to others', () => {
  it('has its workers start all the same, since what they need lies elsewhere', () => {
    expect(parseThere(open)).toMatchObject({ stdout: 'true\n', stderr: '' });
  });

  it('says what to do where the temporary folder is in that home too', () => {
    const temporary = path.join(home, 'tmp');
    fs.mkdirSync(temporary);
    const { stdout, stderr } = parseThere(temporary);
    expect(stdout).toBe('');
    expect(stderr).toContain(`RuntimeFolderError: workers cannot enter \`${home}\``);
    expect(stderr).toContain('set `wall.runtimeDirectory` to a folder outside any home');
  });
});
