import { InvalidArgumentError } from 'commander';
import { datasets } from '../../proto/index.ts';
import { identifierKinds, kindNames } from '../column-kinds.ts';

/** How a column is written on the command line. */
export const columnSyntax =
  'name:kind, name:decimal(scale), name:phone(region), name:custom(kind), name:email(hashed); a ? behind it lets values be missing';

/** Parses a column, for example `spend_usd:decimal(2)?` or `openid:custom(wechat_openid,hashed)`. */
export function parseColumn(value: string): datasets.Column {
  const match = /^(?<name>[^:]+):(?<kind>[a-z_]+)(\((?<details>\w+(,\w+)?)\))?(?<nullable>\?)?$/u.exec(value)?.groups;
  const kind = kindNames[match?.kind ?? ''];
  if (match?.name === undefined || kind === undefined) {
    throw new InvalidArgumentError(`it must read ${columnSyntax}; the kinds are ${Object.keys(kindNames).join(', ')}`);
  }
  const details = match.details?.split(',') ?? [];
  const hashed = identifierKinds.has(kind) && details.includes('hashed');
  const detail = details.find((word) => word !== 'hashed') ?? '';
  const isDecimal = kind === datasets.ColumnKind.DECIMAL;
  if (isDecimal && !/^\d$/u.test(detail)) {
    throw new InvalidArgumentError('a decimal names its digits after the point, 0 to 9, as in `decimal(2)`');
  }
  const isCustom = kind === datasets.ColumnKind.CUSTOM_ID;
  if (isCustom && detail === '') {
    throw new InvalidArgumentError('a custom identifier names its kind, as in `custom(loyalty_id)`');
  }
  return {
    name: match.name,
    kind,
    scale: isDecimal ? Number(detail) : 0,
    nullable: match.nullable !== undefined,
    defaultRegion: kind === datasets.ColumnKind.PHONE ? detail : '',
    source: '',
    hashed,
    customKind: isCustom ? detail : '',
  };
}

/** Whether a column names persons. */
export function isIdentifier({ kind }: datasets.Column): boolean {
  return identifierKinds.has(kind);
}

/** Names a column's kind for people. */
export function nameKind(column: datasets.Column): string {
  const name = Object.keys(kindNames).find((key) => kindNames[key] === column.kind) ?? '?';
  const words = [
    ...(column.kind === datasets.ColumnKind.DECIMAL ? [String(column.scale)] : []),
    ...(column.customKind === '' ? [] : [column.customKind]),
    ...(column.hashed ? ['hashed'] : []),
  ];
  const detail = words.length === 0 ? '' : `(${words.join(',')})`;
  return `${name}${detail}${column.nullable ? '?' : ''}`;
}
