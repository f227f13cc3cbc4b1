// The one small file in which a brand corrects what was found out of its data: docs/schema-file.schema.json describes
// it to editors, and this reads it. A mistake is named by its place and with the way out.
import { datasets } from '../proto/index.ts';
import { formatNames, identifierKinds, kindNames, nameFormat } from './column-kinds.ts';

/** What a schema file says, as a request for a dataset says it. */
export interface SchemaFile {
  readonly layout: datasets.FileLayout;
  readonly columns: datasets.Column[];
  readonly tolerance: datasets.RejectTolerance;
}

/** Thrown for a schema file that cannot be used; the message names the place and the way out. */
export class SchemaFault extends Error {
  override readonly name = 'SchemaFault';
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a schema file. @throws {SchemaFault} naming the first place that is wrong */
export function readSchemaFile(text: string): SchemaFile {
  const document = objectAt(parseJson(text), '', ['$schema', 'file', 'columns', 'tolerance']);
  if (!Array.isArray(document.columns) || document.columns.length === 0) {
    throw new SchemaFault('`columns` must list at least one column; `galley dataset infer FILE` makes a first list');
  }
  const columns = document.columns.map((column, index) => readColumn(column, `columns[${index}]`));
  expectDistinct(columns);
  return { layout: readFile(document.file ?? {}), columns, tolerance: readTolerance(document.tolerance ?? {}) };
}

/** Writes a schema file, one line a column, so that a line can be changed or taken out by hand. */
export function writeSchemaFile({ layout, columns, tolerance }: SchemaFile): string {
  const { encoding, delimiter, quote, nullWords } = layout;
  const file = { format: nameFormat(layout.format), encoding, delimiter, quote, nullWords };
  const lines = columns.map((column) => `    ${JSON.stringify(writeColumn(column))}`);
  return [
    '{',
    `  "file": ${JSON.stringify(file)},`,
    '  "columns": [',
    lines.join(',\n'),
    '  ],',
    `  "tolerance": ${JSON.stringify({ rows: Number(tolerance.rows), share: tolerance.share })}`,
    '}',
    '',
  ].join('\n');
}

function writeColumn(column: datasets.Column): Fields {
  const kind = Object.keys(kindNames).find((name) => kindNames[name] === column.kind) ?? 'text';
  return {
    name: column.name,
    source: column.source === '' ? column.name : column.source,
    kind,
    ...(kind === 'decimal' ? { scale: column.scale } : {}),
    nullable: column.nullable,
    ...(kind === 'phone' ? { region: column.defaultRegion } : {}),
    ...(identifierKinds.has(column.kind) ? { hashed: column.hashed } : {}),
    ...(kind === 'custom' ? { customKind: column.customKind } : {}),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const where = error instanceof Error ? error.message : '';
    throw new SchemaFault(`the schema file is not JSON (${where}); look for a comma or a quote too many or too few`);
  }
}

function objectAt(value: unknown, path: string, known: readonly string[]): Fields {
  const place = path === '' ? 'the schema file' : `\`${path}\``;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SchemaFault(`${place} must be an object of ${known.join(', ')}`);
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const whole = path === '' ? unknown : `${path}.${unknown}`;
    throw new SchemaFault(`\`${whole}\` is not known; ${place} has ${known.join(', ')}`);
  }
  return value as Fields;
}

function readFile(value: unknown): datasets.FileLayout {
  const file = objectAt(value, 'file', ['format', 'encoding', 'delimiter', 'quote', 'nullWords']);
  const format = textAt(file.format ?? '', 'file.format');
  if (format !== '' && formatNames[format] === undefined) {
    throw new SchemaFault(`\`file.format\` must be one of ${Object.keys(formatNames).join(', ')}`);
  }
  const words = file.nullWords ?? [];
  if (!Array.isArray(words)) throw new SchemaFault('`file.nullWords` must be a list of words, as in ["NULL", "n/a"]');
  return {
    format: formatNames[format] ?? datasets.FileFormat.UNSPECIFIED,
    encoding: textAt(file.encoding ?? '', 'file.encoding'),
    delimiter: characterAt(file.delimiter ?? '', 'file.delimiter'),
    quote: file.quote === 'none' ? 'none' : characterAt(file.quote ?? '', 'file.quote'),
    nullWords: words.map((word, index) => textAt(word, `file.nullWords[${index}]`)),
  };
}

