import { TREE_FAN_OUT, treeLevels } from '../plan/contribution.ts';
import type { Bins } from '../plan/question-tree.ts';
import type { RawHistogram } from './raw-groups.ts';

/**
 * Noisy counts of a histogram, summed up in a tree: every node of every level has noise of its own.
 *
 * The rows before an edge are then a sum of few nodes, where bins alone would add the noise of every bin before it.
 * Source: Hay, Rastogi, Miklau, Suciu, "Boosting the Accuracy of Differentially Private Histograms Through
 * Consistency" (2010). Noise is drawn when a node is first looked at, and once: the nodes that nobody looks at need
 * none, and a second draw would tell of the first.
 */
export class NoisyTree {
  /** Levels below the root; the last is that of the bins. */
  readonly levels: number;
  readonly #exact: readonly RawHistogram[];
  readonly #drawn = new Map<string, number>();
  readonly #drawNoise: () => bigint;

  constructor(histogram: RawHistogram, bins: Bins, drawNoise: () => bigint) {
    this.levels = treeLevels(bins);
    this.#exact = sumUp(histogram, this.levels);
    this.#drawNoise = drawNoise;
  }

  /** Noisy rows of the node `index` of a level, from 1 for the children of the root. */
  count(level: number, index: number): number {
    const node = `${level}/${index}`;
    const drawn = this.#drawn.get(node);
    if (drawn !== undefined) return drawn;
    const noisy = Number((this.#exact[level - 1]?.get(index) ?? 0n) + this.#drawNoise());
    this.#drawn.set(node, noisy);
    return noisy;
  }

  /** Noisy rows of the `TREE_FAN_OUT` children of a node, the root being the only node of level 0. */
  children(level: number, index: number): readonly number[] {
    return Array.from({ length: TREE_FAN_OUT }, (_, i) => this.count(level + 1, index * TREE_FAN_OUT + i));
  }
}

/** Exact rows of each node, level by level from the top. */
function sumUp(leaves: RawHistogram, levels: number): readonly RawHistogram[] {
  const all: RawHistogram[] = [leaves];
  while (all.length < levels) {
    const above = new Map<number, bigint>();
    for (const [index, count] of all[0] ?? []) {
      const parent = Math.floor(index / TREE_FAN_OUT);
      above.set(parent, (above.get(parent) ?? 0n) + count);
    }
    all.unshift(above);
  }
  return all;
}
