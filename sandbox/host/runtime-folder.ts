// The worker's files are copied out of the checkout before they are bound into the wall: an unprivileged uid cannot
// bind paths below a home of mode 0700, and a worker must not see the rest of the checkout. A folder is named by
// the digest of what is in it, made beside its final name and renamed, so that a half-made one is never used and a
// finished one is used again by the next start. Each is held as long as a process uses it (`sweep-runtimes.ts`).
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { holdFolder } from './folder-use.ts';
import { packPackage } from './pack-package.ts';
import { findPackage, packageClosure } from './package-closure.ts';
import { assembleSeccompProgram, type SeccompMode } from './seccomp-program.ts';
import { shareFile } from './share-files.ts';
import { compileWorker, readWorkerSources, type WorkerSources } from './worker-code.ts';

/** Paths of a staged runtime, on the host. */
export interface RuntimeFolder {
  /** The Node binary. */
  node: string;
  /** The npm packages of the worker, as `node_modules`. */
  packages: string;
  /** The worker's JavaScript; `worker/main.js` starts it. */
  code: string;
  /** A file with the seccomp program of each mode. */
  seccomp: Record<SeccompMode, string>;
}

/** Thrown when the runtime cannot be staged safely; the message says what to do. */
export class RuntimeFolderError extends Error {
  override name = 'RuntimeFolderError';
}

const ENGINE = 'duckdb';
const ENGINE_NATIVE = '@duckdb/node-bindings-linux-x64';

/** Copied with what they depend on; the engine's interface is packed instead. */
const WORKER_PACKAGES = ['acorn', ENGINE_NATIVE, 'libphonenumber-js', 'libsodium-wrappers-sumo'];

/** By this name the interface and worker code get the native part. As installed, it first looks which machine this is. */
const ENGINE_BINDINGS = '@duckdb/node-bindings';

/** What a package brings that no worker reads. */
const UNUSED_FILE = /\.(?:d\.[cm]?ts|map|md|markdown|flow)$/;

/** A file that only the service's own user may read; the self-test shows by it that no worker is that user. */
const PRIVATE_FILE = 'private';

/** Which wall the worker code is for. */
export type RuntimeKind = 'wall' | 'development';

/** What refuses to run outside, in each kind. */
const GUARD = 'worker/inside.js';
const DEVELOPMENT_GUARD = 'worker/inside-development.js';

const DIGEST_HEX_DIGITS = 24;
const FOLDER_MODE = 0o755;
const OTHERS_MAY_WRITE = 0o022;
const OTHERS_MAY_ENTER = 0o001;
/** The sticky bit: in a folder that all may write, each renames and removes their own only. */
const ONLY_OWNERS_RENAME = 0o1000;

/**
 * Stages node, packages, worker code and seccomp programs.
 *
 * @param kind worker code for the development wall lies in a folder of its own and runs nowhere else
 * @param parent an existing or new folder that only this user can write; default: one of this user's own below the
 * system's temporary folder
 * @throws {RuntimeFolderError} when the folder belongs to somebody else, or the sandbox user could not enter it
 */
export function stageRuntime(parent?: string, kind: RuntimeKind = 'wall'): RuntimeFolder {
  const uid = process.getuid?.() ?? 0;
  const root = parent ?? path.join(os.tmpdir(), `galley-runtime-${uid}`);
  claimFolder(root, uid);
  const tools = stage(root, 'tools', toolsDigest(), (folder) => writeTools(root, folder));
  expectPrograms(path.join(tools, 'node'));
  const sources = readWorkerSources();
  const programs = { kill: assembleSeccompProgram('kill'), refuse: assembleSeccompProgram('refuse') };
  const code = stage(
    root,
    kind === 'wall' ? 'code' : 'development',
    codeDigest(kind, { sources, programs, tools }),
    (folder) => {
      // Nothing is bound here: worker code finds its packages on the host's own file system.
      if (kind === 'development') fs.symlinkSync(path.join(tools, 'node_modules'), path.join(folder, 'node_modules'));
      for (const [name, text] of codeOf(kind, sources)) writeFile(path.join(folder, name), text);
      for (const [mode, program] of Object.entries(programs)) {
        writeFile(path.join(folder, `seccomp-${mode}.bpf`), program);
      }
      writeFile(path.join(folder, PRIVATE_FILE), '');
      fs.chmodSync(path.join(folder, PRIVATE_FILE), 0o400);
    },
  );
  return {
    node: path.join(tools, 'node'),
    packages: path.join(tools, 'node_modules'),
    code,
    seccomp: { kill: path.join(code, 'seccomp-kill.bpf'), refuse: path.join(code, 'seccomp-refuse.bpf') },
  };
}

// The real wall's code has no word in it that would let it run anywhere else.
function codeOf(kind: RuntimeKind, sources: WorkerSources): Map<string, string> {
  const files = compileWorker(sources);
  const development = files.get(DEVELOPMENT_GUARD) ?? '';
  files.delete(DEVELOPMENT_GUARD);
  if (kind === 'development') files.set(GUARD, development);
  return files;
}

interface CodeParts {
  sources: WorkerSources;
  programs: Record<SeccompMode, Uint8Array>;
  tools: string;
}

// Of the sources and of what makes code from them, Node's own part with it: to compile them only to find that they were
// compiled before took a start half a second.
function codeDigest(kind: RuntimeKind, { sources, programs, tools }: CodeParts): string {
  // The programs count as content too: a changed filter over unchanged worker code must not meet the old folder.
  const content = [...[...sources].flat(), ...Object.values(programs).map(toHex)];
  // Code for the development wall has a link to the tools in it.
  const link = kind === 'development' ? [tools] : [];
  return digestOf([process.version, ...readOwn('worker-code.ts', 'runtime-folder.ts'), ...content, ...link]);
}

