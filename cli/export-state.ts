import { readFile } from 'node:fs/promises';
import { digestOf, type ExportedLog } from './export-log.ts';
import { writeWhole } from './write-whole.ts';

/** A tree that was seen. */
interface Tree {
  readonly treeSize: number;
  readonly rootHash: string;
}

/** What a row of exports remembers between its runs. */
export interface ExportState {
  /** The format and the filter, as one text: a row of files is of one kind. */
  readonly of: string;
  /** Where the next export begins. */
  readonly nextIndex: number;
  /** The log as it was then. */
  readonly tree: Tree | null;
  /** A file that is about to get its name: whether it has, shows whether its export counts. */
  readonly pending: (Pick<ExportedLog, 'path' | 'sha256' | 'untilIndex'> & { readonly tree: Tree }) | null;
}

/**
 * Reads where a row of exports goes on.
 *
 * A run that ended between naming its file and remembering that is brought to its end here, so that no entry is in two
 * files, and none in no file.
 *
 * @throws {Error} when the file is no such state, or of another format or filter
 */
export async function readExportState(
  path: string,
  start: Pick<ExportState, 'of' | 'nextIndex'>,
): Promise<ExportState> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { ...start, tree: null, pending: null };
  const state = parseState(text, path);
  if (state.of !== start.of) {
    throw new Error(`\`${path}\` is of an export with another format or filter; name another file with \`--state\``);
  }
  const { pending } = state;
  if (pending === null) return state;
  const isNamed = (await digestOf(pending.path).catch(() => '')) === pending.sha256;
  return isNamed
    ? { of: state.of, nextIndex: pending.untilIndex, tree: pending.tree, pending: null }
    : { ...state, pending: null };
}

/** Keeps a state: the file is the old one or the new one, whatever happens meanwhile. */
export async function writeExportState(path: string, state: ExportState): Promise<void> {
  await writeWhole(path, `${JSON.stringify(state, null, 2)}\n`);
}

function parseState(text: string, path: string): ExportState {
  try {
    const state = JSON.parse(text) as ExportState;
    if (typeof state.of === 'string' && Number.isSafeInteger(state.nextIndex) && state.nextIndex >= 0) return state;
  } catch {
    // What is wrong with it is no help: it is not ours.
  }
  throw new Error(`\`${path}\` is not what an export remembers; name another file with \`--state\``);
}
