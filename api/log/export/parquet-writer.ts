// Row groups as they fill: a file of any length in the memory of one of them.
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { columnsIn, outcomeOf, rulesIn } from '../entry-index/index.ts';
import type { FoundEntry } from '../found-entries.ts';
import { type EntryWriter, hexOf } from './entry-writer.ts';

/** Rows of one group: enough for columns to pack well. */
const MAX_GROUP_ROWS = 10_000;
/** Bytes of leaves in one group, as a leaf may have 64 KiB. */
const MAX_GROUP_BYTES = 4_000_000;

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];
type Cell = string | number | bigint | Date | readonly string[] | null;

interface Column {
  readonly elements: readonly SchemaElement[];
  readonly cellOf: (entry: FoundEntry) => Cell;
}

const text = (name: string, cellOf: Column['cellOf'], repetition: 'REQUIRED' | 'OPTIONAL' = 'OPTIONAL'): Column => ({
  elements: [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: repetition }],
  cellOf,
});

const texts = (name: string, cellOf: Column['cellOf']): Column => ({
  elements: [
    { name, converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  ],
  cellOf,
});

/** Fields of a subject that name what an entry is about, the first that it has. */
const SUBJECT_FIELDS = [
  'question',
  'activation',
  'audience',
  'match',
  'grant',
  'function',
  'snapshot',
  'dataset',
  'erasure',
];

const COLUMNS: readonly Column[] = [
  {
    elements: [{ name: 'leaf_index', type: 'INT64', repetition_type: 'REQUIRED' }],
    cellOf: ({ leafIndex }) => BigInt(leafIndex),
  },
  text('leaf_hash', ({ hash }) => hexOf(hash), 'REQUIRED'),
  {
    elements: [{ name: 'at', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' }],
    cellOf: ({ entry }) => new Date(entry.at),
  },
  {
    elements: [{ name: 'version', type: 'INT32', repetition_type: 'REQUIRED' }],
    cellOf: ({ entry }) => entry.version,
  },
  text('kind', ({ entry }) => entry.kind, 'REQUIRED'),
  text('collaboration', ({ entry }) => entry.collaboration),
  text('member', ({ entry }) => entry.actor?.member ?? null),
  text('principal', ({ entry }) => entry.actor?.principal ?? null),
  text('acting_for', ({ entry }) => textOf(entry.subject.actingFor)),
  text(
    'subject_id',
    ({ entry }) => SUBJECT_FIELDS.map((f) => textOf(entry.subject[f])).find((id) => id !== null) ?? null,
  ),
  text('outcome', ({ entry }) => outcomeOf(entry)),
  {
    elements: [{ name: 'rho', type: 'DOUBLE', repetition_type: 'OPTIONAL' }],
    cellOf: ({ entry }) => (typeof entry.subject.rho === 'number' ? entry.subject.rho : null),
  },
  texts('rules', ({ entry }) => rulesIn(entry.subject)),
  texts('columns', ({ entry }) => columnsIn(entry.subject)),
  text('leaf', ({ leaf }) => Buffer.from(leaf).toString('utf8'), 'REQUIRED'),
];

/** Writes entries as Apache Parquet. */
export function parquetWriter(): EntryWriter {
  const bytes = new ByteWriter();
  const root: SchemaElement = { name: 'entries', num_children: COLUMNS.length };
  const schema = [root, ...COLUMNS.flatMap(({ elements }) => [...elements])];
  const file = new ParquetWriter({ writer: bytes, schema, createdBy: 'galley' });
  let rows: FoundEntry[] = [];
  let leafBytes = 0;
  const writeGroup = (): void => {
    const columnData = COLUMNS.map(({ elements, cellOf }) => ({
      name: elements[0]?.name ?? '',
      data: rows.map(cellOf),
    }));
    // Nothing to wait for: a writer into memory has nothing to flush.
    void file.write({ columnData, rowGroupSize: MAX_GROUP_ROWS });
    rows = [];
    leafBytes = 0;
  };
  // Offsets in the file go on counting; the buffer begins again.
  const taken = (): Uint8Array => {
    const written = Uint8Array.from(bytes.getBytes());
    bytes.index = 0;
    return written;
  };
  return {
    add: (entry) => {
      rows.push(entry);
      leafBytes += entry.leaf.length;
      if (rows.length < MAX_GROUP_ROWS && leafBytes < MAX_GROUP_BYTES) return undefined;
      writeGroup();
      return taken();
    },
    finish: () => {
      if (rows.length > 0) writeGroup();
      void file.finish();
      return taken();
    },
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
