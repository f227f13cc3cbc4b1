import { type ScalarType, type TableView, tableName } from '../collaboration/table-view.ts';
import { FaultCollector } from '../rules/fault-collector.ts';
import type { RulesFault } from '../rules/rules.ts';
import type { ColumnContents, ParameterType, Template, TemplateParameter, ValueType } from './template.ts';

/** What is filled in for one parameter. */
export type Filled =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'date'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'list'; readonly items: readonly Filled[] }
  | { readonly kind: 'table'; readonly member: string; readonly alias: string }
  | { readonly kind: 'column'; readonly name: string };

/** What is filled in, by the names of the parameters. */
export type Filling = ReadonlyMap<string, Filled>;

/** The outcome of reading values; each fault with a JSON pointer. */
export type ReadValues =
  | { readonly ok: true; readonly filling: Filling }
  | { readonly ok: false; readonly faults: readonly RulesFault[] };

/** Longest text that is filled in: a name, a code, a category. */
const MAX_TEXT_CHARACTERS = 250;
/** Text that shows as what it is: no controls, no marks that turn it around, and no halves of characters. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;
/** A number written out: no exponent, so that what is filled in is what was written. */
const DECIMAL = /^(-?)(\d{1,9})(?:\.(\d{1,9}))?$/;
/** Days of the longest months. */
const MONTH_DAYS_COUNT = 31;

/** Reads the values of a run against the parameters and the tables of the collaboration; every fault at once. */
export function readValues(template: Template, values: unknown, tables: readonly TableView[]): ReadValues {
  const collect = new FaultCollector();
  const fields = collect.fields(
    values,
    '',
    template.parameters.map(({ name }) => name),
  );
  const filling = new Map<string, Filled>();
  const chosen = new Map<string, TableView>();
  // Tables first: columns are looked for in them.
  for (const parameter of template.parameters) {
    if (parameter.type.kind !== 'table') continue;
    const view = readTable(collect, fields[parameter.name], tables, `/${parameter.name}`);
    if (view === undefined) continue;
    chosen.set(parameter.name, view);
    filling.set(parameter.name, { kind: 'table', member: view.member, alias: view.alias });
  }
  for (const { name, type, default: standard } of template.parameters) {
    if (type.kind === 'table') continue;
    const value = Object.hasOwn(fields, name) ? fields[name] : standard;
    const filled =
      type.kind === 'column'
        ? readColumn(collect, value, { type, view: chosen.get(type.of) }, `/${name}`)
        : readValue(collect, value, type, `/${name}`);
    if (filled !== undefined) filling.set(name, filled);
  }
  return collect.faults.length === 0 ? { ok: true, filling } : { ok: false, faults: collect.faults };
}

function readTable(
  collect: FaultCollector,
  value: unknown,
  tables: readonly TableView[],
  path: string,
): TableView | undefined {
  const found = tables.find((view) => tableName(view) === value);
  if (found === undefined) {
    collect.fault(path, `must be a table of the collaboration; these are ${tables.map(tableName).join(', ')}`);
  }
  return found;
}

type ColumnType = Extract<ParameterType, { kind: 'column' }>;

function readColumn(
  collect: FaultCollector,
  value: unknown,
  { type, view }: { readonly type: ColumnType; readonly view: TableView | undefined },
  path: string,
): Filled | undefined {
  // The table's own fault says enough.
  if (view === undefined) return undefined;
  const fitting = view.columns.filter((column) => holds(column.type, type.holds)).map(({ name }) => name);
  if (typeof value === 'string' && fitting.includes(value)) return { kind: 'column', name: value };
  const kind = type.holds === 'any' ? 'a column' : `a column of the kind ${type.holds}`;
  const choice = fitting.length === 0 ? 'it has none' : `these are ${fitting.join(', ')}`;
  collect.fault(path, `must be ${kind} of \`${tableName(view)}\`; ${choice}`);
  return undefined;
}

function holds({ kind }: ScalarType, contents: ColumnContents): boolean {
  switch (contents) {
    case 'any':
      return true;
    case 'number':
      return kind === 'integer' || kind === 'decimal' || kind === 'double';
    case 'time':
      return kind === 'date' || kind === 'timestamp';
    default:
      return kind === contents;
  }
}

