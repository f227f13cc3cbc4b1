// The engine's interface comes as 181 files, and to look for, read and compile each by itself was half of what a worker
// costs, in every worker anew. As one file they cost a third of that, and compiled beforehand a sixth.
import * as fs from 'node:fs';
import * as module from 'node:module';
import * as vm from 'node:vm';

const REQUIRED = /\brequire\(\s*(["'])([^"']+)\1\s*\)/g;
const EXPORTED_NAME = /\bexports\.([A-Za-z_$][\w$]*)\s*=/g;

/** Names that are of the module system and no part of an interface. */
const MODULE_WORDS: ReadonlySet<string> = new Set(['default', '__esModule']);

/** The files of a packed package, by name. */
export type PackedFiles = ReadonlyMap<string, string | Uint8Array>;

/**
 * Packs a CommonJS package and all that it requires by literal names into one file, and an entry that worker code
 * imports names from.
 *
 * @param file the package's main file
 * @param kept names that stay a `require` at run time, from beside the packed package
 * @throws {Error} when something it requires is not installed
 */
export function packPackage(file: string, kept: ReadonlySet<string>): PackedFiles {
  const places = new Map<string, number>();
  const parts: string[] = [];
  const names = new Set<string>();
  const add = (from: string): number => {
    const known = places.get(from);
    if (known !== undefined) return known;
    const place = places.size;
    places.set(from, place);
    const source = fs.readFileSync(from, 'utf8');
    for (const [, name = ''] of source.matchAll(EXPORTED_NAME)) if (!MODULE_WORDS.has(name)) names.add(name);
    const own = module.createRequire(from);
    const text = source.replace(REQUIRED, (call, _, wanted: string) => {
      return module.isBuiltin(wanted) || kept.has(wanted) ? call : `part(${add(own.resolve(wanted))})`;
    });
    // In parentheses: the compiler then reads it once and not, as for a function that may never run, twice.
    parts[place] = `((exports, module) => {${text}\n})`;
    return place;
  };
  add(fs.realpathSync(file));
  const text = packed(parts);
  return new Map<string, string | Uint8Array>([
    ['package.json', '{"type":"commonjs","exports":"./index.mjs"}\n'],
    ['packed.js', text],
    // Refused by a V8 of another version or other settings, which then compiles for itself.
    ['packed.compiled', new vm.Script(text).createCachedData()],
    ['index.mjs', entry([...names].sort())],
  ]);
}

// A part that is required while it still runs gives what it has exported so far, as Node's own `require` does.
function packed(parts: readonly string[]): string {
  return `(require) => {
const made = [];
const part = (place) => {
  if (made[place] === undefined) {
    made[place] = { exports: {} };
    parts[place].call(made[place].exports, made[place].exports, made[place]);
  }
  return made[place].exports;
};
const parts = [
${parts.join(',\n')}
];
return part(0);
}
`;
}

// Neither `import` nor `require`: Node would read the whole file once more, for the names that are written here, and
// compile all of it.
function entry(names: readonly string[]): string {
  return `import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
const filename = fileURLToPath(new URL('packed.js', import.meta.url));
const cachedData = readFileSync(new URL('packed.compiled', import.meta.url));
const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData });
export const { ${names.join(', ')} } = script.runInThisContext()(createRequire(import.meta.url));
`;
}
