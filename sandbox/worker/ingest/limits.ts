// What a file may ask of a worker before anything is set aside for it. A length in a file is a promise of its sender:
// it is judged first, and believed never.

/** Most bytes of a Parquet footer or the metadata of an Arrow message: a thousand columns of a thousand groups. */
export const MAX_METADATA_BYTES = 33_554_432;

/** Most columns of a file, those inside of others included; a table that people analyse has hundreds. */
export const MAX_FILE_COLUMNS_COUNT = 16_384;

/** Deepest nesting of columns or metadata that is walked; nested columns are skipped, not read. */
export const MAX_NESTING_DEPTH = 64;

/** Most rows of a row group or a record batch; the usual writers make them of 100,000 to 1,000,000. */
export const MAX_PART_ROWS = 16_777_216;

/** Most row groups of a file: of the smallest sensible size they hold more than any upload may. */
export const MAX_ROW_GROUPS_COUNT = 65_536;

/** Most bytes of a page after decompression: DuckDB ends a page at 100 MB, the others at one or eight. */
export const MAX_PAGE_BYTES = 134_217_728;

/** Most bytes of the body of a record batch, before and after decompression; many programs write a table as one. */
export const MAX_BATCH_BYTES = 536_870_912;

/** Most entries of a dictionary; beyond, writers go back to plain values. */
export const MAX_DICTIONARY_ENTRIES_COUNT = 4_194_304;
