import type { PrivacyUnit, SpineCounts } from '../../wire/jobs.ts';
import { Clusters, MARKS, type MemberLinks } from './clusters.ts';
import { Households } from './households.ts';
import { NOTHING, NodeTable } from './node-table.ts';
import { PairList } from './pair-list.ts';

/** The rank of the kind that names households; it comes after all that name persons. */
export const HOUSEHOLD_RANK = 255;

const UNKNOWN = 0;
const KNOWN = 1;
const KNOWN_SHARED = 2;
const KNOWN_AS_ROOT = 4;

const FIRST_CAPACITY_COUNT = 1_024;

/** Identifiers of one member, gathered before anything is decided. */
interface Brought extends MemberLinks {
  readonly present: PresentList;
}

/** Which of several clusters of one member a person goes to; smaller is better in each, in this order. */
interface Proposals {
  /** By root of a cluster: the identifier under which it proposes. */
  readonly under: Uint32Array;
  /** By number of a person: the cluster that wins it. */
  readonly winner: Uint32Array;
}

/**
 * Which identifiers are one person, over all members of a collaboration.
 *
 * Members come in their order, each with its own {@link Clusters}. A cluster proposes itself once: to the person of the
 * first member that has any of its identifiers, under the highest-ranking of these. Of several clusters of one member
 * that propose to one person the best key wins (the earlier member, the higher-ranking kind, the smaller node); the
 * others stay themselves. So a member's clusters never meet in one person, whatever anybody else uploads, and nobody
 * changes a person of whoever comes before. An identifier that is shared at either member joins only what has nothing
 * better than it at both.
 *
 * Shape: the result is a function of the sets of links and identifiers of each member; neither the order of rows, of
 * parts nor of uploads is in it.
 */
export class Spine {
  readonly nodes = new NodeTable();
  #ranks = new Uint8Array(FIRST_CAPACITY_COUNT);
  #partGroups = new Uint32Array(FIRST_CAPACITY_COUNT);
  readonly #brought: Brought[];
  readonly #households: Households | null;
  /** The node a person is named by, and the member at which it stands alone (NOTHING for none). */
  readonly #persons = new PairList();
  readonly #namings: PairList[] = [];
  /** Exact counts of each member's own identifiers. */
  readonly counts: SpineCounts[] = [];

