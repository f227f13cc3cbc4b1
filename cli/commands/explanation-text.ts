import type { queries } from '../../proto/index.ts';
import { formatNumber, renderTable, renderViolations } from '../render/index.ts';
import { renderBudget } from './budget-table.ts';

/** Renders what a question would cost and how exact its answer would be, or why it would be refused. */
export function renderExplanation(sql: string, explanation: queries.Explanation): string {
  if (explanation.violations.length > 0)
    return `it would be refused:\n\n${renderViolations(sql, explanation.violations)}`;
  const parts = [priceText(explanation)];
  if (explanation.expectedErrors.length > 0) {
    const rows = explanation.expectedErrors.map((e) => [e.column, `± ${formatNumber(e.halfWidth95)}`, e.bound]);
    parts.push(renderTable(['column', 'expected error (95 %)', 'because'], rows));
  }
  if (explanation.releaseThreshold > 0) {
    parts.push(`a group is shown from about ${formatNumber(explanation.releaseThreshold, 0)} persons on`);
  }
  if (explanation.accounts.length > 0) parts.push(renderBudget(explanation.accounts));
  if (!explanation.admissible) parts.push('it would be refused: the privacy budget does not reach');
  return parts.join('\n');
}

function priceText({ stored, price }: queries.Explanation): string {
  if (stored) return 'price: nothing, the same question was answered before and its answer is kept';
  return `price: epsilon ${formatNumber(price?.epsilon ?? 0, 4)}, delta ${price?.delta ?? 0}`;
}
