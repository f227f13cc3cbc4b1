import { type TableColumn, type TableView, tableName } from '../collaboration/table-view.ts';
import type { FaultCollector } from '../rules/fault-collector.ts';
import { MAX_ROWS_PER_PERSON_ROWS } from '../rules/rules.ts';
import type { DayRange, TagCondition, ValueTest } from './audience-rule.ts';
import { dayOf, dayText } from './calendar-day.ts';
import { expectedValue, literalOf } from './rule-literal.ts';
import type { Tag } from './tag.ts';

const FIELDS = ['tag', 'eq', 'in', 'between', 'exists', 'times', 'when'];
const TESTS = ['eq', 'in', 'between', 'exists'] as const;
/** Most values of one `in`. */
const MAX_VALUES_COUNT = 500;
/** Most days before: a century, more than any table has. */
const MAX_DAYS_AGO_COUNT = 36_500;

/** What conditions are read against. */
export interface ConditionScope {
  readonly tables: readonly TableView[];
  /** By `member/name`. */
  readonly tags: ReadonlyMap<string, Tag>;
  /** `YYYY-MM-DD`: the day that days before are counted from. */
  readonly asOf: string;
}

/** Reads one condition on a tag; `null` when something in it is wrong, which is in the collector then. */
export function readCondition(
  collect: FaultCollector,
  value: object,
  path: string,
  scope: ConditionScope,
): TagCondition | null {
  const before = collect.faults.length;
  const fields = collect.fields(value, path, FIELDS);
  const found = findTag(collect, fields.tag, `${path}/tag`, scope);
  if (found === null) return null;
  const test = readTest(collect, fields, path, found);
  const when = readWhen(collect, fields.when, `${path}/when`, { ...found, asOf: scope.asOf });
  const times = readTimes(collect, fields.times, `${path}/times`, found.table);
  if (collect.faults.length > before || test === null) return null;
  return { kind: 'tag', table: found.table, column: found.column, test, when, ...times };
}

interface FoundTag {
  readonly tag: Tag;
  readonly table: TableView;
  readonly column: TableColumn;
}

function findTag(
  collect: FaultCollector,
  value: unknown,
  path: string,
  { tables, tags }: ConditionScope,
): FoundTag | null {
  const tag = typeof value === 'string' ? tags.get(value) : undefined;
  if (tag === undefined) {
    collect.fault(path, 'must be a published tag, `member/name`; `galley tags list` shows them');
    return null;
  }
  const table = tables.find((one) => tableName(one) === tag.table);
  const column = table?.columns.find((one) => one.name === tag.column);
  if (table !== undefined && column !== undefined) return { tag, table, column };
  collect.fault(path, `its column is no longer bound; ask \`${tag.owner}\` to publish its tags again`);
  return null;
}

function readTest(
  collect: FaultCollector,
  fields: Readonly<Record<string, unknown>>,
  path: string,
  found: FoundTag,
): ValueTest | null {
  const named = TESTS.filter((test) => fields[test] !== undefined);
  const [kind] = named;
  if (kind === undefined || named.length > 1) {
    collect.fault(path, `must have exactly one of ${TESTS.join(', ')}`);
    return null;
  }
  const at = `${path}/${kind}`;
  const value = fields[kind];
  switch (kind) {
    case 'exists':
      if (value !== true) collect.fault(at, 'must be true; put it into `not` for persons without a value');
      return { kind: 'exists' };
    case 'eq':
      return { kind: 'in', values: [readValue(collect, value, at, found)] };
    case 'in':
      return readIn(collect, value, at, found);
    case 'between':
      return readBetween(collect, value, at, found);
  }
}

function readIn(collect: FaultCollector, value: unknown, path: string, found: FoundTag): ValueTest {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_VALUES_COUNT) {
    collect.fault(path, `must be a list of 1 to ${MAX_VALUES_COUNT} values`);
    return { kind: 'in', values: [] };
  }
  return { kind: 'in', values: value.map((one, index) => readValue(collect, one, `${path}/${index}`, found)) };
}

function readBetween(collect: FaultCollector, value: unknown, path: string, found: FoundTag): ValueTest {
  const { kind } = found.column.type;
  if (kind === 'text' || kind === 'boolean') {
    collect.fault(path, `cannot be of a tag that holds ${kind}; use \`in\``);
    return { kind: 'exists' };
  }
  if (!Array.isArray(value) || value.length !== 2 || value.every((end) => end === null)) {
    collect.fault(path, 'must be `[low, high]`, both ends included; one of them may be null for an open end');
    return { kind: 'exists' };
  }
  const end = (index: number): string | null =>
    value[index] === null ? null : readValue(collect, value[index], `${path}/${index}`, found);
  return { kind: 'between', low: end(0), high: end(1) };
}

