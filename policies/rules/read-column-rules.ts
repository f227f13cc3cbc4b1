import { isMeasurable, type TableColumn } from '../collaboration/table-view.ts';
import type { FaultCollector } from './fault-collector.ts';
import type { GroupKeyRule, MeasureRule, Rules } from './rules.ts';

/** Largest magnitude of a measure: ten to the twelfth, so that sums of any person stay far inside 64 bits. */
const MAX_MEASURE_UNITS = 1e12;

/** Reads a list of columns that rules name. */
export function readColumns(
  collect: FaultCollector,
  value: unknown,
  path: string,
  columns: readonly TableColumn[],
): readonly string[] {
  const names = collect.texts(value, path);
  for (const [index, name] of names.entries()) checkColumn(collect, name, `${path}/${index}`, columns);
  return names;
}

/** A column that rules may name: any but the identity, which stays inside. */
function checkColumn(collect: FaultCollector, name: string, path: string, columns: readonly TableColumn[]): void {
  const column = columns.find((c) => c.name === name);
  const names = columns.filter((c) => c.type.kind !== 'person').map((c) => c.name);
  if (column === undefined) collect.fault(path, `\`${name}\` is not a column; the columns are ${names.join(', ')}`);
  else if (column.type.kind === 'person') collect.fault(path, `\`${name}\` is the identity column, which stays inside`);
}

/** Reads the group keys, each with the values that everybody may know. */
export function readGroupKeys(
  collect: FaultCollector,
  value: unknown,
  columns: readonly TableColumn[],
): Rules['groupKeys'] {
  const keys: [string, GroupKeyRule][] = [];
  for (const [name, rule] of collect.record(value, '/groupKeys')) {
    const path = `/groupKeys/${name}`;
    checkColumn(collect, name, path, columns);
    const fields = collect.fields(rule, path, ['values']);
    const values = fields.values === undefined ? null : collect.texts(fields.values, `${path}/values`);
    const isText = columns.find((c) => c.name === name)?.type.kind === 'text';
    if (values !== null && !isText) collect.fault(`${path}/values`, 'can be listed for text columns only');
    if (values?.length === 0) collect.fault(`${path}/values`, 'must name at least one value, or be left out');
    keys.push([name, { values }]);
  }
  return Object.fromEntries(keys);
}

/** Whom the rows of a table belong to: the total of a person has bounds, that of nobody has none. */
export type RowsOf = 'persons' | 'nobody';

/** Reads the measures with what is known of their values. */
export function readMeasures(
  collect: FaultCollector,
  value: unknown,
  columns: readonly TableColumn[],
  rowsOf: RowsOf,
): Rules['measures'] {
  const known = rowsOf === 'persons' ? ['min', 'max', 'perPerson'] : ['min', 'max'];
  const measures: [string, MeasureRule][] = [];
  for (const [name, rule] of collect.record(value, '/measures')) {
    const path = `/measures/${name}`;
    checkColumn(collect, name, path, columns);
    const column = columns.find((c) => c.name === name);
    if (column !== undefined && !isMeasurable(column.type)) collect.fault(path, `\`${name}\` is not a number`);
    const fields = collect.fields(rule, path, known);
    const bounds = readBounds(collect, fields, path);
    const perPerson = rowsOf === 'persons' ? readTotal(collect, fields.perPerson, `${path}/perPerson`) : null;
    measures.push([name, { ...bounds, perPerson }]);
  }
  return Object.fromEntries(measures);
}

function readTotal(collect: FaultCollector, value: unknown, path: string): MeasureRule['perPerson'] {
  return value === undefined ? null : readBounds(collect, collect.fields(value, path, ['min', 'max']), path);
}

function readBounds(collect: FaultCollector, fields: Readonly<Record<string, unknown>>, path: string) {
  const min = collect.number(fields.min, `${path}/min`, -MAX_MEASURE_UNITS, MAX_MEASURE_UNITS);
  const max = collect.number(fields.max, `${path}/max`, -MAX_MEASURE_UNITS, MAX_MEASURE_UNITS);
  if (min > max) collect.fault(path, '`min` is over `max`');
  if (min === 0 && max === 0) collect.fault(path, '`min` and `max` are both 0, so nothing could be measured');
  return { min, max };
}
