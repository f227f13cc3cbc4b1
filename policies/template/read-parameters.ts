import type { FaultCollector } from '../rules/fault-collector.ts';
import { readValue } from './read-values.ts';
import type { ColumnContents, ParameterType, TemplateParameter, ValueType } from './template.ts';

/** Names of parameters: what stands in a blank. */
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** Most parameters: nobody fills in more without a mistake. */
const MAX_PARAMETERS_COUNT = 40;
/** Most texts to choose from. */
const MAX_CHOICES_COUNT = 256;
/** Most items of a list, so that what is filled in stays readable to whoever looks at the question later. */
const MAX_ITEMS_COUNT = 1_000;
/** Most digits after the point, as arithmetic of questions keeps them. */
const MAX_DIGITS = 9;
/** Largest number on either side: with nine digits it still fits the engine's exact numbers. */
const MAX_NUMBER_UNITS = 999_999_999;
/**
 * Characters that nobody sees, and marks that turn round what follows: with these whoever approves a document would read
 * another than the one that runs.
 */
export const HIDDEN = /[^\P{C}\n\r\t]|[\p{Zl}\p{Zp}]/u;
/** Longest text for people. */
const MAX_MEANING_CHARACTERS = 1_000;

const VALUE_KINDS = ['integer', 'number', 'text', 'date', 'boolean'] as const;
const KINDS = [...VALUE_KINDS, 'list', 'table', 'column'] as const;
const CONTENTS: readonly ColumnContents[] = ['any', 'person', 'number', 'text', 'date', 'time', 'boolean'];

/** The fields that each kind has beside `name`, `kind`, `meaning` and `default`. */
const FIELDS: Readonly<Record<(typeof KINDS)[number], readonly string[]>> = {
  integer: ['min', 'max'],
  number: ['min', 'max', 'digits'],
  text: ['values'],
  date: [],
  boolean: [],
  list: ['of', 'items', 'maxItems'],
  table: [],
  column: ['of', 'holds'],
};

/** Reads a text for people. */
export function readWords(collect: FaultCollector, value: unknown, path: string): string {
  const isText = typeof value === 'string' && value.trim() !== '' && value.length <= MAX_MEANING_CHARACTERS;
  if (isText && !HIDDEN.test(value)) return value;
  collect.fault(path, `must be a text of 1 to ${MAX_MEANING_CHARACTERS} characters, none of them hidden`);
  return '';
}

/** Reads the parameters of a template. */
export function readParameters(collect: FaultCollector, value: unknown): readonly TemplateParameter[] {
  if (!Array.isArray(value) || value.length > MAX_PARAMETERS_COUNT) {
    collect.fault('/parameters', `must be a list of at most ${MAX_PARAMETERS_COUNT} parameters`);
    return [];
  }
  const parameters = value.map((one: unknown, index) => readParameter(collect, one, `/parameters/${index}`));
  const tables = parameters.filter(({ type }) => type.kind === 'table').map(({ name }) => name);
  for (const [index, { name, type }] of parameters.entries()) {
    if (name !== '' && parameters.findIndex((one) => one.name === name) < index) {
      collect.fault(`/parameters/${index}/name`, `\`${name}\` is the name of two parameters`);
    }
    if (type.kind === 'column' && !tables.includes(type.of)) {
      collect.fault(`/parameters/${index}/of`, 'must name a parameter of the kind table');
    }
  }
  return parameters;
}

function readParameter(collect: FaultCollector, value: unknown, path: string): TemplateParameter {
  const asked = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const kind = KINDS.find((one) => one === asked);
  if (kind === undefined) {
    collect.fault(`${path}/kind`, `must be one of ${KINDS.join(', ')}`);
    return { name: '', meaning: '', type: { kind: 'boolean' }, default: undefined };
  }
  const fields = collect.fields(value, path, ['name', 'kind', 'meaning', 'default', ...FIELDS[kind]]);
  const { name } = fields;
  const isName = typeof name === 'string' && NAME.test(name);
  if (!isName)
    collect.fault(`${path}/name`, 'must be lower-case letters, digits and underscores, beginning with a letter');
  const type = readType(collect, kind, fields, path);
  const meaning = readWords(collect, fields.meaning, `${path}/meaning`);
  const parameter = { name: isName ? name : '', meaning, type, default: fields.default };
  if (fields.default !== undefined) checkDefault(collect, parameter, `${path}/default`);
  return parameter;
}

function checkDefault(collect: FaultCollector, { type, default: value }: TemplateParameter, path: string): void {
  if (type.kind === 'table' || type.kind === 'column') collect.fault(path, 'cannot be set for a table or a column');
  else readValue(collect, value, type, path);
}

type Fields = Readonly<Record<string, unknown>>;

function readType(collect: FaultCollector, kind: (typeof KINDS)[number], fields: Fields, path: string): ParameterType {
  switch (kind) {
    case 'table':
      return { kind };
    case 'column': {
      const holds = CONTENTS.find((one) => one === (fields.holds ?? 'any'));
      if (holds === undefined) collect.fault(`${path}/holds`, `must be one of ${CONTENTS.join(', ')}`);
      return { kind, of: typeof fields.of === 'string' ? fields.of : '', holds: holds ?? 'any' };
    }
    case 'list': {
      const of = VALUE_KINDS.find((one) => one === fields.of);
      if (of === undefined) collect.fault(`${path}/of`, `must be one of ${VALUE_KINDS.join(', ')}`);
      const items = collect.fields(fields.items ?? {}, `${path}/items`, of === undefined ? [] : FIELDS[of]);
      const maxItems = collect.whole(fields.maxItems ?? 100, `${path}/maxItems`, 1, MAX_ITEMS_COUNT);
      return { kind, of: readValueType(collect, of ?? 'boolean', items, `${path}/items`), maxItems };
    }
    default:
      return readValueType(collect, kind, fields, path);
  }
}

function readValueType(
  collect: FaultCollector,
  kind: (typeof VALUE_KINDS)[number],
  fields: Fields,
  path: string,
): ValueType {
  switch (kind) {
    case 'integer':
    case 'number': {
      const read = kind === 'integer' ? collect.whole.bind(collect) : collect.number.bind(collect);
      const min = read(fields.min ?? -MAX_NUMBER_UNITS, `${path}/min`, -MAX_NUMBER_UNITS, MAX_NUMBER_UNITS);
      const max = read(fields.max ?? MAX_NUMBER_UNITS, `${path}/max`, -MAX_NUMBER_UNITS, MAX_NUMBER_UNITS);
      if (min > max) collect.fault(`${path}/max`, 'is under `min`');
      if (kind === 'integer') return { kind, min, max };
      return { kind, min, max, digits: collect.whole(fields.digits ?? 2, `${path}/digits`, 0, MAX_DIGITS) };
    }
    case 'text': {
      if (fields.values === undefined) return { kind, values: null };
      const values = collect.texts(fields.values, `${path}/values`);
      if (values.length === 0 || values.length > MAX_CHOICES_COUNT) {
        collect.fault(`${path}/values`, `must be a list of 1 to ${MAX_CHOICES_COUNT} texts`);
      }
      return { kind, values };
    }
    default:
      return { kind };
  }
}
