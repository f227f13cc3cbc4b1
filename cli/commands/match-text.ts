import type { matching, privacy } from '../../proto/index.ts';
import type { ListColumn } from '../matching/index.ts';
import { formatNumber, renderTable } from '../render/index.ts';
import { renderBudget } from './budget-table.ts';

const WITHHELD_TEXT = 'withheld: too few to be shown';

/** Renders a match report, or its price. */
export function reportText(told: matching.ReportMatchResponse, isDry: boolean): string {
  if (isDry) return priceText(told);
  const kinds = told.byKind.map(({ kind, persons }) => [kindText(kind), countText(persons)]);
  return [
    `persons in your table: ${countText(told.mine)}`,
    `persons in both: ${countText(told.both)}`,
    renderTable(['met by', 'persons'], kinds),
    chargedText(told.charged),
  ].join('\n');
}

/** Renders what a match would cost, and whom. */
export function priceText({
  price,
  affordable,
  accounts,
}: Pick<matching.MatchPrice, 'price' | 'affordable' | 'accounts'>): string {
  const cost =
    (price?.rho ?? 0) === 0
      ? 'price: nothing, the same report was released before and is kept'
      : `price: epsilon ${formatNumber(price?.epsilon ?? 0, 4)}, delta ${deltaText(price?.delta)}`;
  const refused = affordable ? [] : ['it would be refused: the privacy budget does not reach'];
  return [cost, renderBudget(accounts), ...refused].join('\n');
}

/** What was read of a list. */
export interface ReadCounts {
  readonly rowCount: number;
  readonly unusableCount: number;
  readonly identifierCount: number;
}

/** Renders an estimate, with what was sent for it and what was not. */
export function estimateText(
  { both, theirs, charged }: matching.MatchEstimate,
  { rowCount, unusableCount, identifierCount }: ReadCounts,
  { kind }: ListColumn,
): string {
  const rows = formatNumber(rowCount, 0);
  const unusable = unusableCount === 0 ? '' : `, ${formatNumber(unusableCount, 0)} rows without a usable one`;
  return [
    `your list: ${formatNumber(identifierCount, 0)} different identifiers (${kind}) in ${rows} rows${unusable}`,
    `persons in their table: ${countText(theirs)}`,
    `of those on your list: ${countText(both)}`,
    chargedText(charged),
    'not sent: any identifier, any digest, which of them matched. Sent: how many there are, and as many points under a',
    'secret that was made for this match and is forgotten now',
  ].join('\n');
}

function kindText(kind: string): string {
  return kind === 'other' ? 'no identifier in common' : kind;
}

function countText(count: matching.ProtectedCount | undefined): string {
  if (count === undefined) return WITHHELD_TEXT;
  const [persons, low, high] = [count.persons, count.ci95Low, count.ci95High].map((n) => formatNumber(Number(n)));
  return `about ${persons} (${low} to ${high})`;
}

function chargedText(charged: privacy.PrivacyCost | undefined): string {
  if ((charged?.rho ?? 0) === 0) return 'charged: nothing';
  return `charged: epsilon ${formatNumber(charged?.epsilon ?? 0, 4)}, delta ${deltaText(charged?.delta)}`;
}

// A sum of two deltas has digits that say nothing.
function deltaText(delta = 0): string {
  return String(Number(delta.toPrecision(3)));
}
