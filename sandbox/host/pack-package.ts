// The engine's interface comes as 181 files, and to look for, read and compile each by itself was half of what a worker
// costs, in every worker anew. As one file they cost a third of that.
import * as fs from 'node:fs';
import * as module from 'node:module';

const REQUIRED = /\brequire\(\s*(["'])([^"']+)\1\s*\)/g;
const EXPORTED_NAME = /\bexports\.([A-Za-z_$][\w$]*)\s*=/g;

/** Names that are of the module system and no part of an interface. */
const MODULE_WORDS: ReadonlySet<string> = new Set(['default', '__esModule']);

/** The files of a packed package, by name. */
export type PackedFiles = ReadonlyMap<string, string>;

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
  return new Map([
    ['package.json', '{"type":"commonjs","exports":"./index.mjs"}\n'],
    ['packed.js', packed(parts)],
    ['index.mjs', entry([...names].sort())],
  ]);
}

// A part that is required while it still runs gives what it has exported so far, as Node's own `require` does.
function packed(parts: readonly string[]): string {
  return `const made = [];
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
module.exports = part(0);
`;
}

// Not `import`: Node would read the whole file once more, for the names that are written here.
function entry(names: readonly string[]): string {
  return `import { createRequire } from 'node:module';
const packed = createRequire(import.meta.url)('./packed.js');
export const { ${names.join(', ')} } = packed;
`;
}
