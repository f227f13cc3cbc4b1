// Kinds of columns and formats of files by the words that people write.
import { datasets } from '../proto/index.ts';

/** The kinds of columns by name. */
export const kindNames: Readonly<Record<string, datasets.ColumnKind>> = {
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
};

/** The kinds that name persons. */
export const identifierKinds: ReadonlySet<datasets.ColumnKind> = new Set([
  datasets.ColumnKind.EMAIL,
  datasets.ColumnKind.PHONE,
  datasets.ColumnKind.MEMBER_ID,
  datasets.ColumnKind.DEVICE_ID,
  datasets.ColumnKind.CARD_NUMBER,
  datasets.ColumnKind.CUSTOM_ID,
]);

/** The formats of files by name. */
export const formatNames: Readonly<Record<string, datasets.FileFormat>> = {
  csv: datasets.FileFormat.CSV,
  ndjson: datasets.FileFormat.NDJSON,
  arrow: datasets.FileFormat.ARROW,
  parquet: datasets.FileFormat.PARQUET,
};

/** Names what a file is; empty when nobody has said it. */
export function nameFormat(format: datasets.FileFormat): string {
  return Object.keys(formatNames).find((name) => formatNames[name] === format) ?? '';
}
