import type { Clusters } from './clusters.ts';
import { NOTHING } from './node-table.ts';
import type { PairList } from './pair-list.ts';

/**
 * Most clusters of one member that one household may hold. A block of flats, an office or a placeholder is no household,
 * and whoever claims one for others cannot put more than these together.
 */
export const MAX_HOUSEHOLD_CLUSTERS_COUNT = 16;

const SEVERAL = 0xffff_fffe;

/**
 * Which household a person belongs to: the one that the first member to name exactly one for it names.
 *
 * A cluster seen with several households, or with one that holds too many of its member's clusters, is given none by that
 * member. What a later member says counts for persons only of whom nobody before it said anything.
 */
export class Households {
  /** By number of a person: the node of its household. */
  #ofPerson: Uint32Array<ArrayBuffer> = new Uint32Array(1_024).fill(NOTHING);

  /** The household of a person, NOTHING for none. */
  of(person: number): number {
    return this.#ofPerson[person] ?? NOTHING;
  }

  /** Takes in what one member says; `personOf` gives the person of one of its clusters. */
  claim(claims: PairList, clusters: Clusters, personOf: (root: number) => number): void {
    const ofCluster = new Uint32Array(clusters.root.length).fill(NOTHING);
    for (let at = 0; at < claims.count; at += 1) {
      const root = clusters.root[claims.first(at)] as number;
      const household = claims.second(at);
      if (ofCluster[root] === NOTHING) ofCluster[root] = household;
      else if (ofCluster[root] !== household) ofCluster[root] = SEVERAL;
    }
    const sizes = new Uint32Array(clusters.root.length);
    for (const household of ofCluster) {
      if (household < SEVERAL) sizes[household] = (sizes[household] as number) + 1;
    }
    for (const [root, household] of ofCluster.entries()) {
      if (household >= SEVERAL || (sizes[household] as number) > MAX_HOUSEHOLD_CLUSTERS_COUNT) continue;
      this.#set(personOf(root), household);
    }
  }

  #set(person: number, household: number): void {
    while (person >= this.#ofPerson.length) {
      const larger = new Uint32Array(this.#ofPerson.length * 2).fill(NOTHING);
      larger.set(this.#ofPerson);
      this.#ofPerson = larger;
    }
    if (this.#ofPerson[person] === NOTHING) this.#ofPerson[person] = household;
  }
}
