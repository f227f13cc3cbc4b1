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

/**
 * What a publication costs a dataset by its tags, under however many names these are bound; null where none has a price.
 *
 * Losses add up, so that each price is turned into one first. It is no mechanism's loss: it is what the owner wants to be
 * counted for telling a destination who somebody is, and it ends with the budget like all else.
 */
export function declaredPriceOf(tags: readonly Tag[], delta: number): PrivacyEvent | null {
  const priced = tags.filter(({ price }) => price > 0);
  if (priced.length === 0) return null;
  const loss = priced.reduce((sum, { price }) => sum + rhoFor(price, conversionDelta(delta)), 0);
  const { numerator, denominator } = exactly(Math.max(LEDGER_UNITS.rho, downToUnits(loss, LEDGER_UNITS.rho)));
  return { kind: 'declared', rho: `${numerator}/${denominator}` };
}
