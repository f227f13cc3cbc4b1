import { assertNever } from './expression.ts';
import type { Statistic } from './question-tree.ts';

/** What one person brings along at most. */
export interface PersonLimits {
  readonly rows: bigint;
  readonly groups: bigint;
}

/** What is claimed of a statistic. */
export interface ClaimedBound {
  readonly linf: bigint;
  readonly squaredL2: bigint;
}

/**
 * Whether no data of one person can change a statistic by more than is claimed.
 *
 * The worst data is built here, group by group, instead of reckoned with: each group gets as much as one group may hold
 * until the person's rows are used up.
 */
export function isStatisticBounded(statistic: Statistic, limits: PersonLimits, claimed: ClaimedBound): boolean {
  const { each, total, copies } = worstOf(statistic, limits);
  let [left, squares, largest] = [total, 0n, 0n];
  for (let group = 0n; group < limits.groups && left > 0n; group += 1n) {
    const here = left < each ? left : each;
    squares += here * here;
    largest = here > largest ? here : largest;
    left -= here;
  }
  return claimed.linf >= largest && claimed.squaredL2 >= squares * copies;
}

/** The worst a person can bring: into one group, into all groups, and into how many levels of a tree. */
interface Worst {
  readonly each: bigint;
  readonly total: bigint;
  readonly copies: bigint;
}

function worstOf(statistic: Statistic, { rows, groups }: PersonLimits): Worst {
  const copies = 1n;
  switch (statistic.kind) {
    case 'persons':
    case 'persons-where':
      return { each: 1n, total: groups, copies };
    case 'rows':
    case 'distinct':
      return { each: statistic.upper, total: rows, copies };
    case 'sum':
      return { ...worstSum(statistic, rows, groups), copies };
    case 'squares': {
      const [low, high] = [statistic.row.lower - statistic.centre, statistic.row.upper - statistic.centre];
      return { each: statistic.upper, total: rows * (low * low > high * high ? low * low : high * high), copies };
    }
    case 'histogram':
      // Sixteen children a node: each level is four binary digits of the bin.
      return { each: statistic.upper, total: rows, copies: BigInt(Math.log2(statistic.bins.count) / 4) };
    case 'unbounded':
      // Measured in its own sensitivity. Its bounds are not known here; what they become is checked once they are.
      return { each: 1n, total: 1n, copies };
    default:
      return assertNever(statistic);
  }
}

/** A total moves away from zero with each row, until the clamp stops it; or the clamp itself lifts it from zero. */
function worstSum(
  { row, lower, upper }: Extract<Statistic, { kind: 'sum' }>,
  rows: bigint,
  groups: bigint,
): Omit<Worst, 'copies'> {
  const reaches = [upper, -upper, lower, -lower].toSorted((a, b) => (a < b ? 1 : -1));
  const clamp = reaches[0] ?? 0n;
  if (row === null || lower > 0n || upper < 0n) return { each: clamp, total: clamp * groups };
  const perRow = [row.upper, -row.lower].map((size) => (size > 0n ? size : 0n));
  const perGroup = perRow.map((size, side) => {
    const stop = side === 0 ? upper : -lower;
    return rows * size < stop ? rows * size : stop;
  });
  const [up = 0n, down = 0n] = perRow;
  const [above = 0n, below = 0n] = perGroup;
  return { each: above > below ? above : below, total: rows * (up > down ? up : down) };
}
