import { queries } from '../../proto/index.ts';
import { formatNumber, renderTable, renderViolations } from '../render/index.ts';
import { renderBudget } from './budget-table.ts';
import { fitsText } from './remaining-text.ts';

/** Renders what a question would cost and how exact its answer would be, or why it would be refused. */
export function renderExplanation(sql: string, explanation: queries.Explanation): string {
  if (explanation.violations.length > 0)
    return `it would be refused:\n\n${renderViolations(sql, explanation.violations)}`;
  const parts = [priceText(explanation)];
  if (explanation.boundsPriceRatio > 0) {
    parts.push(
      `bounds are found with noise first, at ${formatNumber(100 * explanation.boundsPriceRatio, 0)} % of the price`,
    );
  }
  if (explanation.mode === queries.ReleaseMode.THRESHOLD) parts.push(THRESHOLD_TEXT);
  if (explanation.expectedErrors.length > 0) {
    const rows = explanation.expectedErrors.map((e) => [e.column, `± ${formatNumber(e.halfWidth95)}`, e.bound]);
    parts.push(renderTable(['column', 'expected error (95 %)', 'because'], rows));
  }
  for (const { words } of explanation.boundingPaths) parts.push(`bounded by: ${words}`);
  for (const path of explanation.layoutPaths) parts.push(pathText('counted', path));
  if (explanation.releaseThreshold > 0) {
    const about = explanation.mode === queries.ReleaseMode.THRESHOLD ? '' : 'about ';
    parts.push(`a group is shown from ${about}${formatNumber(explanation.releaseThreshold, 0)} persons on`);
  }
  if (explanation.accounts.length > 0) parts.push(renderBudget(explanation.accounts));
  if (explanation.accounts.some((a) => a.exactReleasesMade)) parts.push(MARKED_TEXT);
  if (explanation.fittingCount > 0n) parts.push(`${fitsText(explanation.fittingCount)} at this price`);
  if (!explanation.admissible) parts.push('it would be refused: the privacy budget does not reach');
  return parts.join('\n');
}

const THRESHOLD_TEXT =
  'the answer would be exact and NOT differentially private, and would mark the accounts below for ever';
const MARKED_TEXT =
  'exact releases were made from the accounts marked so: differential privacy no longer holds for them on its own';

/** How groups are counted, or persons selected, when all that is laid out is ready; they are the same on every path. */
export function pathText(
  made: 'counted' | 'selected',
  { path, layouts, obstacle, costRatio, ownRows }: queries.LayoutPath,
): string {
  const share = costRatio === 1 ? '' : `, about ${formatNumber(costRatio, 2)} of the time of the general path`;
  const read = layouts.length === 0 ? '' : `; it reads ${layouts.map((name) => `\`${name}\``).join(', ')}`;
  const own = ownRows === 0n ? '' : `; ${ownRows} rows of yours`;
  const why = obstacle === '' ? '' : `\n  no cheaper path: ${obstacle}`;
  return `${made} by: the ${path} path${share}${read}${own}${why}`;
}

function priceText({ stored, price, mode }: queries.Explanation): string {
  if (mode === queries.ReleaseMode.THRESHOLD && !stored) return 'price: nothing';
  if (stored) return 'price: nothing, the same question was answered before and its answer is kept';
  return `price: epsilon ${formatNumber(price?.epsilon ?? 0, 4)}, delta ${price?.delta ?? 0}`;
}
