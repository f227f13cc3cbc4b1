// A disk that remembers each step, so that a power cut can be had after any of them: what was not synced by then is lost,
// kept, or kept in part, sector by sector and name by name, in any order that a file system may choose.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type DiskFile, type LogDisk, localDisk } from '../../../audit/disk/index.ts';
import type { Choices } from '../../fuzz/choices.ts';

/** What a disk writes at once or not at all. */
const SECTOR_BYTES = 512;

type Step =
  | { readonly kind: 'named'; readonly path: string; readonly node: number | 'folder' | undefined }
  | { readonly kind: 'written'; readonly node: number; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'cut-to'; readonly node: number; readonly length: number }
  /** Whatever was done to the file or to the names in the folder before the step `before` is durable. */
  | { readonly kind: 'synced'; readonly of: number | string; readonly before: number };

/** How much of what was not synced outlives a power cut: the extremes are likely, and what lies between is strange. */
type Mercy = 'nothing' | 'everything' | 'anything';

/** Passes everything on to the disk of this machine, and remembers it. Paths outside its folder it only passes on. */
export class ForgetfulDisk implements LogDisk {
  readonly #root: string;
  readonly #steps: Step[] = [];
  readonly #names = new Map<string, number | 'folder'>();
  #nodeCount = 0;
  /** The first step after what was there from the beginning. */
  readonly firstStep: number;