function readColumn(value: unknown, path: string): datasets.Column {
  const known = ['name', 'source', 'kind', 'scale', 'nullable', 'region', 'hashed', 'customKind'];
  const column = objectAt(value, path, known);
  const name = textAt(column.name, `${path}.name`);
  if (!/^[a-z_][a-z0-9_]{0,62}$/u.test(name)) {
    throw new SchemaFault(
      `\`${path}.name\` must be made of lower-case letters, digits and underscores; the name in the file goes into \`source\``,
    );
  }
  const kindName = textAt(column.kind, `${path}.kind`);
  const kind = kindNames[kindName];
  if (kind === undefined) {
    throw new SchemaFault(`\`${path}.kind\` must be one of ${Object.keys(kindNames).join(', ')}`);
  }
  const only = (field: string, isPermitted: boolean, of: string) => {
    if (column[field] === undefined || isPermitted) return;
    throw new SchemaFault(`\`${path}.${field}\` is for ${of}; take it out of this ${kindName} column`);
  };
  only('scale', kindName === 'decimal', 'decimals');
  only('region', kindName === 'phone', 'telephone numbers');
  only('hashed', identifierKinds.has(kind), 'identifiers');
  only('customKind', kindName === 'custom', 'custom identifiers');
  return {
    name,
    kind,
    scale: kindName === 'decimal' ? scaleAt(column.scale, `${path}.scale`) : 0,
    nullable: flagAt(column.nullable ?? false, `${path}.nullable`),
    defaultRegion: textAt(column.region ?? '', `${path}.region`),
    source: sourceOf(column, name, path),
    hashed: flagAt(column.hashed ?? false, `${path}.hashed`),
    customKind: customKindOf(column, kindName, path),
  };
}

function sourceOf(column: Fields, name: string, path: string): string {
  const source = textAt(column.source ?? '', `${path}.source`);
  return source === name ? '' : source;
}

function customKindOf(column: Fields, kindName: string, path: string): string {
  const customKind = textAt(column.customKind ?? '', `${path}.customKind`);
  if ((kindName === 'custom') === /^[a-z_][a-z0-9_]{0,62}$/u.test(customKind)) return customKind;
  throw new SchemaFault(
    `\`${path}.customKind\` must name the kind that the members agree on, as in "loyalty_id": lower-case letters, digits and underscores`,
  );
}

function scaleAt(value: unknown, path: string): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9) return Number(value);
  throw new SchemaFault(`\`${path}\` must be the digits after the point, 0 to 9`);
}

function readTolerance(value: unknown): datasets.RejectTolerance {
  const { rows = 0, share = 0 } = objectAt(value, 'tolerance', ['rows', 'share']);
  if (!Number.isSafeInteger(rows) || Number(rows) < 0) {
    throw new SchemaFault('`tolerance.rows` must be a whole number from 0');
  }
  if (typeof share !== 'number' || !(share >= 0 && share <= 1)) {
    throw new SchemaFault('`tolerance.share` must be a number from 0 to 1; 0.01 is one in a hundred');
  }
  return { rows: BigInt(Number(rows)), share };
}

function textAt(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw new SchemaFault(`\`${path}\` must be a text in quotes`);
}

function characterAt(value: unknown, path: string): string {
  const text = textAt(value, path);
  if (text === '' || Buffer.byteLength(text) === 1) return text;
  throw new SchemaFault(
    `\`${path}\` must be one character, for example ";" or "\\t"; empty when it is to be found out`,
  );
}

function flagAt(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new SchemaFault(`\`${path}\` must be true or false, without quotes`);
}

function expectDistinct(columns: readonly datasets.Column[]): void {
  const names = columns.map(({ name }) => name);
  const at = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (at === -1) return;
  throw new SchemaFault(`\`columns[${at}].name\` is there twice; give one of the two columns another name`);
}
