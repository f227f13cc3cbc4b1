/** The door of datasets: schemas, originals, snapshots, and what a job is given of them. */

export {
  admitToDataset,
  type DatasetRow,
  readSnapshots,
  type SnapshotRow,
} from './admit-to-dataset.ts';
export { recordCountingPaths } from './counting-paths.ts';
export { columnMessage, columnsOf, type DatasetColumn, identifiersOf, tableColumnsOf } from './dataset-columns.ts';
export { makeDatasetService } from './dataset-service.ts';
export { openFileName, sealFileName } from './file-names.ts';
export { layoutMessage, readLayout, readTolerance, wallLayoutOf } from './file-settings.ts';
export { saltOf } from './group-salt.ts';
export { type HeavyPersons, mostRowsOf, readHeavyPersons } from './heavy-persons.ts';
export { type IdentityInForce, identityInForce } from './identity-in-force.ts';
export { inTurn } from './in-turn.ts';
export { checkPart } from './make-part.ts';
export { type FileName, nameFile, placeOfRelease } from './name-file.ts';
export { openIdentifiers } from './open-identifiers.ts';
export {
  contentsByName,
  neededTables,
  newestSnapshots,
  openTable,
  openTables,
  preparePersons,
  snapshotsById,
} from './open-tables.ts';
export {
  blockOf,
  type DigestsOfKind,
  findLinked,
  nextCountingVersion,
  optOutKey,
  partsOfMember,
  type SearchedPart,
  soughtOf,
} from './opt-outs.ts';
export { appendToOriginal, openOriginal, removeOriginal } from './original.ts';
export { countOwnIdentifiers, forgetPersons, type OwnCounts } from './own-identifiers.ts';
export { settlePublications } from './pending-publications.ts';
export { refreshSpine } from './person-column.ts';
export { readPersonFiles } from './person-files.ts';
export { isOwnAlone, personsDecidedBy } from './persons-decided-by.ts';
export { countedId, madePersons, type PinnedPersons } from './pinned-persons.ts';
export { type PublishedSnapshot, publishSnapshot } from './publish-snapshot.ts';
export { dropPart, type RewrittenPart, rewritePart, type Search, searchKey } from './rewrite-part.ts';
export { removeVerdictFile } from './row-verdicts.ts';
export { columnChunks, personChunks } from './snapshot-chunks.ts';
export { snapshotMessage } from './snapshot-message.ts';
export { readSnapshotParts, rowCountOf } from './snapshot-parts.ts';
export { removeFormerPersons, removePersonFile, sweepSnapshots } from './sweep-snapshots.ts';
export { assertNoRealData, assertSynthetic } from './synthetic-only.ts';
export type { TableSnapshot } from './table-snapshot.ts';
export { UPLOAD_REFUSALS } from './upload-refusals.ts';
