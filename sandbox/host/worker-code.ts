// The worker's TypeScript is turned into JavaScript once, at staging: Node would otherwise load its type stripper
// in every worker, and start-up is what a single-use worker costs.
import * as fs from 'node:fs';
import * as module from 'node:module';
import * as path from 'node:path';

// The rules of identifiers, and the points they are matched by, are of the house and not of the wall: clients compute by
// the same ones.
const STAGED_FOLDERS: Readonly<Record<string, string>> = {
  identity: path.join(import.meta.dirname, '../../identity'),
  points: path.join(import.meta.dirname, '../../points'),
  wire: path.join(import.meta.dirname, '../wire'),
  worker: path.join(import.meta.dirname, '../worker'),
};
const OWN_IMPORT = /(from\s+|import\s*\(\s*|import\s+)(["'])(\.[^"']*)\.ts\2/g;

// Staged, it lies beside the worker; in the repository it is one folder further out.
const LEAF_IMPORT = /\.\.\/((?:\.\.\/)+(?:identity|points)\/)/g;

/** The TypeScript of a worker: path of its JavaScript below the code folder, and text. */
export type WorkerSources = ReadonlyMap<string, string>;

/** Reads the files of a worker as they are in the repository. */
export function readWorkerSources(): WorkerSources {
  const sources = new Map<string, string>();
  for (const [folder, source] of Object.entries(STAGED_FOLDERS)) {
    for (const name of fs.readdirSync(source, { recursive: true, encoding: 'utf8' }).sort()) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      const file = path.join(folder, name.replace(/\.ts$/, '.js'));
      sources.set(file, fs.readFileSync(path.join(source, name), 'utf8'));
    }
  }
  return sources;
}

/** Gives the files of a worker: path below the code folder, and JavaScript. */
export function compileWorker(sources: WorkerSources): Map<string, string> {
  const files = new Map([['package.json', '{"type":"module"}\n']]);
  for (const [file, source] of sources) files.set(file, toJavaScript(source));
  return files;
}

function toJavaScript(source: string): string {
  return stripTypes(source).replace(OWN_IMPORT, '$1$2$3.js$2').replace(LEAF_IMPORT, '$1');
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
