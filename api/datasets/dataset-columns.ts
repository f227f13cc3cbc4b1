import type { IdentifierKind, ScalarType, TableColumn } from '../../policies/index.ts';
import { datasets } from '../../proto/index.ts';
import type { ColumnType, IngestColumn } from '../../sandbox/index.ts';
import { ServiceError } from '../grpc/index.ts';

const KINDS = {
  text: datasets.ColumnKind.TEXT,
  integer: datasets.ColumnKind.INTEGER,
  decimal: datasets.ColumnKind.DECIMAL,
  boolean: datasets.ColumnKind.BOOLEAN,
  date: datasets.ColumnKind.DATE,
  timestamp: datasets.ColumnKind.TIMESTAMP,
  email: datasets.ColumnKind.EMAIL,
  phone: datasets.ColumnKind.PHONE,
  member_id: datasets.ColumnKind.MEMBER_ID,
} as const;

/** One column of a dataset's schema, as stored. */
export interface DatasetColumn {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  /** For decimals: digits after the point. */
  readonly scale: number;
  readonly nullable: boolean;
  readonly defaultRegion: string;
}

/** Names that SQL can write without quotes; DuckDB and Galley compare them in lower case. */
const COLUMN_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
/** Most columns of a dataset. */
const MAX_COLUMNS_COUNT = 1_000;
/** Most digits after the point: the arithmetic of questions keeps nine. */
const MAX_SCALE_DIGITS = 9;

/** Reads a schema from a request. @throws {ServiceError} INVALID_REQUEST naming the column */
export function readColumns(columns: readonly datasets.Column[]): readonly DatasetColumn[] {
  const read = columns.map(readColumn);
  const names = new Set(read.map((c) => c.name));
  if (names.size !== read.length) throw new ServiceError('INVALID_REQUEST', '`columns` names a column twice');
  if (read.length > MAX_COLUMNS_COUNT) {
    throw new ServiceError('INVALID_REQUEST', `\`columns\` has more than ${MAX_COLUMNS_COUNT}`);
  }
  if (read.length === 0) throw new ServiceError('INVALID_REQUEST', '`columns` must name at least one');
  if (read.filter(isIdentifier).length > 1) {
    const kinds = 'email, phone or member id';
    throw new ServiceError('INVALID_REQUEST', `at most one column may be an identifier: ${kinds}`);
  }
  return read;
}

function readColumn(column: datasets.Column, index: number): DatasetColumn {
  const field = `columns[${index}]`;
  const kind = (Object.keys(KINDS) as DatasetColumn['kind'][]).find((k) => KINDS[k] === column.kind);
  if (!COLUMN_NAME.test(column.name)) {
    const rule = 'lower-case letters, digits and underscores';
    throw new ServiceError('INVALID_REQUEST', `\`${field}.name\` must be made of ${rule}`);
  }
  if (kind === undefined) throw new ServiceError('INVALID_REQUEST', `\`${field}.kind\` is not known`);
  if (column.scale > MAX_SCALE_DIGITS || (column.scale > 0 && kind !== 'decimal')) {
    throw new ServiceError('INVALID_REQUEST', `\`${field}.scale\` is for decimals, 0 to ${MAX_SCALE_DIGITS}`);
  }
  const nullable = column.nullable && !['email', 'phone', 'member_id'].includes(kind);
  return { name: column.name, kind, scale: column.scale, nullable, defaultRegion: column.defaultRegion };
}

/** The columns of a stored schema. */
export function columnsOf(json: string): readonly DatasetColumn[] {
  return JSON.parse(json) as DatasetColumn[];
}

/** Whether a column names persons. */
export function isIdentifier(column: DatasetColumn): boolean {
  return column.kind === 'email' || column.kind === 'phone' || column.kind === 'member_id';
}

/** The identifier of a schema: its place and kind; `null` for a dataset without persons, which can only be public. */
export function identifierOf(
  columns: readonly DatasetColumn[],
): { readonly index: number; readonly kind: IdentifierKind } | null {
  const index = columns.findIndex(isIdentifier);
  const column = columns[index];
  return column === undefined ? null : { index, kind: column.kind as IdentifierKind };
}

/** A schema as questions see it: the identifier is the person. */
export function tableColumnsOf(columns: readonly DatasetColumn[]): readonly TableColumn[] {
  return columns.map((c) => ({ name: c.name, type: typeOf(c) }));
}

function typeOf(column: DatasetColumn): ScalarType & ColumnType {
  if (isIdentifier(column)) return { kind: 'person' };
  if (column.kind === 'decimal') return { kind: 'decimal', scale: column.scale };
  return { kind: column.kind as 'text' | 'integer' | 'boolean' | 'date' | 'timestamp' };
}

/** The type a column has in the wall: identifiers arrive there as persons. */
export function wallTypeOf(column: DatasetColumn): ColumnType {
  return typeOf(column);
}

/** A schema as the parser of uploads needs it. */
export function ingestColumnsOf(columns: readonly DatasetColumn[]): IngestColumn[] {
  return columns.map((c) => {
    const base = { name: c.name, nullable: c.nullable };
    if (!isIdentifier(c)) return { ...base, type: typeOf(c) };
    const region = c.defaultRegion === '' ? {} : { defaultRegion: c.defaultRegion };
    return { ...base, type: { kind: 'text' as const }, identifier: c.kind as IdentifierKind, ...region };
  });
}

/** A column as a message. */
export function columnMessage(column: DatasetColumn): datasets.Column {
  return { ...column, kind: KINDS[column.kind] };
}
