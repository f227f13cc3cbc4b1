import type { SpineInput } from '../../sandbox/index.ts';
import { type Kitchen, newId } from '../kitchen/index.ts';
import type { SealedWriter } from '../vault/index.ts';
import { readColumnChunks, writeColumnChunk } from './column-file.ts';
import type { NodeColumns } from './node-columns.ts';
import { entriesPlace, personPlace } from './places.ts';
import type { SpinePart, SpineScope } from './spine-scope.ts';

/** Longest time to resolve a spine: a hundred million identifiers. */
const RESOLVE_DEADLINE_MS = 1_800_000;

/** For each member that somebody is called otherwise at, the file that says so. */
export type SpineEntries = Readonly<Record<string, string>>;

/** A spine that is resolved and sealed, and not yet in force. */
export interface ResolvedEntries {
  readonly entries: SpineEntries;
  /** Whether rows of a part may have other persons than before. */
  readonly isChanged: (part: SpinePart) => boolean;
}

type Input = SpineInput & { chunks: () => AsyncIterable<Uint8Array> };

/** Resolves the spine of a collaboration anew from what its parts say; see docs/identity.md. */
export async function resolveSpine(
  kitchen: Kitchen,
  scope: SpineScope,
  { nodes, earlier }: { nodes: ReadonlyMap<string, NodeColumns>; earlier: SpineEntries },
): Promise<ResolvedEntries> {
  const { collaborationId, members, identity } = scope;
  const files = new EntryFiles(kitchen, scope);
  const job = {
    unit: identity.rules.unit,
    aloneKeys: members.map((member) => kitchen.vault.deriveKey(`alone/${collaborationId}/${member}`).export()),
    inputs: inputsOf(kitchen, scope, { nodes, earlier }),
    isCounting: false,
  };
  let isChanged: (part: number) => boolean = () => true;
  try {
    // In nobody's lane: it is made of what all members brought.
    for await (const told of kitchen.wall.resolve(job, { deadlineMs: RESOLVE_DEADLINE_MS })) {
      if (told.kind === 'entries') await files.write(told.member, told.bytes);
      else isChanged = told.isChanged;
    }
    const entries = await files.finish();
    const numbers = new Map(scope.parts.map(({ partId }, number) => [partId, number]));
    return { entries, isChanged: ({ partId }) => isChanged(numbers.get(partId) ?? 0) };
  } finally {
    await files.abandon();
  }
}

/** What parts say, in the order in which a spine takes it: links, then who stood alone, then an earlier spine. */
export function inputsOf(
  kitchen: Kitchen,
  { collaborationId, members, parts, ranks }: SpineScope,
  { nodes, earlier }: { nodes: ReadonlyMap<string, NodeColumns>; earlier: SpineEntries },
): Input[] {
  const linked: Input[] = [];
  const present: Input[] = [];
  for (const [number, { partId, datasetId, owner, identifiers }] of parts.entries()) {
    const columns = nodes.get(partId) as NodeColumns;
    const base = {
      member: members.indexOf(owner),
      part: number,
      ranks: identifiers.map(({ kind }) => ranks.get(kind) as number),
    };
    const chunksOf = (fileName: string) => () =>
      readColumnChunks(kitchen, personPlace(kitchen, collaborationId, { fileName, datasetId }));
    const { links_file: links, singles_file: singles, nodes_file: all } = columns;
    if (links !== null) linked.push({ ...base, kind: 'links', chunks: chunksOf(links) });
    present.push({ ...base, kind: singles === null ? 'nodes' : 'singles', chunks: chunksOf(singles ?? all) });
  }
  const before = Object.entries(earlier).flatMap(([member, fileName]): Input[] => {
    const index = members.indexOf(member);
    const chunks = () => readColumnChunks(kitchen, entriesPlace(kitchen, collaborationId, fileName));
    return index < 0 ? [] : [{ kind: 'earlier', member: index, part: 0, ranks: [], chunks }];
  });
  return [...linked, ...present, ...before];
}

/** The files of entries, one for each member that has any. */
class EntryFiles {
  readonly #kitchen: Kitchen;
  readonly #scope: SpineScope;
  readonly #id = newId('spine');
  readonly #open = new Map<string, { fileName: string; file: SealedWriter }>();

  constructor(kitchen: Kitchen, scope: SpineScope) {
    this.#kitchen = kitchen;
    this.#scope = scope;
  }

  async write(index: number, bytes: Uint8Array): Promise<void> {
    const member = this.#scope.members[index] as string;
    let entry = this.#open.get(member);
    if (entry === undefined) {
      const fileName = `${this.#id}-${index}.sealed`;
      const place = entriesPlace(this.#kitchen, this.#scope.collaborationId, fileName);
      entry = { fileName, file: await this.#kitchen.vault.createFile(place) };
      this.#open.set(member, entry);
    }
    await writeColumnChunk(entry.file, bytes);
  }

  async finish(): Promise<SpineEntries> {
    const entries: Record<string, string> = {};
    for (const [member, { fileName, file }] of this.#open) {
      await file.finish();
      entries[member] = fileName;
    }
    return entries;
  }

  async abandon(): Promise<void> {
    for (const { file } of this.#open.values()) await file.abandon();
  }
}
