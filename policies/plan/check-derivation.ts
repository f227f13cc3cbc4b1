/**
 * A second opinion on the bounds that noise follows from.
 *
 * Every step is checked by its rule alone, from the aggregation and the conclusions it names, and without any of the
 * code that made it: an error would have to be made twice, in two ways, to let too little noise through. A conclusion
 * may be larger than it must be, as a larger bound only makes more noise; it is refused when it is smaller.
 */
import type { Rules } from '../rules/rules.ts';
import { isStatisticBounded } from './check-statistic-bound.ts';
import type { BoundedAggregate } from './contribution.ts';
import type { Derivation, DerivationStep, DerivedBound } from './derivation.ts';
import { areLookUpsBounded, constantSources } from './determined-sources.ts';
import { columnsIn } from './expression.ts';
import type { ProtectedRows, RowSource } from './protected-rows.ts';

/** The first step that does not follow; `null` in place of its index when the steps end too early. */
export interface DerivationFault {
  readonly step: number | null;
  readonly message: string;
}

/** A step with all that its rule may look at. */
interface CheckedStep {
  readonly step: DerivationStep;
  /** The steps it rests on. */
  readonly premises: readonly DerivationStep[];
  readonly all: readonly DerivationStep[];
  readonly aggregate: BoundedAggregate;
}

/** Checks a derivation step by step; `null` when every bound follows and every statistic has one. */
export function checkDerivation(derivation: Derivation, aggregate: BoundedAggregate): DerivationFault | null {
  const all = derivation.steps;
  for (const [index, step] of all.entries()) {
    const isEarlier = step.premises.every((p) => Number.isInteger(p) && p >= 0 && p < index);
    const premises = step.premises.flatMap((p) => all[p] ?? []);
    if (isEarlier && isWellFormed(step) && follows({ step, premises, all, aggregate })) continue;
    return { step: index, message: `the bound of \`${step.conclusion.node}\` does not follow by \`${step.rule}\`` };
  }
  const bounded = new Set(all.filter((s) => s.rule === 'statistic').map((s) => s.conclusion.node));
  const missing = aggregate.statistics.findIndex((_, index) => !bounded.has(`statistics/${index}`));
  return missing < 0 ? null : { step: null, message: `\`statistics/${missing}\` has no bound` };
}

const NUMBER = /^\d{1,99}$/;

/** A conclusion says what its rule is about, and nothing besides. */
function isWellFormed({ rule, conclusion }: DerivationStep): boolean {
  const { node, ...bounds } = conclusion;
  const isRows = /^rows(\/|$)/.test(node);
  const expected = rule === 'statistic' ? ['linf', 'squaredL2'] : isRows ? ['rowsPerPerson'] : ['groupsPerPerson'];
  const texts: readonly unknown[] = Object.values(bounds);
  return (
    Object.keys(bounds).toSorted().join() === expected.join() &&
    texts.every((text) => typeof text === 'string' && NUMBER.test(text))
  );
}

function follows(checked: CheckedStep): boolean {
  const { step, aggregate } = checked;
  switch (step.rule) {
    case 'join':
    case 'table':
    case 'public':
    case 'rows':
    case 'union':
    case 'per-person':
      return areRowsBounded(checked);
    case 'statistic': {
      const [rows, groups] = checked.premises;
      if (rows?.conclusion.node !== 'rows' || groups?.conclusion.node !== 'groups') return false;
      const statistic = aggregate.statistics.find((_, index) => step.conclusion.node === `statistics/${index}`);
      const limits = { rows: rowsOf(rows), groups: BigInt(groups.conclusion.groupsPerPerson ?? 0) };
      return statistic !== undefined && isStatisticBounded(statistic, limits, boundOf(step.conclusion));
    }
    default:
      return step.conclusion.node === 'groups' && areGroupsBounded(checked);
  }
}

function boundOf(conclusion: DerivedBound): { linf: bigint; squaredL2: bigint } {
  return { linf: BigInt(conclusion.linf ?? 0), squaredL2: BigInt(conclusion.squaredL2 ?? 0) };
}

