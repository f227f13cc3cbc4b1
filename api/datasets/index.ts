/** The door of datasets: schemas, uploads, snapshots, and what a job is given of them. */
export { readColumnChunks } from './column-file.ts';
export { columnsOf, type DatasetColumn, identifierOf, tableColumnsOf } from './dataset-columns.ts';
export { makeDatasetService } from './dataset-service.ts';
export { newestSnapshots, openTables, type TableSnapshot } from './open-tables.ts';
export { columnPlace, personPlace } from './snapshot-place.ts';
export { sweepSnapshots } from './sweep-snapshots.ts';
