import { type BoundedAggregate, type BoundingPath, statisticBounds } from './contribution.ts';
import { assertNever } from './expression.ts';
import type { ProtectedRows, RowInput } from './protected-rows.ts';
import { rowsOfInput } from './stability.ts';

/** Why a step concludes what it does: the kind of its rows, the path that bounds groups, or a statistic. */
export type DerivationRule = RowInput['kind'] | 'join' | BoundingPath | 'statistic';

/** One step of a derivation: a bound of one node of an aggregation, from bounds of nodes before it. */
export interface DerivationStep {
  readonly rule: DerivationRule;
  /** Steps that this one rests on, by their index. */
  readonly premises: readonly number[];
  readonly conclusion: DerivedBound;
}

/** Bounds of what one person brings to a node. Numbers are decimal texts: JSON would round the large ones. */
export interface DerivedBound {
  /**
   * `rows` for the joined rows, `<rows>/0` for their first source, `<source>/rows` and `<source>/branches/0` for the
   * rows it is made from, `groups`, and `statistics/0`.
   */
  readonly node: string;
  readonly rowsPerPerson?: string;
  readonly groupsPerPerson?: string;
  readonly linf?: string;
  readonly squaredL2?: string;
}

/**
 * How the bounds of an aggregation follow from what its owners declared, step by step, in an order in which each step
 * rests on earlier ones. It can be kept as JSON and checked by whoever does not trust the planner.
 */
export interface Derivation {
  readonly steps: readonly DerivationStep[];
}

/** Derives the bounds of an aggregation from the leaves up; see {@link checkDerivation} for what each rule means. */
export function deriveBounds(aggregate: BoundedAggregate): Derivation {
  const steps: DerivationStep[] = [];
  const rows = deriveRows(aggregate.rows, 'rows', steps);
  const reached = aggregate.maxGroupsPerPerson;
  const groups = steps.push({
    rule: aggregate.path,
    premises: [rows],
    conclusion: { node: 'groups', groupsPerPerson: String(reached) },
  });
  for (const [index, statistic] of aggregate.statistics.entries()) {
    const { linf, squaredL2 } = statisticBounds(statistic, BigInt(rowsAt(steps, rows)), BigInt(reached));
    const conclusion = { node: `statistics/${index}`, linf: String(linf), squaredL2: String(squaredL2) };
    steps.push({ rule: 'statistic', premises: [rows, groups - 1], conclusion });
  }
  return { steps };
}

/** Adds the steps of rows and gives the index of the last. */
function deriveRows(rows: ProtectedRows, node: string, steps: DerivationStep[]): number {
  const premises = rows.sources.map(({ input }, index) => deriveInput(input, `${node}/${index}`, steps));
  const product = premises.reduce((all, premise) => all * rowsAt(steps, premise), 1n);
  return conclude('join', premises, { node, rowsPerPerson: String(product) }, steps);
}

function deriveInput(input: RowInput, node: string, steps: DerivationStep[]): number {
  switch (input.kind) {
    case 'table':
      return conclude('table', [], { node, rowsPerPerson: String(input.view.rules.rowsPerPerson) }, steps);
    case 'public':
      return conclude('public', [], { node, rowsPerPerson: String(rowsOfInput(input)) }, steps);
    case 'rows':
    case 'per-person': {
      const inner = deriveRows(input.rows, `${node}/rows`, steps);
      const isOne = input.kind === 'per-person' && input.keys.length === 0;
      const most = isOne ? 1n : rowsAt(steps, inner);
      return conclude(input.kind, [inner], { node, rowsPerPerson: String(most) }, steps);
    }
    case 'union': {
      const branches = input.branches.map(({ rows }, index) => deriveRows(rows, `${node}/branches/${index}`, steps));
      const sum = branches.reduce((all, branch) => all + rowsAt(steps, branch), 0n);
      return conclude('union', branches, { node, rowsPerPerson: String(sum) }, steps);
    }
    default:
      return assertNever(input);
  }
}

function conclude(
  rule: DerivationRule,
  premises: readonly number[],
  conclusion: DerivedBound,
  steps: DerivationStep[],
): number {
  return steps.push({ rule, premises, conclusion }) - 1;
}

function rowsAt(steps: readonly DerivationStep[], index: number): bigint {
  return BigInt(steps[index]?.conclusion.rowsPerPerson ?? 0);
}
