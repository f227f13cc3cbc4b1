import { createCipheriv } from 'node:crypto';

import { encodeColumnChunk, MAX_CHUNK_ROWS } from '../../wire/column-chunk.ts';
import { EntryTable } from './entry-table.ts';
import { NOTHING } from './node-table.ts';
import type { Spine } from './spine.ts';

/** A node and its person are two numbers of two words. */
const WORDS_PER_ENTRY = 4;
const BLOCK_BYTES = 16;
/** Every group of parts. */
const ALL_GROUPS = 0xffff_ffff;

/** One member's part of a spine that is resolved. */
export interface ToldMember {
  readonly member: number;
  /** 32 bytes under which its clusters that stand alone are named. */
  readonly aloneKey: Uint8Array;
  /** What was told of it before; `undefined` for nothing. */
  readonly earlier: EntryTable | undefined;
}

/**
 * Tells who of a member is called otherwise than by its own node, in chunks of entries.
 *
 * Shape: gives the number of entries, and the groups of parts in which somebody is called otherwise than before.
 */
export function tellMember(
  spine: Spine,
  { member, aloneKey, earlier = new EntryTable() }: ToldMember,
  say: (bytes: Uint8Array) => void,
): { rows: number; changedGroups: number } {
  const names = new Names(spine, aloneKey);
  const known = new Uint8Array(earlier.count);
  const words = new Uint32Array(MAX_CHUNK_ROWS * 2);
  const told = { rows: 0, changedGroups: 0 };
  let length = 0;
  const flush = () => {
    if (length > 0) say(chunkOf(words.slice(0, length)));
    told.rows += length / WORDS_PER_ENTRY;
    length = 0;
  };
  for (const [index, named] of spine.namingsOf(member)) {
    const [low, high] = [spine.nodes.low(index), spine.nodes.high(index)];
    const [personLow, personHigh] = names.nameOf(named);
    const place = earlier.find(low, high);
    if (place !== NOTHING) known[place] = 1;
    if (place === NOTHING || !earlier.isPerson(place, personLow, personHigh)) {
      told.changedGroups |= spine.partGroupsOf(index);
    }
    words.set([low, high, personLow, personHigh], length);
    length += WORDS_PER_ENTRY;
    if (length === words.length) flush();
  }
  flush();
  for (let place = 0; place < known.length; place += 1) {
    if (known[place] === 0) told.changedGroups |= groupsOf(spine, earlier.nodeAt(place));
  }
  return told;
}

// Who is no longer known to the spine may still name rows anywhere.
function groupsOf(spine: Spine, [low, high]: readonly [number, number]): number {
  const index = spine.nodes.find(low, high);
  return index === NOTHING ? ALL_GROUPS : spine.partGroupsOf(index);
}

function chunkOf(words: Uint32Array<ArrayBuffer>): Uint8Array {
  const values = new BigUint64Array(words.buffer);
  return encodeColumnChunk({ type: { kind: 'person' }, rowCount: values.length, validity: null, values });
}

/** The numbers that persons are called by. */
class Names {
  readonly #spine: Spine;
  readonly #aloneKey: Uint8Array;

  constructor(spine: Spine, aloneKey: Uint8Array) {
    this.#spine = spine;
    this.#aloneKey = aloneKey;
  }

  /** A cluster that stands alone has a name that no other member's can have: one under a key of its member. */
  nameOf({ node, aloneAt }: { node: number; aloneAt: number }): readonly [low: number, high: number] {
    const { nodes } = this.#spine;
    if (aloneAt === NOTHING) return [nodes.low(node), nodes.high(node)];
    const block = Buffer.alloc(BLOCK_BYTES);
    block.writeUInt32LE(nodes.low(node), 0);
    block.writeUInt32LE(nodes.high(node), 4);
    const name = createCipheriv('aes-256-ecb', this.#aloneKey, null).setAutoPadding(false).update(block);
    return [name.readUInt32LE(0), name.readUInt32LE(4)];
  }
}