/** Reads a value of its own, or a list of them. */
export function readValue(
  collect: FaultCollector,
  value: unknown,
  type: Exclude<ParameterType, { kind: 'table' | 'column' }>,
  path: string,
): Filled | undefined {
  if (type.kind !== 'list') return readOne(collect, value, type, path);
  if (!Array.isArray(value) || value.length === 0 || value.length > type.maxItems) {
    collect.fault(path, `must be a list of 1 to ${type.maxItems} values`);
    return undefined;
  }
  const items = value.map((item: unknown, index) => readOne(collect, item, type.of, `${path}/${index}`));
  return { kind: 'list', items: items.filter((item) => item !== undefined) };
}

function readOne(collect: FaultCollector, value: unknown, type: ValueType, path: string): Filled | undefined {
  const { filled, must } = readAs(value, type);
  if (filled === null) collect.fault(path, `must be ${must}`);
  return filled ?? undefined;
}

function readAs(value: unknown, type: ValueType): { readonly filled: Filled | null; readonly must: string } {
  switch (type.kind) {
    case 'integer': {
      const isWithin = Number.isSafeInteger(value) && Number(value) >= type.min && Number(value) <= type.max;
      // -0 would be written as 0 anyway.
      const filled = isWithin ? { kind: type.kind, value: Number(value) + 0 } : null;
      return { filled, must: `a whole number from ${type.min} to ${type.max}` };
    }
    case 'number': {
      const text = decimalText(value, type.digits);
      const isWithin = text !== null && Number(text) >= type.min && Number(text) <= type.max;
      const filled = isWithin ? { kind: type.kind, text } : null;
      return {
        filled,
        must: `a number from ${type.min} to ${type.max} with at most ${type.digits} digits after the point`,
      };
    }
    case 'text': {
      const { values } = type;
      const isText = typeof value === 'string' && PRINTABLE.test(value) && [...value].length <= MAX_TEXT_CHARACTERS;
      const filled = isText && (values === null || values.includes(value)) ? { kind: type.kind, value } : null;
      const must = `a text of at most ${MAX_TEXT_CHARACTERS} characters that can be printed`;
      return { filled, must: values === null ? must : `one of ${values.join(', ')}` };
    }
    case 'date': {
      const filled = typeof value === 'string' && isDate(value) ? { kind: type.kind, value } : null;
      return { filled, must: 'a date as 2024-11-11' };
    }
    case 'boolean':
      return { filled: typeof value === 'boolean' ? { kind: type.kind, value } : null, must: 'true or false' };
  }
}

/** A number with exactly as many digits as its parameter has; null when it is none or has more. */
function decimalText(value: unknown, digits: number): string | null {
  const match = DECIMAL.exec(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '');
  const fraction = match?.[3] ?? '';
  if (match === null || fraction.length > digits) return null;
  const whole = String(Number(match[2]));
  const text = digits === 0 ? whole : `${whole}.${fraction.padEnd(digits, '0')}`;
  return match[1] === '-' && /[1-9]/.test(text) ? `-${text}` : text;
}

function isDate(value: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > MONTH_DAYS_COUNT) return false;
  return day <= daysIn(year, month);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : MONTH_DAYS_COUNT;
}

/** A value that a parameter takes, whatever it may mean: a template is parsed with these before anybody fills it in. */
export function sampleFilling(template: Template): Filling {
  return new Map(template.parameters.map((parameter) => [parameter.name, sampleOf(parameter)]));
}

function sampleOf({ name, type }: TemplateParameter): Filled {
  if (type.kind === 'table') return { kind: 'table', member: 'member', alias: name };
  if (type.kind === 'column') return { kind: 'column', name };
  return type.kind === 'list' ? { kind: 'list', items: [sampleValue(type.of)] } : sampleValue(type);
}

function sampleValue(type: ValueType): Filled {
  switch (type.kind) {
    case 'integer':
      return { kind: 'integer', value: type.min };
    case 'number':
      return { kind: 'number', text: decimalText(0, type.digits) ?? '0' };
    case 'text':
      return { kind: 'text', value: type.values?.[0] ?? 'text' };
    case 'date':
      return { kind: 'date', value: '2024-11-11' };
    case 'boolean':
      return { kind: 'boolean', value: true };
  }
}