// How it is staged counts as well: changed code of ours must not meet the old folder.
function readOwn(...names: string[]): string[] {
  return names.map((name) => fs.readFileSync(path.join(import.meta.dirname, name), 'utf8'));
}

// One by one: asked for all at once where none can be made, Node tries without end.
function makeMissing(root: string): void {
  const missing: string[] = [];
  for (let folder = path.resolve(root); !fs.existsSync(folder); folder = path.dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      fs.mkdirSync(folder, { mode: FOLDER_MODE });
    } catch (error) {
      // Another start was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(folder, error);
    }
  }
}

function unwritable(folder: string, error: unknown): RuntimeFolderError {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return new RuntimeFolderError(
    `the folder \`${folder}\` cannot be written (${code}): set \`wall.runtimeDirectory\` to one with room for 200 MB`,
    { cause: error },
  );
}

// Whoever can write here decides what runs inside the wall, so a folder somebody else made first is not used.
function claimFolder(root: string, uid: number): void {
  makeMissing(root);
  const stat = fs.lstatSync(root);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & OTHERS_MAY_WRITE) !== 0) {
    throw new RuntimeFolderError(
      `the folder \`${root}\` is not this user's own: set \`wall.runtimeDirectory\` to a folder only this user can write`,
    );
  }
  for (let folder = fs.realpathSync(root); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const above = fs.statSync(folder);
    // Who may rename a folder on the way puts another in its place, however closed the last one is.
    const isReplaceable = (above.mode & OTHERS_MAY_WRITE) !== 0 && (above.mode & ONLY_OWNERS_RENAME) === 0;
    if (isReplaceable || (above.uid !== uid && above.uid !== 0)) {
      throw new RuntimeFolderError(
        `somebody else can replace what is in \`${folder}\`: set \`wall.runtimeDirectory\` to a folder below none of others`,
      );
    }
    if ((above.mode & OTHERS_MAY_ENTER) === 0) {
      throw new RuntimeFolderError(
        `workers cannot enter \`${folder}\`: set \`wall.runtimeDirectory\` to a folder outside any home`,
      );
    }
  }
}

// A mount that forbids programs would show as a worker that does not start, for which there are ten other causes.
function expectPrograms(node: string): void {
  try {
    fs.accessSync(node, fs.constants.X_OK);
  } catch {
    throw new RuntimeFolderError(
      `no program can be run from \`${node}\`: set \`wall.runtimeDirectory\` to a folder that is not mounted \`noexec\``,
    );
  }
}

function stage(root: string, name: string, digest: string, write: (folder: string) => void): string {
  const folder = path.join(root, `${name}-${digest}`);
  // First: a folder that is found unheld may be gone the next moment.
  hold(folder);
  if (fs.existsSync(folder)) return folder;
  const draft = `${folder}.${randomBytes(6).toString('hex')}`;
  try {
    fs.mkdirSync(draft, { mode: FOLDER_MODE });
    fs.chmodSync(draft, FOLDER_MODE);
    write(draft);
    fs.renameSync(draft, folder);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    // Another start of the same version was faster; its folder holds the same bytes.
    if (!fs.existsSync(folder)) throw unwritable(draft, error);
  }
  return folder;
}

function hold(folder: string): void {
  try {
    holdFolder(folder);
  } catch (error) {
    throw new RuntimeFolderError(
      `another start keeps \`${path.dirname(folder)}\` to itself: end it, or set \`wall.runtimeDirectory\` to another folder`,
      { cause: error },
    );
  }
}

function writeTools(root: string, folder: string): void {
  copyFile(root, { from: process.execPath, to: path.join(folder, 'node'), mode: 0o555 });
  for (const { name, folder: source } of packageClosure(WORKER_PACKAGES))
    copyPackage(root, source, path.join(folder, 'node_modules', name));
  const interfaces = packPackage(findPackage(ENGINE).main, new Set([ENGINE_BINDINGS]));
  for (const [name, text] of interfaces) writeFile(path.join(folder, 'node_modules', ENGINE, name), text);
  const native = `module.exports = require('${ENGINE_NATIVE}/duckdb.node');\n`;
  writeFile(path.join(folder, 'node_modules', ENGINE_BINDINGS, 'index.js'), native);
}

function copyPackage(root: string, source: string, target: string): void {
  for (const entry of fs.readdirSync(source, { withFileTypes: true })) {
    const from = path.join(source, entry.name);
    const to = path.join(target, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') copyPackage(root, from, to);
    if (entry.isFile() && !UNUSED_FILE.test(entry.name)) copyFile(root, { from, to, mode: 0o444 });
  }
}

function copyFile(root: string, { from, to, mode }: { from: string; to: string; mode: number }): void {
  makeFolder(path.dirname(to));
  fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(to, mode);
  shareFile(root, to);
}

function writeFile(file: string, content: string | Uint8Array): void {
  makeFolder(path.dirname(file));
  fs.writeFileSync(file, content);
  fs.chmodSync(file, 0o444);
}

function makeFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  fs.chmodSync(folder, FOLDER_MODE);
}

// The bytes of node and the engine are 200 MB: their identity is version, size and time of change, not a hash at
// each start.
function toolsDigest(): string {
  const node = fs.statSync(process.execPath);
  const packages = [findPackage(ENGINE), ...packageClosure(WORKER_PACKAGES)].map(({ name, version, folder }) => [
    name,
    version,
    folder,
    fs.statSync(folder).mtimeMs,
  ]);
  const ours = readOwn('pack-package.ts', 'runtime-folder.ts', 'share-files.ts');
  return digestOf([process.version, node.size, node.mtimeMs, ...ours, ...packages.flat()].map(String));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function digestOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex').slice(0, DIGEST_HEX_DIGITS);
}