  /** Everything that is in the folder now is durable. */
  constructor(root: string) {
    this.#root = root;
    const found = existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : [];
    for (const name of found.toSorted()) {
      const path = join(root, name);
      const isFolder = statSync(path).isDirectory();
      const node = this.#name(path, isFolder ? 'folder' : this.#nodeCount++);
      if (typeof node === 'number') this.#steps.push({ kind: 'written', node, offset: 0, bytes: readFileSync(path) });
    }
    const all = [...this.#names.values(), ...new Set(Array.from(this.#names.keys(), dirname))];
    const before = this.now;
    for (const of of all) this.#steps.push({ kind: 'synced', of, before });
    this.firstStep = this.now;
  }

  /** Steps so far: what was acknowledged by now must outlive a cut at this step or later. */
  get now(): number {
    return this.#steps.length;
  }

  async open(path: string): Promise<DiskFile> {
    const known = this.#names.get(path);
    const node = known === undefined ? this.#name(path, this.#nodeCount++) : known;
    const file = await localDisk.open(path);
    if (typeof node !== 'number') throw new Error(`${path} is a folder`);
    return {
      read: (offset, length) => file.read(offset, length),
      size: () => file.size(),
      close: () => file.close(),
      write: (offset, bytes) => {
        this.#steps.push({ kind: 'written', node, offset, bytes: Buffer.from(bytes) });
        return file.write(offset, bytes);
      },
      truncate: (length) => {
        this.#steps.push({ kind: 'cut-to', node, length });
        return file.truncate(length);
      },
      sync: async () => {
        const before = this.now;
        // The real disk need not spin for a cut that is made up.
        await Promise.resolve();
        this.#steps.push({ kind: 'synced', of: node, before });
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#names.get(from);
    if (node !== undefined) this.#name(to, node);
    this.#name(from, undefined);
    await localDisk.rename(from, to);
  }

  async makeFolder(folder: string): Promise<void> {
    const missing: string[] = [];
    for (let path = folder; path.length > this.#root.length; path = dirname(path)) {
      if (!this.#names.has(path)) missing.push(path);
    }
    for (const path of missing.toReversed()) this.#name(path, 'folder');
    await localDisk.makeFolder(folder);
  }

  async remove(path: string): Promise<void> {
    const below = [...this.#names.keys()].filter((name) => name === path || name.startsWith(`${path}/`));
    for (const name of below.toReversed()) this.#name(name, undefined);
    await localDisk.remove(path);
  }

  async syncFolder(folder: string): Promise<void> {
    const before = this.now;
    await Promise.resolve();
    this.#steps.push({ kind: 'synced', of: folder, before });
  }

  /** Puts into an empty folder what a power cut after so many steps leaves behind. */
  leaveAfter(cut: number, choices: Choices, into: string): void {
    const mercy = choices.of<Mercy>(['nothing', 'everything', 'anything', 'anything']);
    const steps = this.#steps.slice(0, cut);
    const kept = this.#keptNames(steps, mercy, choices);
    mkdirSync(into, { recursive: true });
    for (const [path, node] of [...kept].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
      const isReachable = kept.get(dirname(path)) === 'folder' || dirname(path) === this.#root;
      if (!isReachable) kept.delete(path);
      else if (node === 'folder') mkdirSync(join(into, relative(this.#root, path)));
      else writeFileSync(join(into, relative(this.#root, path)), contentOf(node, steps, mercy, choices));
    }
  }

  #keptNames(steps: readonly Step[], mercy: Mercy, choices: Choices): Map<string, number | 'folder'> {
    const histories = new Map<string, { at: number; node: number | 'folder' | undefined }[]>();
    for (const [at, step] of steps.entries()) {
      if (step.kind !== 'named') continue;
      histories.set(step.path, [...(histories.get(step.path) ?? []), { at, node: step.node }]);
    }
    const kept = new Map<string, number | 'folder'>();
    for (const [path, history] of histories) {
      const durable = history.filter(({ at }) => at < syncedBefore(dirname(path), steps)).length;
      const { node } = history[durable + keptOf(history.length - durable, mercy, choices) - 1] ?? {};
      if (node !== undefined) kept.set(path, node);
    }
    return kept;
  }

  #name<Node extends number | 'folder' | undefined>(path: string, node: Node): Node {
    this.#steps.push({ kind: 'named', path, node });
    if (node === undefined) this.#names.delete(path);
    else this.#names.set(path, node);
    return node;
  }
}

function syncedBefore(of: number | string, steps: readonly Step[]): number {
  return steps.reduce(
    (most, step) => (step.kind === 'synced' && step.of === of ? Math.max(most, step.before) : most),
    0,
  );
}

function keptOf(count: number, mercy: Mercy, choices: Choices): number {
  if (mercy === 'nothing') return 0;
  return mercy === 'everything' ? count : choices.below(count + 1);
}

function contentOf(node: number, steps: readonly Step[], mercy: Mercy, choices: Choices): Buffer {
  const durable = syncedBefore(node, steps);
  let content: Buffer = Buffer.alloc(0);
  for (const [at, step] of steps.entries()) {
    const isCertain = at < durable || mercy === 'everything';
    if (step.kind === 'cut-to' && step.node === node && (isCertain || (mercy === 'anything' && choices.onceIn(2)))) {
      content = content.subarray(0, step.length);
    }
    if (step.kind !== 'written' || step.node !== node) continue;
    if (isCertain) content = written(content, step.offset, step.bytes, () => true);
    else if (mercy === 'anything') content = tornWrite(content, step, choices);
  }
  return content;
}

/** Some sectors of a write, or all, or none; the file may have its new length without them, and then anything there. */
function tornWrite(content: Buffer, { offset, bytes }: { offset: number; bytes: Buffer }, choices: Choices): Buffer {
  const keptOneIn = choices.of([1, 2, 5]);
  const length = choices.onceIn(3) ? choices.below(bytes.byteLength + 1) : bytes.byteLength;
  const before = choices.onceIn(4) ? written(content, offset, randomBytes(length, choices), () => true) : content;
  return written(before, offset, bytes.subarray(0, length), () => keptOneIn === 1 || choices.onceIn(keptOneIn));
}

function written(content: Buffer, offset: number, bytes: Buffer, keepsSector: () => boolean): Buffer {
  const grown = Buffer.alloc(Math.max(content.byteLength, offset + bytes.byteLength));
  content.copy(grown);
  for (let from = 0; from < bytes.byteLength; ) {
    const until = Math.min(bytes.byteLength, from + SECTOR_BYTES - ((offset + from) % SECTOR_BYTES));
    if (keepsSector()) bytes.copy(grown, offset + from, from, until);
    from = until;
  }
  return grown;
}

function randomBytes(length: number, choices: Choices): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = choices.below(256);
  return bytes;
}
