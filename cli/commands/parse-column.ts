import { InvalidArgumentError } from 'commander';
import { datasets } from '../../proto/index.ts';

const kinds: Readonly<Record<string, datasets.ColumnKind>> = {
  text: datasets.ColumnKind.TEXT,
  integer: datasets.ColumnKind.INTEGER,
  decimal: datasets.ColumnKind.DECIMAL,
  boolean: datasets.ColumnKind.BOOLEAN,
  date: datasets.ColumnKind.DATE,
  timestamp: datasets.ColumnKind.TIMESTAMP,
  email: datasets.ColumnKind.EMAIL,
  phone: datasets.ColumnKind.PHONE,
  member_id: datasets.ColumnKind.MEMBER_ID,
};

/** How a column is written on the command line. */
export const columnSyntax = 'name:kind, name:decimal(scale), name:phone(region); a ? behind it lets values be missing';

/** Parses a column, for example `spend_usd:decimal(2)?`. */
export function parseColumn(value: string): datasets.Column {
  const match = /^(?<name>[^:]+):(?<kind>[a-z_]+)(\((?<detail>\w+)\))?(?<nullable>\?)?$/u.exec(value)?.groups;
  const kind = kinds[match?.kind ?? ''];
  if (match?.name === undefined || kind === undefined) {
    throw new InvalidArgumentError(`it must read ${columnSyntax}; the kinds are ${Object.keys(kinds).join(', ')}`);
  }
  const isDecimal = kind === datasets.ColumnKind.DECIMAL;
  if (isDecimal && !/^\d$/u.test(match.detail ?? '')) {
    throw new InvalidArgumentError('a decimal names its digits after the point, 0 to 9, as in `decimal(2)`');
  }
  return {
    name: match.name,
    kind,
    scale: isDecimal ? Number(match.detail) : 0,
    nullable: match.nullable !== undefined,
    defaultRegion: kind === datasets.ColumnKind.PHONE ? (match.detail ?? '') : '',
  };
}

/** Whether a column names persons. */
export function isIdentifier({ kind }: datasets.Column): boolean {
  const { EMAIL, PHONE, MEMBER_ID } = datasets.ColumnKind;
  return kind === EMAIL || kind === PHONE || kind === MEMBER_ID;
}

/** Names a column's kind for people. */
export function nameKind(column: datasets.Column): string {
  const name = Object.keys(kinds).find((key) => kinds[key] === column.kind) ?? '?';
  const detail = column.kind === datasets.ColumnKind.DECIMAL ? `(${column.scale})` : '';
  return `${name}${detail}${column.nullable ? '?' : ''}`;
}
