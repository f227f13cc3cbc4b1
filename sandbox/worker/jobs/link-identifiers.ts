import {
  type ColumnChunk,
  decodeColumnChunk,
  encodeColumnChunk,
  isPresent,
  MAX_CHUNK_ROWS,
} from '../../wire/column-chunk.ts';
import { DIGEST_BYTES } from '../../wire/column-type.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { BlockSet, keyedBlocks } from '../rights/sought-blocks.ts';
import { addBlocks } from './judge-rows.ts';

type Spec = JobSpec & { kind: 'link-identifiers' };

/** An identifier that stood beside sought ones. */
interface Beside {
  readonly digest: Uint8Array;
  /** Kinds of sought ones before its own: it is theirs when it never stands with another of that kind. */
  readonly above: Set<number>;
  isShared: boolean;
}

/** Of a sought identifier: the one it stands with, by kind; `SEVERAL` when there are more. */
type Partner = Map<number, number>;
const SEVERAL = -1;

interface Column {
  readonly kind: number;
  readonly chunk: ColumnChunk;
  readonly words: Uint32Array;
}

/**
 * Finds what stands in a row with a sought identifier, and names the same person: of two kinds the later one belongs to
 * the earlier when it was never seen with another of it. A telephone that was seen with two e-mails is no one person's:
 * erasing one of them must not take the rows of the other.
 */
export function linkIdentifiers(job: Spec): void {
  const sought = job.kinds.map(() => new BlockSet());
  const beside = job.kinds.map(() => ({ places: new BlockSet(), found: [] as Beside[] }));
  const partners = new Map<string, Partner>();
  const key = Buffer.from(job.keyHex, 'hex');
  let block: Column[] = [];
  for (const { table, column, bytes } of receiveChunks()) {
    const chunk = decodeColumnChunk(bytes);
    if (table === 0) {
      addBlocks(sought[column] as BlockSet, chunk);
      continue;
    }
    const isFirstPass = table <= job.parts.length;
    block.push({ kind: column, chunk, words: keyedBlocks(chunk.values as Uint8Array, key) });
    if (block.length < (job.parts[(table - 1) % job.parts.length]?.length ?? 0)) continue;
    for (let row = 0; row < chunk.rowCount; row += 1) {
      if (isFirstPass) noteBeside(block, row, { sought, beside, partners });
      else noteShared(block, row, { sought, beside });
    }
    block = [];
  }
  let rows = 0;
  const owners = ownersOf(partners);
  for (const [kind, { found }] of beside.entries()) {
    const isLinked = (f: Beside, place: number) => (f.above.size > 0 && !f.isShared) || owners.has(`${kind}/${place}`);
    const own = found.filter(isLinked).map(({ digest }) => digest);
    rows += own.length;
    for (let from = 0; from < own.length; from += MAX_CHUNK_ROWS)
      answerDigests(kind, own.slice(from, from + MAX_CHUNK_ROWS));
  }
  answer({ kind: 'done', rows, rejected: 0 });
}

interface Known {
  readonly sought: readonly BlockSet[];
  readonly beside: readonly { readonly places: BlockSet; readonly found: Beside[] }[];
}

function isSought({ kind, chunk, words }: Column, row: number, sought: readonly BlockSet[]): boolean {
  return isPresent(chunk, row) && (sought[kind] as BlockSet).placeOf(words, row) >= 0;
}

function noteBeside(block: readonly Column[], row: number, known: Known & { partners: Map<string, Partner> }): void {
  const seeds = block.flatMap((column) => {
    const place = isPresent(column.chunk, row)
      ? (known.sought[column.kind] as BlockSet).placeOf(column.words, row)
      : -1;
    return place < 0 ? [] : [{ kind: column.kind, place }];
  });
  if (seeds.length === 0) return;
  for (const { kind, chunk, words } of block) {
    if (!isPresent(chunk, row)) continue;
    if (seeds.some((seed) => seed.kind === kind)) {
      for (const seed of seeds) partnerOf(known.partners, seed).set(kind, SEVERAL);
      continue;
    }
    const { places, found } = known.beside[kind] as Known['beside'][number];
    const place = places.add(words, row);
    const digest = (chunk.values as Uint8Array).slice(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES);
    found[place] ??= { digest, above: new Set(), isShared: false };
    for (const seed of seeds) {
      if (seed.kind < kind) found[place].above.add(seed.kind);
      const partner = partnerOf(known.partners, seed);
      const met = partner.get(kind);
      partner.set(kind, met === undefined || met === place ? place : SEVERAL);
    }
  }
}

function partnerOf(partners: Map<string, Partner>, { kind, place }: { kind: number; place: number }): Partner {
  const name = `${kind}/${place}`;
  const known = partners.get(name) ?? new Map<number, number>();
  partners.set(name, known);
  return known;
}

/** The identifiers that some sought one of a later kind stands with, and with no other of their kind. */
function ownersOf(partners: ReadonlyMap<string, Partner>): ReadonlySet<string> {
  const owners = new Set<string>();
  for (const [name, met] of partners) {
    for (const [kind, place] of met) {
      if (place !== SEVERAL && kind < Number.parseInt(name, 10)) owners.add(`${kind}/${place}`);
    }
  }
  return owners;
}

function noteShared(block: readonly Column[], row: number, { sought, beside }: Known): void {
  for (const { kind, chunk, words } of block) {
    const { places, found } = beside[kind] as Known['beside'][number];
    const place = isPresent(chunk, row) ? places.placeOf(words, row) : -1;
    const known = place < 0 ? undefined : found[place];
    if (known === undefined || known.isShared || known.above.size === 0) continue;
    known.isShared = block.some(
      (other) => known.above.has(other.kind) && isPresent(other.chunk, row) && !isSought(other, row, sought),
    );
  }
}

function answerDigests(kind: number, digests: readonly Uint8Array[]): void {
  const values = Buffer.concat(digests);
  const chunk = { type: { kind: 'digest' as const }, rowCount: digests.length, validity: null, values };
  answer({ kind: 'chunk', column: kind, bytes: encodeColumnChunk(chunk) });
}
