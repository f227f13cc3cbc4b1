import { privacy } from '../../proto/index.ts';
import { formatNumber, renderTable } from '../render/index.ts';
import type { CommandContext } from './command-context.ts';

const levels: Readonly<Record<number, string>> = {
  [privacy.BudgetLevel.OWNER]: 'data owner',
  [privacy.BudgetLevel.COLLABORATION]: 'collaboration',
  [privacy.BudgetLevel.CONSUMER]: 'asking member',
};

/** A level of the ledger in words. */
export function levelName(level: privacy.BudgetLevel | undefined): string {
  return levels[level ?? privacy.BudgetLevel.UNSPECIFIED] ?? '?';
}

/** Renders accounts of the ledger: what was given, what is spent and what is left, in epsilon. */
export function renderBudget(accounts: readonly privacy.BudgetAccount[]): string {
  return renderTable(
    ['level', 'account', 'set by', 'limit', 'spent', 'left', 'exact releases'],
    accounts.map((account) => [
      levelName(account.level),
      account.account,
      account.owner,
      formatNumber(account.limit?.epsilon ?? 0, 3),
      formatNumber(account.charged?.epsilon ?? 0, 3),
      formatNumber(account.remainingEpsilon, 3),
      account.exactReleasesMade ? 'made' : 'none',
    ]),
  );
}

/** Shows accounts of the ledger as a command's answer. */
export function showBudget({ show }: CommandContext, accounts: readonly privacy.BudgetAccount[]): void {
  show(accounts.map(privacy.BudgetAccount.toJSON), () => renderBudget(accounts));
}
