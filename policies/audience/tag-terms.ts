import { conversionDelta } from '../account/ledger-account.ts';
import { downToUnits, exactly, LEDGER_UNITS } from '../account/ledger-units.ts';
import type { PrivacyEvent } from '../account/privacy-event.ts';
import { rhoFor } from '../account/zcdp.ts';
import type { CheckedAudience } from '../check/check-audience.ts';
import { columnsNeeded, touchedColumns } from '../plan/columns-needed.ts';
import type { Tag } from './tag.ts';

/**
 * The largest local epsilon with which an audience over a sensitive tag may be published: whoever is in it could be there
 * by chance with odds of one in twenty.
 */
export const SENSITIVE_BLUR_EPSILON = 3;

/**
 * The tags of the columns that an audience reads, however it was made: who writes SQL over a column pays what a rule pays.
 */
export function tagsTouched(audience: CheckedAudience, tags: readonly Tag[]): readonly Tag[] {
  const touched = touchedColumns(columnsNeeded(audience));
  return tags.filter((tag) =>
    touched.some(({ table, columns }) => table === tag.table && columns.includes(tag.column)),
  );
}

/** A price that owners declared, as what their accounts are charged. */
export interface TagPrice {
  /** `member.alias` of the table whose dataset is charged. */
  readonly table: string;
  readonly event: PrivacyEvent;
}

/**
 * What a publication costs by its tags, table by table; nothing for tags without a price.
 *
 * Losses add up, so that each price is turned into one first. It is no mechanism's loss: it is what the owner wants to be
 * counted for telling a destination who somebody is, and it ends with the budget like all else.
 */
export function pricesOf(tags: readonly Tag[], delta: number): readonly TagPrice[] {
  const priced = Map.groupBy(
    tags.filter(({ price }) => price > 0),
    ({ table }) => table,
  );
  return [...priced].map(([table, all]) => {
    const loss = all.reduce((sum, { price }) => sum + rhoFor(price, conversionDelta(delta)), 0);
    const { numerator, denominator } = exactly(Math.max(LEDGER_UNITS.rho, downToUnits(loss, LEDGER_UNITS.rho)));
    return { table, event: { kind: 'declared', rho: `${numerator}/${denominator}` } };
  });
}
