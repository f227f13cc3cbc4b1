import type { queries } from '../../proto/index.ts';
import { formatNumber, renderTable, renderViolations } from '../render/index.ts';
import { levelName } from './budget-table.ts';

/** Renders how many more of a question fit, what ends it, and what each account has left. */
export function renderRemaining(sql: string, remaining: queries.Remaining): string {
  if (remaining.violations.length > 0) {
    return `it would be refused:\n\n${renderViolations(sql, remaining.violations)}`;
  }
  const parts = remaining.fitting.map(fittingText);
  if (remaining.fitting.length > 0) parts.push(rangeText(remaining));
  parts.push(accountsTable(remaining));
  parts.push(
    'exact curve: what continuous noise of the same size would have spent, an estimate; `spent` is what counts',
  );
  return parts.join('\n');
}

/** Says how often a question fits, as it stands beside a price. */
export function fitsText(count: bigint): string {
  return `fits ${formatNumber(Number(count), 0)} more ${count === 1n ? 'time' : 'times'}`;
}

function fittingText({ epsilon, count, account, stored }: queries.FittingCount): string {
  const at = `at epsilon ${formatNumber(epsilon, 4)}`;
  if (stored) return `${at}: any number of times, its answer is stored`;
  return `${at}: ${fitsText(count)}; ${count === 0n ? 'refused by' : 'then ended by'} ${account}`;
}

/** The largest is cut, not rounded: what is shown must fit when it is typed in. */
function rangeText({ smallestEpsilon, largestEpsilon }: queries.Remaining): string {
  if (largestEpsilon === 0) return 'one more, not asked before: at no epsilon';
  const largest = Math.floor(largestEpsilon * 1e4) / 1e4;
  return `one more, not asked before: at any epsilon from ${smallestEpsilon} to ${formatNumber(largest, 4)}`;
}

function accountsTable({ accounts, price }: queries.Remaining): string {
  const isPriced = price !== undefined && price.rho > 0;
  return renderTable(
    ['level', 'account', 'limit', 'spent', 'exact curve', 'left', ...(isPriced ? ['fits'] : [])],
    accounts.map(({ budget, fittingCount }) => [
      levelName(budget?.level),
      budget?.account ?? '',
      formatNumber(budget?.limit?.epsilon ?? 0, 3),
      formatNumber(budget?.charged?.epsilon ?? 0, 3),
      formatNumber(budget?.chargedEpsilonEstimate ?? 0, 3),
      formatNumber(budget?.remainingEpsilon ?? 0, 3),
      ...(isPriced ? [formatNumber(Number(fittingCount), 0)] : []),
    ]),
  );
}
