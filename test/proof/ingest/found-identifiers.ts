import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../../support/service-files.ts';
import { digestOf, identifiersOf, type MadeUpPerson } from './people.ts';

/** Bytes to look for, and what they would give away. */
export interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A place where an identifier stands that nobody may read there. */
export interface Found {
  readonly path: string;
  readonly name: string;
}

/** The forms in which a text can stand in a file, written, encoded or in another alphabet. */
function formsOfText(name: string, text: string): readonly Needle[] {
  const utf8 = Buffer.from(text);
  const encoded = [0, 1, 2].map((shift) => {
    // Where a text begins within three bytes decides its base64; its ends depend on what stands beside it.
    const inside = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64');
    return { name: `${name} in base64`, bytes: Buffer.from(inside.slice(shift === 0 ? 0 : 4, -4)) };
  });
  return [
    { name, bytes: utf8 },
    { name: `${name} in capitals`, bytes: Buffer.from(text.toUpperCase()) },
    { name: `${name} in utf-16`, bytes: Buffer.from(text, 'utf16le') },
    { name: `${name} in hex`, bytes: Buffer.from(utf8.toString('hex')) },
    ...encoded,
  ];
}

/** A digest of an identifier as bytes and as text: everybody can hash the addresses they know. */
function formsOfDigest(name: string, text: string): readonly Needle[] {
  const digest = digestOf(text);
  return [
    { name: `digest of ${name}`, bytes: digest },
    { name: `digest of ${name} in hex`, bytes: Buffer.from(digest.toString('hex')) },
    { name: `digest of ${name} in base64`, bytes: Buffer.from(digest.toString('base64').slice(0, 42)) },
    { name: `digest of ${name} in base64url`, bytes: Buffer.from(digest.toString('base64url').slice(0, 42)) },
  ];
}

/** All forms of the identifiers of some people, and of the marker that is in those of everybody. */
export function needlesOf(marker: string, people: readonly MadeUpPerson[]): readonly Needle[] {
  const each = people.flatMap((person) => [
    { name: 'telephone number as written', bytes: Buffer.from(person.phone) },
    ...identifiersOf(person).flatMap(([kind, text]) => [
      { name: kind, bytes: Buffer.from(text) },
      ...formsOfDigest(kind, text),
    ]),
  ]);
  return [...formsOfText('marker', marker), ...each];
}

/** Finds needles in bytes: the name of each that is there, once. */
export function needlesIn(bytes: Buffer, needles: readonly Needle[]): readonly string[] {
  return [...new Set(needles.filter((needle) => bytes.includes(needle.bytes)).map(({ name }) => name))];
}

/** Looks into every file below some folders. What was looked into and is as it was then is not read again. */
export class IdentifierSearch {
  readonly #needles: readonly Needle[];
  readonly #clean = new Set<string>();

  constructor(needles: readonly Needle[]) {
    this.#needles = needles;
  }

  /** Where identifiers stand in the clear. */
  find(directories: readonly string[]): readonly Found[] {
    return directories.flatMap((directory) =>
      filesBelow(directory).flatMap((path) => this.#findIn(join(directory, path))),
    );
  }

  #findIn(path: string): readonly Found[] {
    // The programs of the workers are the same for everybody.
    if (path.includes('/galley-runtime-')) return [];
    const { ino, size, mtimeMs, isFile } = identityOf(path);
    const identity = `${path} ${ino} ${size} ${mtimeMs}`;
    if (!isFile || this.#clean.has(identity)) return [];
    const names = needlesIn(readFileSync(path), this.#needles);
    if (names.length === 0) this.#clean.add(identity);
    return names.map((name) => ({ path, name }));
  }
}

function identityOf(path: string): { ino: number; size: number; mtimeMs: number; isFile: boolean } {
  // A file that goes between listing and reading was not left behind.
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { ino: 0, size: 0, mtimeMs: 0, isFile: false };
  return { ino: found.ino, size: found.size, mtimeMs: found.mtimeMs, isFile: found.isFile() };
}
