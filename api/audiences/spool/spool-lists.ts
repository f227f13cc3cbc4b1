// What is to be sent is written down once, sealed, so that every attempt sends the same bytes and none of it is ever in
// memory as a whole.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kitchen } from '../../kitchen/index.ts';

/** Bytes of a membership token. */
export const TOKEN_BYTES = 16;
/** Bytes of a person's name within its collaboration, big-endian. */
export const PERSON_BYTES = 8;

const FOLDER = 'deliveries';

/** What a list holds: all tokens, those that came or went, all persons, or the tokens of one range of persons. */
export type ListName = 'members' | 'added' | 'removed' | 'persons' | `range-${number}`;

/** One publication, whose lists are kept. */
export interface Spool {
  readonly activationId: string;
  readonly version: number;
}

/** Writes a list: it is there whole or not at all. */
export async function writeList(
  kitchen: Kitchen,
  spool: Spool,
  name: ListName,
  blocks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const writer = await openListWriter(kitchen, spool, name);
  try {
    for await (const block of blocks) await writer.write(block);
    await writer.finish();
  } finally {
    await writer.abandon();
  }
}

/** Begins a list. */
export async function openListWriter(kitchen: Kitchen, spool: Spool, name: ListName) {
  return await kitchen.vault.createFile(placeOf(kitchen, spool, name));
}

/** Reads a list from a byte on, in parts that end between its records. */
export async function* readList(
  kitchen: Kitchen,
  spool: Spool,
  name: ListName,
  fromByte = 0,
): AsyncGenerator<Uint8Array, void> {
  const file = await kitchen.vault.openFile(placeOf(kitchen, spool, name));
  try {
    yield* file.chunks(fromByte);
  } finally {
    await file.close();
  }
}

/** The bytes of a list; undefined when there is none. */
export async function listBytes(kitchen: Kitchen, spool: Spool, name: ListName): Promise<number | undefined> {
  const file = await kitchen.vault.openFile(placeOf(kitchen, spool, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  await file?.close();
  return file?.byteCount;
}

/** Removes lists. */
export async function removeLists(kitchen: Kitchen, spool: Spool, names: readonly ListName[]): Promise<void> {
  for (const name of names) await rm(placeOf(kitchen, spool, name).path, { force: true });
}

/** Whether any list of a publication is there. */
export async function hasLists(kitchen: Pick<Kitchen, 'config'>, { activationId, version }: Spool): Promise<boolean> {
  const names = await listNames(kitchen);
  return names.some((name) => name.startsWith(`${activationId}.${version}.`));
}

/** Removes every list of an activation but those of some versions; of all activations but some, when none is named. */
export async function keepOnly(
  kitchen: Pick<Kitchen, 'config'>,
  isKept: (spool: Spool) => boolean,
  activationId?: string,
): Promise<void> {
  for (const name of await listNames(kitchen)) {
    const [, id = '', version] = /^(.+)\.(\d+)\.[a-z0-9-]+\.sealed$/.exec(name) ?? [];
    if (activationId !== undefined && id !== activationId) continue;
    // What is named otherwise is a draft that a crash has left.
    if (version !== undefined && isKept({ activationId: id, version: Number(version) })) continue;
    await rm(join(directoryOf(kitchen), name), { force: true });
  }
}

function directoryOf(kitchen: Pick<Kitchen, 'config'>): string {
  return join(kitchen.config.dataDirectory, FOLDER);
}

async function listNames(kitchen: Pick<Kitchen, 'config'>): Promise<readonly string[]> {
  return await readdir(directoryOf(kitchen)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

function placeOf(kitchen: Kitchen, { activationId, version }: Spool, name: ListName) {
  const file = `${activationId}.${version}.${name}`;
  return { path: join(kitchen.config.dataDirectory, FOLDER, `${file}.sealed`), fileId: `delivery/${file}` };
}
