import { type Command, Option } from 'commander';
import {
  type BudgetStep,
  budgetSteps,
  type RefusalReport,
  type ReportEntry,
  refusalOf,
  type Span,
  type Touch,
  touchesOf,
} from '../audit-reports.ts';
import type { GalleyClient } from '../client/index.ts';
import { formatNumber, renderTable } from '../render/index.ts';
import { addScopeOptions, type EntryFilter, type FilterOptions, filterOf } from './audit-filter.ts';
import { runCommand } from './command-context.ts';

/** Digits of a charge that are shown; `--json` has all of it. */
const rhoDigits = 6;

const refusing = [
  'question-refused',
  'audience-refused',
  'match-refused',
  'function-refused',
  'upload-refused',
  'authorization-refused',
  'authentication-refused',
] as const;

/** Adds `audit touched`, `audit refusals` and `audit budget`. */
export function addAuditReports(group: Command): void {
  addScopeOptions(group.command('touched').description('which questions, audiences and matches touched a column'))
    .argument('<column>', '`member.table.column`, or `member.table` for any of its columns')
    .action((column: string, options: FilterOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const entries = await readAll(client, { ...filterOf(options), column });
        const touches = touchesOf(entries);
        show(touches, () => renderTouches(touches, column));
      }),
    );
  addScopeOptions(group.command('refusals').description('who was refused what, by whom and why'))
    .option('--rule <rule>', 'only refusals by this rule')
    .option('--summary', 'how many by each rule and owner, instead of each one')
    .action((options: FilterOptions & { readonly summary?: boolean }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const entries = await readAll(client, { ...filterOf(options), kinds: [...refusing] });
        const refusals = entries.flatMap((entry) => refusalOf(entry) ?? []);
        const summary = summaryOf(refusals);
        show(options.summary === true ? summary : refusals, () =>
          options.summary === true ? renderSummary(summary) : renderRefusals(refusals),
        );
      }),
    );
  addBudget(group);
}

interface BudgetOptions extends FilterOptions {
  readonly overTime?: boolean;
  readonly by: Exclude<Span, 'all'>;
  readonly account?: string;
}

function addBudget(group: Command): void {
  const by = new Option('--by <span>', 'the spans of `--over-time`, in UTC').choices(['hour', 'day', 'month']);
  addScopeOptions(group.command('budget').description('what was charged to which account, added up from the log'))
    .option('--over-time', 'span by span, instead of all together')
    .addOption(by.default('day'))
    .option('--account <account>', 'only this account, or all that begin so, for example owner/')
    .action((options: BudgetOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const entries = await readAll(client, { ...filterOf(options), kinds: ['budget-reserved'] });
        const steps = budgetSteps(entries, options.overTime === true ? options.by : 'all');
        const wanted = steps.filter(({ account }) => account.startsWith(options.account ?? ''));
        show(wanted, () => renderSteps(wanted));
      }),
    );
}

async function readAll(client: GalleyClient, filter: EntryFilter): Promise<readonly ReportEntry[]> {
  const entries = client.audit.entries({ collaborationId: '', kind: '', fromIndex: 0n, filter });
  return await Array.fromAsync(entries, ({ leafIndex, leaf }) => ({
    ...(JSON.parse(Buffer.from(leaf).toString('utf8')) as Omit<ReportEntry, 'leafIndex'>),
    leafIndex: Number(leafIndex),
  }));
}

function renderTouches(touches: readonly Touch[], column: string): string {
  if (touches.length === 0) return `no entries that you may read say that anything touched \`${column}\``;
  return renderTable(
    ['entry', 'at', 'what', 'id', 'who', 'for', 'came to', 'rho'],
    touches.map((one) => [
      String(one.leafIndex),
      one.firstAt,
      one.what,
      one.id,
      one.who,
      one.actingFor,
      one.state,
      formatNumber(one.rho, rhoDigits),
    ]),
  );
}

function renderRefusals(refusals: readonly RefusalReport[]): string {
  if (refusals.length === 0) return 'no refusals that you may read';
  return renderTable(
    ['entry', 'at', 'who', 'what', 'refused by', 'why', 'account', 'times'],
    refusals.map((one) => [
      String(one.leafIndex),
      one.at,
      one.who,
      one.what,
      one.refusedBy.join(', '),
      one.why.join(', '),
      one.account,
      one.count,
    ]),
  );
}

interface RefusalCount {
  readonly why: string;
  readonly refusedBy: string;
  readonly count: number;
}

function summaryOf(refusals: readonly RefusalReport[]): readonly RefusalCount[] {
  const counts = new Map<string, RefusalCount>();
  for (const { why, refusedBy, count } of refusals) {
    const key = `${why.join(', ')} ${refusedBy.join(', ')}`;
    const before = counts.get(key)?.count ?? 0;
    counts.set(key, { why: why.join(', '), refusedBy: refusedBy.join(', '), count: before + count });
  }
  return [...counts.values()].toSorted((one, other) => other.count - one.count);
}

function renderSummary(counts: readonly RefusalCount[]): string {
  if (counts.length === 0) return 'no refusals that you may read';
  return renderTable(
    ['why', 'refused by', 'times'],
    counts.map(({ why, refusedBy, count }) => [why, refusedBy, count]),
  );
}

function renderSteps(steps: readonly BudgetStep[]): string {
  if (steps.length === 0) return 'no charges that you may read';
  return renderTable(
    ['account', 'from', 'charges', 'rho', 'rho so far', 'exact releases'],
    steps.map((step) => [
      step.account,
      step.from,
      step.charges,
      formatNumber(step.rho, rhoDigits),
      formatNumber(step.rhoSoFar, rhoDigits),
      step.exact,
    ]),
  );
}
