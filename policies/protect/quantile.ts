import { TREE_FAN_OUT } from '../plan/contribution.ts';
import type { Bins } from '../plan/question-tree.ts';
import type { NoisyTree } from './noisy-tree.ts';
import { deviations95 } from './normal-deviations.ts';

/** A quantile with the ends of its interval, in units of 10^-scale of the bins. */
export type QuantileUnits = readonly [value: bigint, low: bigint, high: bigint];

/** A search for a rank: which of the bins holds it. */
interface Search {
  readonly tree: NoisyTree;
  /** Share of rows below, and the number of rows that is, by the noisy total. */
  readonly rank: number;
  readonly target: number;
  /** Variance of each node's noise. */
  readonly variance: number;
  /** Standard deviations that the search leaves on its way; 0 for the value itself. */
  readonly deviations: number;
}

/** The node that a search has come to, the noisy rows before it, and its own; at the end it is a leaf. */
interface Leaf {
  readonly index: number;
  readonly before: number;
  readonly rows: number;
}

/** The first whole row: a rank of 0 is the least value there is, and not the first bin. */
const FIRST_ROW = 1;
/** What a product of a share and a count may be off by. */
const ROUNDING_ROWS = 1e-6;

/**
 * The value below which the share `rank` of rows lies; `null` when the rows are lost in their noise.
 *
 * The value comes from going down the tree to the bin where the noisy count first reaches the rank. The interval comes
 * from going down twice more. On the low side each level takes the first child whose end is not surely before the
 * rank, on the high side the last whose beginning is not surely after it. The bin of the true value passes both unless
 * one of the edges of its ancestors, one a level, is misjudged: so the chance of that is shared out among the levels.
 */
export function estimateQuantile(tree: NoisyTree, bins: Bins, rank: number, variance: number): QuantileUnits | null {
  const total = tree.children(0, 0).reduce((sum, count) => sum + count, 0);
  const lost = deviations95(1) * Math.sqrt(TREE_FAN_OUT * variance);
  if (total < FIRST_ROW || total <= lost) return null;
  const target = Math.max(FIRST_ROW, rank * total) - ROUNDING_ROWS;
  const deviations = deviations95(tree.levels === 1 ? 1 : tree.levels === 2 ? 2 : 3);
  const search = { tree, rank, target, variance, deviations };
  const middle = findFirst({ ...search, deviations: 0 });
  // Half a row back: the one row of a bin is taken to lie in its middle.
  const share = middle.rows <= 0 ? 0.5 : (target + ROUNDING_ROWS - middle.before - 0.5) / middle.rows;
  return [
    valueWithin(bins, middle.index, share),
    firstUnit(bins, findFirst(search).index),
    lastUnit(bins, findLast(search).index),
  ];
}

/** Goes down by the first child at whose end the rank may be reached. */
function findFirst(search: Search): Leaf {
  return descend(search, (edges) => {
    const found = edges.slice(1).findIndex((e) => e.rows + search.deviations * e.deviation >= search.target);
    return found < 0 ? TREE_FAN_OUT - 1 : found;
  });
}

/** Goes down by the last child at whose beginning the rank may be still ahead. */
function findLast(search: Search): Leaf {
  return descend(search, (edges) => {
    const found = edges.slice(0, -1).findLastIndex((e) => e.rows - search.deviations * e.deviation <= search.target);
    return Math.max(0, found);
  });
}

/** An edge between children: noisy rows before it, and the deviation of these less the rank's share of the total. */
interface Edge {
  readonly rows: number;
  readonly deviation: number;
}

function descend(search: Search, choose: (edges: readonly Edge[]) => number): Leaf {
  let leaf: Leaf = { index: 0, before: 0, rows: 0 };
  // Nodes summed up to an edge: those of the first level are part of the total too, and move with it.
  let [whole, parts] = [0, 0];
  for (let level = 0; level < search.tree.levels; level += 1) {
    const counted = search.tree.children(level, leaf.index);
    const children = level === 0 ? counted : agreed(counted, leaf.rows);
    const edges: Edge[] = [{ rows: leaf.before, deviation: deviationAt(search, whole, parts) }];
    for (const [i, count] of children.entries()) {
      const [k, deeper] = level === 0 ? [i + 1, 0] : [whole, parts + i + 1];
      edges.push({ rows: (edges[i]?.rows ?? 0) + count, deviation: deviationAt(search, k, deeper) });
    }
    const child = choose(edges);
    leaf = {
      index: leaf.index * TREE_FAN_OUT + child,
      before: edges[child]?.rows ?? 0,
      rows: children[child] ?? 0,
    };
    if (level === 0) whole = child;
    else parts += child;
  }
  return leaf;
}

/**
 * Children that agree with their node: that has been counted once more, with less noise than all of them together. Their
 * sum and it are weighed by their variances, and the difference is shared out evenly. It is least squares for one node and
 * its children, and made of noisy numbers alone; edges between them vary less than {@link deviationAt} says.
 *
 * Source: Hay et al., "Boosting the Accuracy of Differentially Private Histograms Through Consistency" (2010).
 */
function agreed(counted: readonly number[], rows: number): readonly number[] {
  const sum = counted.reduce((total, count) => total + count, 0);
  const each = (rows - sum) / (TREE_FAN_OUT + 1);
  return counted.map((count) => count + each);
}

function deviationAt({ rank, variance }: Search, whole: number, parts: number): number {
  const nodes = whole * (1 - rank) ** 2 + (TREE_FAN_OUT - whole) * rank ** 2 + parts;
  return Math.sqrt(nodes * variance);
}

/** Values are whole units, and a bin begins with the first that is not below its edge. */
function firstUnit({ lower, upper, count }: Bins, bin: number): bigint {
  const [span, all] = [upper - lower, BigInt(count)];
  return lower + (BigInt(bin) * span + all - 1n) / all;
}

/** The last unit below the next edge; a bin that is narrower than a unit may hold none, and is where it begins. */
function lastUnit(bins: Bins, bin: number): bigint {
  const [first, last] = [firstUnit(bins, bin), firstUnit(bins, bin + 1) - 1n];
  return last < first ? first : last;
}

function valueWithin(bins: Bins, bin: number, share: number): bigint {
  const first = firstUnit(bins, bin);
  const units = lastUnit(bins, bin) - first + 1n;
  const fraction = BigInt(Math.floor(Math.max(0, Math.min(1, share)) * 2 ** 53));
  const offset = (units * fraction) >> 53n;
  return first + (offset < units ? offset : units - 1n);
}
