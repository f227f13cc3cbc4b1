// The worker's TypeScript is turned into JavaScript once, at staging: Node would otherwise load its type stripper
// in every worker, and start-up is what a single-use worker costs.
import * as fs from 'node:fs';
import * as module from 'node:module';
import * as path from 'node:path';

const SANDBOX_FOLDER = path.join(import.meta.dirname, '..');
const STAGED_FOLDERS = ['wire', 'worker'];
const OWN_IMPORT = /(from\s+|import\s*\(\s*|import\s+)(["'])(\.[^"']*)\.ts\2/g;

/** Gives the files of a worker: path below the code folder, and JavaScript. */
export function compileWorker(): Map<string, string> {
  const files = new Map([['package.json', '{"type":"module"}\n']]);
  for (const folder of STAGED_FOLDERS) {
    for (const name of fs
      .readdirSync(path.join(SANDBOX_FOLDER, folder), { recursive: true, encoding: 'utf8' })
      .sort()) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      const source = fs.readFileSync(path.join(SANDBOX_FOLDER, folder, name), 'utf8');
      files.set(path.join(folder, name.replace(/\.ts$/, '.js')), toJavaScript(source));
    }
  }
  return files;
}

function toJavaScript(source: string): string {
  return stripTypes(source).replace(OWN_IMPORT, '$1$2$3.js$2');
}

function stripTypes(source: string): string {
  const warn = process.emitWarning;
  // The function is announced as experimental at its first use; an operator can do nothing with that.
  process.emitWarning = () => {};
  try {
    return module.stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = warn;
  }
}