function readValue(collect: FaultCollector, value: unknown, path: string, { tag, column }: FoundTag): string {
  const literal = literalOf(value, column.type);
  if (literal === null) collect.fault(path, `must be ${expectedValue(column.type)}`);
  else if (tag.values.length > 0 && !tag.values.includes(String(value))) {
    collect.fault(path, `must be one of the values of the tag: ${tag.values.join(', ')}`);
  }
  return literal ?? '';
}

function readTimes(collect: FaultCollector, value: unknown, path: string, { rules }: TableView) {
  if (value === undefined) return { atLeast: 1, atMost: null };
  const fields = collect.fields(value, path, ['atLeast', 'atMost']);
  if (fields.atLeast === undefined && fields.atMost === undefined)
    collect.fault(path, 'must have `atLeast` or `atMost`');
  const atLeast =
    fields.atLeast === undefined ? 0 : collect.whole(fields.atLeast, `${path}/atLeast`, 1, MAX_ROWS_PER_PERSON_ROWS);
  const atMost =
    fields.atMost === undefined ? null : collect.whole(fields.atMost, `${path}/atMost`, 0, MAX_ROWS_PER_PERSON_ROWS);
  if (atMost !== null && atMost < atLeast) collect.fault(path, '`atMost` is less than `atLeast`');
  // More rows than the owner lets one person have: nobody can be among them, and nobody would be told.
  if (atLeast > rules.rowsPerPerson) {
    collect.fault(`${path}/atLeast`, `is over the ${rules.rowsPerPerson} rows that its owner counts of one person`);
  }
  return { atLeast, atMost };
}

interface FoundTagAsOf extends FoundTag {
  readonly asOf: string;
}

function readWhen(collect: FaultCollector, value: unknown, path: string, found: FoundTagAsOf): TagCondition['when'] {
  if (value === undefined) return null;
  const column = found.table.columns.find((one) => one.name === found.tag.dateColumn);
  if (column === undefined) {
    collect.fault(path, `\`${found.tag.owner}/${found.tag.name}\` has no date; only tags that count events have one`);
    return null;
  }
  const fields = collect.fields(value, path, ['from', 'to', 'lastDays', 'daysAgo']);
  const { lastDays, daysAgo, from, to } = fields;
  const ways = [lastDays, daysAgo, from ?? to].filter((one) => one !== undefined);
  if (ways.length !== 1) {
    collect.fault(path, 'must have `lastDays`, or `daysAgo`, or `from` and `to`, of which one may be left out');
    return null;
  }
  if (lastDays !== undefined) {
    const count = collect.whole(lastDays, `${path}/lastDays`, 1, MAX_DAYS_AGO_COUNT);
    return { column, days: daysBefore(collect, path, found.asOf, [count - 1, 0]) };
  }
  if (daysAgo !== undefined) return { column, days: readDaysAgo(collect, daysAgo, `${path}/daysAgo`, found.asOf) };
  return { column, days: { from: readDay(collect, from, `${path}/from`), to: readDay(collect, to, `${path}/to`) } };
}

function readDay(collect: FaultCollector, value: unknown, path: string): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && dayOf(value) !== null) return value;
  collect.fault(path, 'must be a day written `YYYY-MM-DD`');
  return null;
}

function readDaysAgo(collect: FaultCollector, value: unknown, path: string, asOf: string): DayRange {
  if (!Array.isArray(value) || value.length !== 2) {
    collect.fault(path, 'must be `[fewest, most]` days before the day of the rule, both included');
    return { from: null, to: null };
  }
  const fewest = collect.whole(value[0], `${path}/0`, 0, MAX_DAYS_AGO_COUNT);
  // Without a most it is everything before.
  const most = value[1] === null ? null : collect.whole(value[1], `${path}/1`, 0, MAX_DAYS_AGO_COUNT);
  if (most !== null && most < fewest) collect.fault(path, 'must have the fewest days first');
  return daysBefore(collect, path, asOf, [most, fewest]);
}

function daysBefore(
  collect: FaultCollector,
  path: string,
  asOf: string,
  [most, fewest]: readonly [number | null, number],
): DayRange {
  const day = (before: number): string | null => {
    const text = dayText((dayOf(asOf) ?? 0n) - BigInt(before));
    if (text === null) collect.fault(path, 'reaches beyond the calendar');
    return text;
  };
  return { from: most === null ? null : day(most), to: day(fewest) };
}
