import { type TableView, tableName } from '../collaboration/table-view.ts';
import { FaultCollector } from '../rules/fault-collector.ts';
import type { RulesFault } from '../rules/rules.ts';
import { TAG_SENSITIVITIES, type Tag, type TagSensitivity } from './tag.ts';

const FIELDS = ['name', 'meaning', 'sensitivity', 'table', 'column', 'dateColumn', 'price', 'values'];
const NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** Most tags of one owner: more than people look through. */
const MAX_TAGS_COUNT = 1_000;
/** Most listed values of one tag. */
const MAX_VALUES_COUNT = 500;
/** Longest meaning and longest value, in characters. */
const MAX_TEXT_CHARACTERS = 500;
/** Largest price in epsilon of one publication: beyond it one audience would spend most budgets. */
const MAX_PRICE_EPSILON = 5;

/** The outcome of reading a catalogue. */
export type ReadTags =
  | { readonly ok: true; readonly tags: readonly Tag[] }
  | { readonly ok: false; readonly faults: readonly RulesFault[] };

/**
 * Reads the catalogue of one owner against its tables as they are bound now; every fault at once, each by its pointer.
 *
 * A tag is of a column that its owner's rules permit in audiences: a catalogue offers nothing that would be refused.
 */
export function readTags(
  document: unknown,
  { owner, tables }: { readonly owner: string; readonly tables: readonly TableView[] },
): ReadTags {
  const collect = new FaultCollector();
  if (!Array.isArray(document) || document.length > MAX_TAGS_COUNT) {
    return { ok: false, faults: [{ path: '', message: `must be a list of at most ${MAX_TAGS_COUNT} tags` }] };
  }
  const own = tables.filter(({ member }) => member === owner);
  const tags = document.map((value: unknown, index) => readTag(collect, value, `/${index}`, { owner, tables: own }));
  const names = tags.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) collect.fault(`/${index}/name`, 'is the name of an earlier tag too');
  }
  return collect.faults.length === 0 ? { ok: true, tags } : { ok: false, faults: collect.faults };
}

interface Own {
  readonly owner: string;
  readonly tables: readonly TableView[];
}

function readTag(collect: FaultCollector, value: unknown, path: string, { owner, tables }: Own): Tag {
  const fields = collect.fields(value, path, FIELDS);
  const name = readText(collect, fields.name, `${path}/name`);
  if (!NAME.test(name)) collect.fault(`${path}/name`, 'must be lower-case letters, digits and hyphens, a letter first');
  const meaning = readText(collect, fields.meaning, `${path}/meaning`);
  if (meaning.trim() === '') collect.fault(`${path}/meaning`, 'must say to people what the tag means');
  const price = fields.price === undefined ? 0 : fields.price;
  const found = readColumn(collect, fields, path, tables);
  return {
    owner,
    name,
    meaning,
    sensitivity: readSensitivity(collect, fields.sensitivity, `${path}/sensitivity`),
    ...found,
    price: collect.number(price, `${path}/price`, 0, MAX_PRICE_EPSILON),
    values: readValues(collect, fields.values, `${path}/values`),
  };
}

function readText(collect: FaultCollector, value: unknown, path: string): string {
  if (typeof value === 'string' && value.length <= MAX_TEXT_CHARACTERS) return value;
  collect.fault(path, `must be a text of at most ${MAX_TEXT_CHARACTERS} characters`);
  return '';
}

function readSensitivity(collect: FaultCollector, value: unknown, path: string): TagSensitivity {
  const found = TAG_SENSITIVITIES.find((one) => one === value);
  if (found === undefined) collect.fault(path, `must be one of ${TAG_SENSITIVITIES.join(', ')}`);
  return found ?? 'sensitive';
}

function readColumn(
  collect: FaultCollector,
  { table, column, dateColumn }: Readonly<Record<string, unknown>>,
  path: string,
  tables: readonly TableView[],
): Pick<Tag, 'table' | 'column' | 'dateColumn'> {
  const view = tables.find((one) => tableName(one) === table);
  if (view === undefined) collect.fault(`${path}/table`, 'must be a table of yours, `member.alias`, bound here');
  if (view?.rules.audience === null) collect.fault(`${path}/table`, 'must be a table whose rules permit audiences');
  const permitted = view?.rules.audience?.columns ?? [];
  const known = `its rules permit ${permitted.length === 0 ? 'none' : permitted.join(', ')}`;
  if (view?.rules.audience && !permitted.includes(String(column))) {
    collect.fault(`${path}/column`, `must be a column that its rules permit in audiences; ${known}`);
  }
  const date = dateColumn === undefined || dateColumn === null || dateColumn === '' ? null : String(dateColumn);
  const kind = view?.columns.find(({ name }) => name === date)?.type.kind;
  if (date !== null && view?.rules.audience) {
    if (!permitted.includes(date) || (kind !== 'date' && kind !== 'timestamp')) {
      collect.fault(`${path}/dateColumn`, `must be a date or moment that its rules permit in audiences; ${known}`);
    }
  }
  return { table: String(table), column: String(column), dateColumn: date };
}

function readValues(collect: FaultCollector, value: unknown, path: string): readonly string[] {
  const values = collect.texts(value, path);
  if (values.length > MAX_VALUES_COUNT) collect.fault(path, `must be at most ${MAX_VALUES_COUNT} values`);
  for (const [index, one] of values.entries()) readText(collect, one, `${path}/${index}`);
  return values;
}
