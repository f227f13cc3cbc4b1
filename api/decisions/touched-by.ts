import type { TableView } from '../../policies/index.ts';
import type { Touched } from '../details/index.ts';

/** Who asks, and for whom. */
interface Askers {
  readonly asker: string;
  readonly actingFor: string;
}

/** What an accepted text touches: its tables, and those who ask. */
export function touchedBy(tables: readonly Pick<TableView, 'datasetId'>[], { asker, actingFor }: Askers): Touched {
  return { datasets: tables.map(({ datasetId }) => datasetId), members: [asker, actingFor] };
}

/**
 * What a refused text touches, which may not even be SQL: each bound table whose name stands in it anywhere, or all of
 * them when none does. Too many rather than too few: what is forgotten here outlives its owner's erasure.
 */
export function touchedByText(sql: string, bound: readonly TableView[], askers: Askers): Touched {
  const text = sql.toLowerCase();
  const named = bound.filter(({ alias }) => text.includes(alias.toLowerCase()));
  return touchedBy(named.length === 0 ? bound : named, askers);
}
