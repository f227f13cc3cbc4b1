import { datasets } from '../../proto/index.ts';
import type { FileLayout } from '../../sandbox/index.ts';
import { type DatasetRow, readLayout, readTolerance, wallLayoutOf } from '../datasets/index.ts';
import { ServiceError } from '../grpc/index.ts';

/** How a file is to be read and to continue its dataset: what the request says, and where it is silent the dataset. */
export interface Terms {
  readonly mode: 'replace' | 'append';
  readonly layout: FileLayout;
  readonly maxRejects: number;
  readonly maxRejectShare: number;
}

/** What a request may say of it. */
export interface SaidTerms {
  readonly mode: datasets.SnapshotMode;
  readonly tolerance: datasets.RejectTolerance | undefined;
  readonly layout: datasets.FileLayout | undefined;
}

/** Reads the terms of a publication or a check. @throws {ServiceError} INVALID_REQUEST naming the field */
export function readTerms(dataset: DatasetRow, said: SaidTerms): Terms {
  readTolerance(said.tolerance);
  const tolerance = said.tolerance ?? datasets.RejectTolerance.fromJSON(JSON.parse(dataset.tolerance));
  const layout = wallLayoutOf(layoutOf(dataset, said.layout));
  if (layout === undefined) {
    throw new ServiceError('INVALID_REQUEST', '`layout.format` must be CSV, NDJSON, ARROW or PARQUET');
  }
  return {
    mode: said.mode === datasets.SnapshotMode.APPEND ? 'append' : 'replace',
    layout,
    maxRejects: Number(tolerance.rows),
    maxRejectShare: tolerance.share,
  };
}

/** The layout of a dataset's files, with what one request says over it, field by field. */
function layoutOf(dataset: DatasetRow, said: datasets.FileLayout | undefined): datasets.FileLayout {
  const own = datasets.FileLayout.fromJSON(JSON.parse(dataset.layout));
  if (said === undefined) return own;
  readLayout(said);
  return {
    format: said.format === datasets.FileFormat.UNSPECIFIED ? own.format : said.format,
    encoding: said.encoding || own.encoding,
    delimiter: said.delimiter || own.delimiter,
    quote: said.quote || own.quote,
    nullWords: said.nullWords.length > 0 ? said.nullWords : own.nullWords,
  };
}
