import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { type PackedFiles, packPackage } from './pack-package.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-pack-'));
afterAll(() => fs.rmSync(root, { recursive: true }));

/** A package in which two files require each other, one is named by its folder, and one is of another package. */
const SOURCES = {
  'index.js': `"use strict";
    exports.made = void 0;
    const { even } = require("./lib/even");
    exports.made = even(10);
    exports.folder = require("./lib/folder").name;
    exports.native = require('kept-native').kind;
    exports.path = require("node:path").join("a", "b");
    exports.isStrict = (function () { return this === undefined; })();`,
  'lib/even.js': `const odd = require("./odd"); exports.even = (n) => n === 0 || odd.odd(n - 1);`,
  'lib/odd.js': `const even = require("./even"); module.exports.odd = (n) => n !== 0 && even.even(n - 1); // no newline after`,
  'lib/folder/index.js': `exports.name = require("beside").name;`,
  'node_modules/beside/index.js': `exports.name = "beside";`,
  'node_modules/kept-native/index.js': `exports.kind = "kept";`,
};

function write(files: Iterable<readonly [string, string | Uint8Array]>, folder: string): void {
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

function packedFrom(main: string): PackedFiles {
  return packPackage(main, new Set(['kept-native']));
}

describe('a packed package', () => {
  it('exports by name what the package does, from one file', () => {
    const source = path.join(root, 'source');
    write(Object.entries(SOURCES), source);
    const target = path.join(root, 'target/node_modules/packed');
    write(packedFrom(path.join(source, 'index.js')), target);
    fs.cpSync(path.join(source, 'node_modules/kept-native'), path.join(root, 'target/node_modules/kept-native'), {
      recursive: true,
    });
    fs.rmSync(source, { recursive: true });
    const user = path.join(root, 'target/user.mjs');
    fs.writeFileSync(
      user,
      `import { made, folder, native, path, isStrict } from 'packed';
       console.log(JSON.stringify({ made, folder, native, path, isStrict }));`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [user], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ made: true, folder: 'beside', native: 'kept', path: 'a/b', isStrict: true });
  });

  it('is not made when something it requires is not there', () => {
    const source = path.join(root, 'torn');
    write([['index.js', 'exports.a = require("./gone");']], source);
    expect(() => packedFrom(path.join(source, 'index.js'))).toThrow(/gone/);
  });
});
