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
  device_id: datasets.ColumnKind.DEVICE_ID,
  card_number: datasets.ColumnKind.CARD_NUMBER,
  custom: datasets.ColumnKind.CUSTOM_ID,
  consent_purpose: datasets.ColumnKind.CONSENT_PURPOSE,
  consent_region: datasets.ColumnKind.CONSENT_REGION,
  consent_until: datasets.ColumnKind.CONSENT_UNTIL,
} as const;

const IDENTIFIERS: ReadonlySet<string> = new Set(['email', 'phone', 'member_id', 'device_id', 'card_number', 'custom']);
const CONSENTS: ReadonlySet<string> = new Set(['consent_purpose', 'consent_region', 'consent_until']);

/** One column of a dataset's schema, as stored. */
export interface DatasetColumn {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  /** For decimals: digits after the point. */
  readonly scale: number;
  readonly nullable: boolean;
  readonly defaultRegion: string;
  /** Its name in the file; empty when it is the same. */
  readonly source: string;
  /** For identifiers: whether the file holds digests. */
  readonly hashed: boolean;
  /** For custom identifiers: the name of the kind. */
  readonly customKind: string;
}

/** Names that SQL can write without quotes; DuckDB and Galley compare them in lower case. */
const COLUMN_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
/** Most columns of a dataset. */
const MAX_COLUMNS_COUNT = 1_000;
/** Most identifiers of a row: each is normalised, hashed and kept by itself, and links all others. */
const MAX_IDENTIFIERS_COUNT = 32;
/** Longest name of a column in a file. */
const MAX_SOURCE_CHARS = 256;
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
  if (read.filter(isIdentifier).length > MAX_IDENTIFIERS_COUNT) {
    throw new ServiceError('INVALID_REQUEST', `\`columns\` has more than ${MAX_IDENTIFIERS_COUNT} identifiers`);
  }
  if (read.length === 0) throw new ServiceError('INVALID_REQUEST', '`columns` must name at least one');
  expectOnce(read);
  return read;
}

// Two columns of one kind in a row would each claim to be the person's, and two consents contradict each other.
function expectOnce(columns: readonly DatasetColumn[]): void {
  const kinds = columns.filter((c) => isIdentifier(c) || isConsent(c)).map(kindName);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice === undefined) return;
  throw new ServiceError('INVALID_REQUEST', `\`columns\` has two columns of kind \`${twice}\`; leave one out`);
}

const ADDRESS = /[^\s@]@[^\s@]+\.[^\s@]/;

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
  if (column.hashed && !IDENTIFIERS.has(kind)) {
    throw new ServiceError('INVALID_REQUEST', `\`${field}.hashed\` is for identifiers`);
  }
  if ((kind === 'custom') !== COLUMN_NAME.test(column.customKind)) {
    throw new ServiceError('INVALID_REQUEST', `\`${field}.custom_kind\` names the kind of a custom identifier`);
  }
  if (column.source.length > MAX_SOURCE_CHARS) {
    throw new ServiceError('INVALID_REQUEST', `\`${field}.source\` is longer than ${MAX_SOURCE_CHARS} characters`);
  }
  // The first row of a file without a header: kept here it would lie in the clear for good.
  if (ADDRESS.test(column.source)) {
    throw new ServiceError('INVALID_REQUEST', `\`${field}.source\` is an e-mail address, not the name of a column`);
  }
  const { name, scale, nullable, defaultRegion, source, hashed, customKind } = column;
  return { name, kind, scale, nullable, defaultRegion, source, hashed, customKind };
}

/** The columns of a stored schema. */
export function columnsOf(json: string): readonly DatasetColumn[] {
  return JSON.parse(json) as DatasetColumn[];
}

/** Whether a column names persons. */
export function isIdentifier(column: DatasetColumn): boolean {
  return IDENTIFIERS.has(column.kind);
}

/** Whether a column says what a row may be used for. */
export function isConsent(column: DatasetColumn): boolean {
  return CONSENTS.has(column.kind);
}

/** The kind of a column, a custom identifier's by its name: `custom:loyalty_id`. */
function kindName(column: DatasetColumn): string {
  return column.kind === 'custom' ? `custom:${column.customKind}` : column.kind;
}

/** An identifier of a schema: its place and kind. */
export interface SchemaIdentifier {
  readonly index: number;
  readonly kind: IdentifierKind;
}

/**
 * The identifiers of a schema, in its order; the first stands for the person in questions. None for a dataset without
 * persons, which can only be public.
 */
export function identifiersOf(columns: readonly DatasetColumn[]): readonly SchemaIdentifier[] {
  return columns.flatMap((column, index) =>
    isIdentifier(column) ? [{ index, kind: kindName(column) as IdentifierKind }] : [],
  );
}

/** A schema as questions see it: the first identifier is the person; the others and consents are no columns there. */
export function tableColumnsOf(columns: readonly DatasetColumn[]): readonly TableColumn[] {
  const person = columns.find(isIdentifier);
  const visible = columns.filter((c) => c === person || !(isIdentifier(c) || isConsent(c)));
  return visible.map((c) => ({ name: c.name, type: typeOf(c) }));
}

function typeOf(column: DatasetColumn): ScalarType & ColumnType {
  if (isIdentifier(column)) return { kind: 'person' };
  if (column.kind === 'decimal') return { kind: 'decimal', scale: column.scale };
  if (column.kind === 'consent_until') return { kind: 'date' };
  if (isConsent(column)) return { kind: 'text' };
  return { kind: column.kind as 'text' | 'integer' | 'boolean' | 'date' | 'timestamp' };
}

/** The type a column has in the wall: identifiers arrive there as persons. */
export function wallTypeOf(column: DatasetColumn): ColumnType {
  return typeOf(column);
}

/** A schema as the parser of uploads needs it. */
export function ingestColumnsOf(columns: readonly DatasetColumn[]): IngestColumn[] {
  return columns.map((c) => {
    const source = c.source === '' ? {} : { source: c.source };
    const base = { name: c.name, nullable: c.nullable, ...source };
    if (!isIdentifier(c)) return { ...base, type: typeOf(c) };
    const region = c.defaultRegion === '' ? {} : { defaultRegion: c.defaultRegion };
    const form = c.hashed ? ('hashed' as const) : ('raw' as const);
    return { ...base, type: { kind: 'digest' as const }, identifier: kindName(c) as IdentifierKind, form, ...region };
  });
}

/** A column as a message. */
export function columnMessage(column: DatasetColumn): datasets.Column {
  return { ...column, kind: KINDS[column.kind] };
}