function rowsOf(step: DerivationStep): bigint {
  return BigInt(step.conclusion.rowsPerPerson ?? 0);
}

function areRowsBounded({ step, premises, aggregate }: CheckedStep): boolean {
  const { node } = step.conclusion;
  const [, ...path] = node.split('/');
  const found = resolve(aggregate.rows, path);
  if (found === null) return false;
  const claimed = rowsOf(step);
  const restsOn = (...nodes: readonly string[]): boolean =>
    premises.map((p) => p.conclusion.node).join() === nodes.join();
  if (!('input' in found)) {
    const product = premises.reduce((all, p) => all * rowsOf(p), 1n);
    const isRooted = found.sources[0]?.how === 'inner' && found.sources[0].input.kind !== 'public';
    const isWhole = restsOn(...found.sources.map((_, index) => `${node}/${index}`));
    return step.rule === 'join' && isRooted && isWhole && areLookUpsBounded(found) && claimed >= product;
  }
  const { input } = found;
  if (step.rule !== input.kind) return false;
  switch (input.kind) {
    case 'table':
      return restsOn() && claimed >= BigInt(input.view.rules.rowsPerPerson);
    case 'public':
      return restsOn() && claimed >= BigInt(rowsPerKey(input.view.rules));
    case 'union': {
      const sum = premises.reduce((all, p) => all + rowsOf(p), 0n);
      return restsOn(...input.branches.map((_, index) => `${node}/branches/${index}`)) && claimed >= sum;
    }
    default: {
      const [inner] = premises;
      const isOne = input.kind === 'per-person' && input.keys.length === 0;
      return inner !== undefined && restsOn(`${node}/rows`) && claimed >= (isOne ? 1n : rowsOf(inner));
    }
  }
}

/** The rows or the source that a node names. */
function resolve(rows: ProtectedRows, path: readonly string[]): ProtectedRows | RowSource | null {
  const [index, ...within] = path;
  if (index === undefined) return rows;
  const source = rows.sources.find((_, i) => String(i) === index);
  if (source === undefined) return null;
  const [part, ...deeper] = within;
  if (part === undefined) return source;
  const { input } = source;
  if (part === 'rows' && (input.kind === 'rows' || input.kind === 'per-person')) return resolve(input.rows, deeper);
  if (part !== 'branches' || input.kind !== 'union') return null;
  const [branch, ...rest] = deeper;
  const found = input.branches.find((_, i) => String(i) === branch);
  return found === undefined ? null : resolve(found.rows, rest);
}

function areGroupsBounded({ step, premises, all, aggregate }: CheckedStep): boolean {
  const [rows] = premises;
  if (rows?.conclusion.node !== 'rows' || step.rule !== aggregate.path) return false;
  const claimed = BigInt(step.conclusion.groupsPerPerson ?? 0);
  switch (step.rule) {
    case 'one-group':
      return aggregate.keys.length === 0 && claimed >= 1n;
    case 'one-row-per-person':
      return rowsOf(rows) <= 1n && claimed >= 1n;
    case 'group-depends-on-person': {
      const isSingle = (index: number): boolean => rowsOf(all[rows.premises[index] ?? -1] ?? rows) <= 1n;
      const constant = constantSources(aggregate.rows, isSingle);
      const read = aggregate.keys.flatMap((k) => columnsIn(k.expression));
      return claimed >= 1n && read.every((c) => constant.has(c.relation));
    }
    case 'public-groups': {
      // The engine is told to skip rows of other groups only where the plan lists them.
      const product = aggregate.keys.reduce((n, k) => n * BigInt(k.values === null ? 0 : new Set(k.values).size), 1n);
      const isListed = aggregate.publicGroups !== null && aggregate.keys.every((k) => k.values !== null);
      return isListed && claimed >= product;
    }
    case 'rows-per-person':
      return claimed >= rowsOf(rows);
    case 'kept-groups':
      return claimed >= BigInt(aggregate.maxGroupsPerPerson);
    default:
      return false;
  }
}

function rowsPerKey(rules: Rules & { readonly publicTable?: { readonly rowsPerKey: number } | null }): number {
  return rules.publicTable?.rowsPerKey ?? 1;
}
