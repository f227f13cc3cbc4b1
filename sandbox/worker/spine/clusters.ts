import type { RankCounts, SpineCounts } from '../../wire/jobs.ts';
import { NOTHING } from './node-table.ts';
import type { PairList } from './pair-list.ts';

/**
 * Most different identifiers that one identifier may have linked under it at one member. What carries more is no person:
 * a shop's own number, a test device, a placeholder. It is also what bounds how many others one person can touch.
 */
export const MAX_LINKS_COUNT = 16;

/** Ranks that a kind may have: a byte. */
const RANKS_COUNT = 256;

/** Marks of an identifier at one member. */
export const MARKS = {
  /** Was seen with several of the kind it would have attached to. */
  shared: 1,
  /** Names rows itself. */
  named: 2,
  /** Has more links than a person has identifiers: none of them counts. */
  crowded: 4,
} as const;

/** What one member brought, over the indices of nodes. */
export interface MemberLinks {
  /** The identifier that names a row, and another one on it. */
  readonly links: PairList;
  /** Identifiers that name rows without others. */
  readonly present: Iterable<number>;
  /** The identifier that names a row, and the household on it. */
  readonly households: PairList;
}

/**
 * The persons of one member, by its own data alone: a forest, in which each identifier stands under one of a
 * higher-ranking kind or for itself.
 *
 * An identifier attaches to the one identifier of the highest-ranking kind that named rows on which it stood. With
 * several of that kind it is shared and names nobody but itself. So two identifiers are never joined because a third is
 * with both: a telephone number of a family, a till's card or a shared device makes no giant out of its users, whom one
 * bound would then hold together.
 *
 * Stability: the rows that one identifier names make at most {@link MAX_LINKS_COUNT} links, so that to add or remove them
 * changes under whom at most that many others stand; each of these leaves one cluster and enters one. Therefore at
 * most twice that many other clusters of the member change.
 */
export class Clusters {
  /** By node: the root of its cluster, NOTHING when this member has no such identifier. */
  readonly root: Uint32Array;
  /** By node: {@link MARKS}. */
  readonly marks: Uint8Array;

  constructor(nodeCount: number) {
    this.root = new Uint32Array(nodeCount);
    this.marks = new Uint8Array(nodeCount);
  }

  /** Forms the clusters of the next member; `ranks` says the rank of each node's kind, lower first. */
  form({ links, present, households }: MemberLinks, ranks: Uint8Array): void {
    this.root.fill(NOTHING);
    this.marks.fill(0);
    links.sortDistinct();
    households.sortDistinct();
    for (const index of present) this.#see(index, MARKS.named);
    for (let at = 0; at < households.count; at += 1) this.#see(households.first(at), MARKS.named);
    this.#attach(links, ranks);
    for (let index = 0; index < this.root.length; index += 1) this.#followToRoot(index);
  }

  /** Counts the identifiers and clusters of the member. */
  count(rankOf: Uint8Array): SpineCounts {
    const counts = { identifiers: 0, clusters: 0, attached: 0, shared: 0, crowded: 0 };
    const ranks = Array.from({ length: RANKS_COUNT }, (_, rank) => ({ rank, identifiers: 0, attached: 0, shared: 0 }));
    for (let index = 0; index < this.root.length; index += 1) {
      const root = this.root[index] as number;
      if (root === NOTHING) continue;
      const marks = this.marks[index] as number;
      const ofRank = ranks[rankOf[index] as number] as RankCounts;
      ofRank.identifiers += 1;
      if (root !== index) ofRank.attached += 1;
      if ((marks & MARKS.shared) !== 0) ofRank.shared += 1;
      if ((marks & MARKS.crowded) !== 0) counts.crowded += 1;
    }
    for (const ofRank of ranks) {
      counts.identifiers += ofRank.identifiers;
      counts.attached += ofRank.attached;
      counts.shared += ofRank.shared;
    }
    counts.clusters = counts.identifiers - counts.attached;
    return { ...counts, ranks: ranks.filter(({ identifiers }) => identifiers > 0) };
  }

  #see(index: number, mark: number): void {
    if (this.root[index] === NOTHING) this.root[index] = index;
    this.marks[index] = (this.marks[index] as number) | mark;
  }

  // Until all links are read, `root` holds what each identifier stands under directly.
  #attach(links: PairList, ranks: Uint8Array): void {
    for (let from = 0; from < links.count; ) {
      const top = links.first(from);
      let to = from + 1;
      while (to < links.count && links.first(to) === top) to += 1;
      this.#see(top, MARKS.named);
      const isCrowded = to - from > MAX_LINKS_COUNT;
      if (isCrowded) this.#see(top, MARKS.crowded);
      for (; from < to; from += 1) {
        const other = links.second(from);
        this.#see(other, 0);
        if (!isCrowded) this.#link(top, other, ranks);
      }
    }
  }

  #link(top: number, other: number, ranks: Uint8Array): void {
    const rank = ranks[top] as number;
    // Also what keeps the forest one: whatever stands under something is of a lower-ranking kind.
    if (rank >= (ranks[other] as number)) return;
    const over = this.root[other] as number;
    const rankOver = over === other ? 256 : (ranks[over] as number);
    if (rank > rankOver) return;
    const marks = this.marks[other] as number;
    this.marks[other] = rank < rankOver ? marks & ~MARKS.shared : marks | MARKS.shared;
    if (rank < rankOver) this.root[other] = top;
  }

  #followToRoot(index: number): void {
    if (((this.marks[index] as number) & MARKS.shared) !== 0) this.root[index] = index;
    let root = this.root[index] as number;
    if (root === NOTHING) return;
    // No longer than there are kinds. One that is shared is a root, whatever it was first seen with.
    while (this.root[root] !== root && ((this.marks[root] as number) & MARKS.shared) === 0) {
      root = this.root[root] as number;
    }
    this.root[index] = root;
  }
}
