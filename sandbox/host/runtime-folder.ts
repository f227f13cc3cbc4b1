// The worker's files are copied out of the checkout before they are bound into the wall: an unprivileged uid cannot
// bind paths below a home of mode 0700, and a worker must not see the rest of the checkout. A folder is named by
// the digest of what is in it, made beside its final name and renamed, so that a half-made one is never used and a
// finished one is used again by the next start.
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { packageClosure } from './package-closure.ts';
import { assembleSeccompProgram, type SeccompMode } from './seccomp-program.ts';
import { compileWorker } from './worker-code.ts';

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

const WORKER_PACKAGES = [
  'duckdb',
  'csv-parse',
  'apache-arrow',
  'hyparquet',
  'hyparquet-compressors',
  'libphonenumber-js',
];

/** What a package brings that no worker reads. */
const UNUSED_FILE = /\.(?:d\.[cm]?ts|map|md|markdown|flow)$/;

const DIGEST_HEX_DIGITS = 24;
const FOLDER_MODE = 0o755;
const OTHERS_MAY_WRITE = 0o022;
const OTHERS_MAY_ENTER = 0o001;

/**
 * Stages node, packages, worker code and seccomp programs.
 *
 * @param parent an existing or new folder that only this user can write; default: one of this user's own below the
 * system's temporary folder
 * @throws {RuntimeFolderError} when the folder belongs to somebody else, or the sandbox user could not enter it
 */
export function stageRuntime(parent?: string): RuntimeFolder {
  const uid = process.getuid?.() ?? 0;
  const root = parent ?? path.join(os.tmpdir(), `galley-runtime-${uid}`);
  claimFolder(root, uid);
  const tools = stage(root, 'tools', toolsDigest(), writeTools);
  const files = compileWorker();
  const programs = { kill: assembleSeccompProgram('kill'), refuse: assembleSeccompProgram('refuse') };
  // The programs count as content too: a changed filter over unchanged worker code must not meet the old folder.
  const digest = digestOf([...[...files].flat(), ...Object.values(programs).map(toHex)]);
  const code = stage(root, 'code', digest, (folder) => {
    for (const [name, text] of files) writeFile(path.join(folder, name), text);
    for (const [mode, program] of Object.entries(programs)) {
      writeFile(path.join(folder, `seccomp-${mode}.bpf`), program);
    }
  });
  return {
    node: path.join(tools, 'node'),
    packages: path.join(tools, 'node_modules'),
    code,
    seccomp: { kill: path.join(code, 'seccomp-kill.bpf'), refuse: path.join(code, 'seccomp-refuse.bpf') },
  };
}

// Whoever can write here decides what runs inside the wall, so a folder somebody else made first is not used.
function claimFolder(root: string, uid: number): void {
  fs.mkdirSync(root, { recursive: true, mode: FOLDER_MODE });
  const stat = fs.lstatSync(root);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & OTHERS_MAY_WRITE) !== 0) {
    throw new RuntimeFolderError(
      `the folder \`${root}\` is not this user's own: set \`runtimeDir\` to a folder only this user can write`,
    );
  }
  for (let folder = fs.realpathSync(root); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if ((fs.statSync(folder).mode & OTHERS_MAY_ENTER) === 0) {
      throw new RuntimeFolderError(
        `the sandbox user cannot enter \`${folder}\`: set \`runtimeDir\` to a folder outside any home`,
      );
    }
  }
}

function stage(root: string, name: string, digest: string, write: (folder: string) => void): string {
  const folder = path.join(root, `${name}-${digest}`);
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
    if (!fs.existsSync(folder)) throw error;
  }
  return folder;
}

function writeTools(folder: string): void {
  copyFile(process.execPath, path.join(folder, 'node'), 0o555);
  for (const { name, folder: source } of packageClosure(WORKER_PACKAGES))
    copyPackage(source, path.join(folder, 'node_modules', name));
}

function copyPackage(source: string, target: string): void {
  for (const entry of fs.readdirSync(source, { withFileTypes: true })) {
    const from = path.join(source, entry.name);
    const to = path.join(target, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') copyPackage(from, to);
    if (entry.isFile() && !UNUSED_FILE.test(entry.name)) copyFile(from, to, 0o444);
  }
}

function copyFile(from: string, to: string, mode: number): void {
  makeFolder(path.dirname(to));
  fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(to, mode);
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
  const packages = packageClosure(WORKER_PACKAGES).map(({ name, version, folder }) => [
    name,
    version,
    folder,
    fs.statSync(folder).mtimeMs,
  ]);
  return digestOf([process.version, node.size, node.mtimeMs, ...packages.flat()].map(String));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function digestOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex').slice(0, DIGEST_HEX_DIGITS);
}