  constructor(memberCount: number, unit: PrivacyUnit) {
    this.#brought = Array.from({ length: memberCount }, () => ({
      links: new PairList(),
      present: new PresentList(),
      households: new PairList(),
    }));
    this.#households = unit === 'household' ? new Households() : null;
  }

  /**
   * Takes rows that carry more than one identifier: the node that names the row and another one on it, low word before
   * high word.
   *
   * @param partGroup one bit, for {@link changedGroups}
   */
  addLinks(member: number, ranks: readonly [number, number], words: Uint32Array, partGroup: number): void {
    const { links, households } = this.#brought[member] as Brought;
    const list = ranks[1] === HOUSEHOLD_RANK ? households : links;
    for (let at = 0; at + 3 < words.length; at += 4) {
      const top = this.#add(words[at] as number, words[at + 1] as number, ranks[0]);
      const other = this.#add(words[at + 2] as number, words[at + 3] as number, ranks[1]);
      this.#partGroups[top] = (this.#partGroups[top] as number) | partGroup;
      list.add(top, other);
    }
  }

  /**
   * Takes nodes that name rows by themselves; those that nobody linked with anything are themselves and need no place,
   * so that all links come before.
   */
  addPresent(member: number, words: Uint32Array, partGroup: number): void {
    const { present } = this.#brought[member] as Brought;
    for (let at = 0; at + 1 < words.length; at += 2) {
      const index = this.nodes.find(words[at] as number, words[at + 1] as number);
      if (index === NOTHING) continue;
      this.#partGroups[index] = (this.#partGroups[index] as number) | partGroup;
      present.add(index);
    }
  }

  /** Takes nodes that name rows by themselves, each of which is to be counted. */
  addCounted(member: number, rank: number, words: Uint32Array): void {
    const { present } = this.#brought[member] as Brought;
    for (let at = 0; at + 1 < words.length; at += 2) {
      present.add(this.#add(words[at] as number, words[at + 1] as number, rank));
    }
  }

  /** Decides who is who; nothing is added after it. */
  resolve(): void {
    const count = this.nodes.count;
    const clusters = new Clusters(count);
    const registry = new Registry(count);
    const under = new Uint32Array(count);
    for (const [member, brought] of this.#brought.entries()) {
      clusters.form(brought, this.#ranks);
      this.counts.push(clusters.count(this.#ranks));
      const proposals = this.#propose(clusters, registry, under);
      const personOf = this.#place(member, clusters, { registry, proposals });
      this.#households?.claim(brought.households, clusters, (root) => personOf[root] as number);
      this.#keep(clusters, personOf);
      registry.enter(member, clusters, personOf);
    }
  }

  /** The identifiers of a member that are called otherwise than by themselves: node, and what {@link nameOf} is given. */
  *namingsOf(member: number): Generator<[node: number, named: { node: number; aloneAt: number }]> {
    const naming = this.#namings[member] as PairList;
    for (let at = 0; at < naming.count; at += 1) {
      const node = naming.first(at);
      const named = this.#nameOf(naming.second(at));
      if (named.node !== node || named.aloneAt !== NOTHING) yield [node, named];
    }
  }

  /** The groups of parts in which a node names rows. */
  partGroupsOf(node: number): number {
    return this.#partGroups[node] as number;
  }

  #nameOf(person: number): { node: number; aloneAt: number } {
    const household = this.#households?.of(person) ?? NOTHING;
    if (household !== NOTHING) return { node: household, aloneAt: NOTHING };
    return { node: this.#persons.first(person), aloneAt: this.#persons.second(person) };
  }

  #add(low: number, high: number, rank: number): number {
    const before = this.nodes.count;
    const index = this.nodes.add(low, high);
    if (index === this.#ranks.length) this.#grow();
    // Two identifiers of two kinds with one node are one, and which came first must not tell.
    if (index === before || rank < (this.#ranks[index] as number)) this.#ranks[index] = rank;
    return index;
  }

  #grow(): void {
    const size = this.#ranks.length * 2;
    const [ranks, partGroups] = [new Uint8Array(size), new Uint32Array(size)];
    ranks.set(this.#ranks);
    partGroups.set(this.#partGroups);
    this.#ranks = ranks;
    this.#partGroups = partGroups;
  }

  #propose(clusters: Clusters, registry: Registry, under: Uint32Array): Proposals {
    under.fill(NOTHING);
    const { root, marks } = clusters;
    for (let index = 0; index < root.length; index += 1) {
      const own = root[index] as number;
      if (own === NOTHING || !registry.joins(index, own === index, marks[index] as number)) continue;
      if (under[own] === NOTHING || this.#isBetter(index, under[own] as number, registry)) under[own] = index;
    }
    const winner = new Uint32Array(this.#persons.count).fill(NOTHING);
    for (let own = 0; own < under.length; own += 1) {
      const best = under[own] as number;
      if (best === NOTHING) continue;
      const person = registry.person[best] as number;
      const rival = winner[person] as number;
      if (rival === NOTHING || this.#isBetter(best, under[rival] as number, registry)) winner[person] = own;
    }
    return { under, winner };
  }

  #isBetter(a: number, b: number, { holder }: Registry): boolean {
    if (holder[a] !== holder[b]) return (holder[a] as number) < (holder[b] as number);
    const [rankA, rankB] = [this.#ranks[a] as number, this.#ranks[b] as number];
    return rankA === rankB ? this.nodes.isSmaller(a, b) : rankA < rankB;
  }

  /** Gives the person of each root. */
  #place(
    member: number,
    { root }: Clusters,
    { registry, proposals }: { registry: Registry; proposals: Proposals },
  ): Uint32Array {
    const personOf = new Uint32Array(root.length).fill(NOTHING);
    for (let own = 0; own < root.length; own += 1) {
      if (root[own] !== own) continue;
      const best = proposals.under[own] as number;
      const wanted = best === NOTHING ? NOTHING : (registry.person[best] as number);
      if (wanted !== NOTHING && proposals.winner[wanted] === own) personOf[own] = wanted;
      else {
        personOf[own] = this.#persons.count;
        // A cluster whose root somebody else has may not be called by it: that name is another person's.
        this.#persons.add(own, registry.known[own] === UNKNOWN ? NOTHING : member);
      }
    }
    return personOf;
  }

  #keep({ root, marks }: Clusters, personOf: Uint32Array): void {
    const naming = new PairList();
    for (let index = 0; index < root.length; index += 1) {
      if (root[index] === NOTHING || ((marks[index] as number) & MARKS.named) === 0) continue;
      const person = personOf[root[index] as number] as number;
      const isItself = this.#persons.first(person) === index && this.#persons.second(person) === NOTHING;
      if (!isItself || this.#households !== null) naming.add(index, person);
    }
    this.#namings.push(naming);
  }
}

/** What the members so far know of each identifier; the first to have it decides. */
class Registry {
  readonly person: Uint32Array;
  readonly holder: Uint16Array;
  readonly known: Uint8Array;

  constructor(nodeCount: number) {
    this.person = new Uint32Array(nodeCount).fill(NOTHING);
    this.holder = new Uint16Array(nodeCount);
    this.known = new Uint8Array(nodeCount);
  }

  /** Whether a cluster may be joined under one of its identifiers. */
  joins(index: number, isRoot: boolean, marks: number): boolean {
    const known = this.known[index] as number;
    if (known === UNKNOWN) return false;
    const isShared = (known & KNOWN_SHARED) !== 0 || (marks & MARKS.shared) !== 0;
    return !isShared || (isRoot && (known & KNOWN_AS_ROOT) !== 0);
  }

  /** Enters a member's identifiers that nobody before it has. */
  enter(member: number, { root, marks }: Clusters, personOf: Uint32Array): void {
    for (let index = 0; index < root.length; index += 1) {
      const own = root[index] as number;
      if (own === NOTHING || this.known[index] !== UNKNOWN) continue;
      const isShared = ((marks[index] as number) & MARKS.shared) !== 0;
      this.known[index] = KNOWN | (isShared ? KNOWN_SHARED : 0) | (own === index ? KNOWN_AS_ROOT : 0);
      this.person[index] = personOf[own] as number;
      this.holder[index] = member;
    }
  }
}

/** Indices, four bytes each. */
class PresentList {
  #indices = new Uint32Array(FIRST_CAPACITY_COUNT);
  #count = 0;

  add(index: number): void {
    if (this.#count === this.#indices.length) {
      const larger = new Uint32Array(this.#count * 2);
      larger.set(this.#indices);
      this.#indices = larger;
    }
    this.#indices[this.#count] = index;
    this.#count += 1;
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#indices.subarray(0, this.#count)[Symbol.iterator]();
  }
}
