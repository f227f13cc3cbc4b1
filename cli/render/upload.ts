import { datasets, uploads } from '../../proto/index.ts';
import { renderRejects } from './refusal.ts';
import { formatNumber, renderTable } from './table.ts';

/** Names how a snapshot continues its dataset. */
export function nameMode(mode: datasets.SnapshotMode): string {
  return mode === datasets.SnapshotMode.APPEND ? 'append' : 'replace';
}

/** One line on a snapshot that was published. */
export function renderSnapshot(snapshot: datasets.Snapshot): string {
  const { snapshotId, rowCount, rejectedCount, partCount, mode } = snapshot;
  const parts = partCount > 1 ? ` in ${partCount} parts` : '';
  return `snapshot ${snapshotId} (${nameMode(mode)}): ${rowCount} rows${parts}, ${rejectedCount} refused`;
}

/** What a dry run found. */
export function renderOutcome(outcome: uploads.UploadOutcome): string {
  const { publishable, mode, rowCount, rowsAfter, rejects, identifiers } = outcome;
  const rows = Number(rowCount);
  const share = (count: bigint) => (rows === 0 ? '' : `${formatNumber((Number(count) * 100) / rows)} %`);
  return [
    publishable ? 'it would be published' : 'it would be refused: more rows are bad than tolerated',
    renderTable(
      ['mode', 'rows of the file', 'rows refused', 'rows of the dataset afterwards'],
      [[nameMode(mode), rows, Number(rejects?.rejectedCount ?? 0n), Number(rowsAfter)]],
    ),
    ...(identifiers.length === 0
      ? []
      : [
          renderTable(
            ['identifier', 'usable in rows', 'share'],
            identifiers.map((one) => [one.column, Number(one.rowCount), share(one.rowCount)]),
          ),
        ]),
    ...(rejects === undefined || rejects.rejectedCount === 0n ? [] : [renderRejects(rejects)]),
    'nothing was published; the file stays with the service, so that it need not be sent again',
  ].join('\n');
}

/** Names where an upload is. */
export function nameState(state: uploads.UploadState): string {
  if (state === uploads.UploadState.RECEIVED) return 'received';
  return state === uploads.UploadState.PUBLISHED ? 'published' : 'receiving';
}
