/** The door of datasets: schemas, uploads, snapshots, and what a job is given of them. */
export { readColumnChunks } from './column-file.ts';
export { recordCountingPaths } from './counting-paths.ts';
export { columnsOf, type DatasetColumn, identifierOf, tableColumnsOf } from './dataset-columns.ts';
export { makeDatasetService } from './dataset-service.ts';
export { type HeavyPersons, mostRowsOf, readHeavyPersons } from './heavy-persons.ts';
export { inTurn } from './in-turn.ts';
export { newestSnapshots, openTable, openTables, snapshotsById } from './open-tables.ts';
export { columnPlace, personPlace } from './snapshot-place.ts';
export { sweepSnapshots } from './sweep-snapshots.ts';
export { assertNoRealData } from './synthetic-only.ts';
export type { TableSnapshot } from './table-snapshot.ts';
