// Every condition becomes a membership: persons who have rows such as these elsewhere. So `not` is the rest of the
// persons of one table, whatever is NULL in a row, and no join repeats anybody.
import { tableName } from '../collaboration/table-view.ts';
import type { AudienceRuleTree, DayRange, RuleNode, TagCondition, ValueTest } from './audience-rule.ts';
import { quoteName, quoteTable } from './quote-name.ts';

/** The alias of the table whose persons are selected from. */
const BASE = 'person';

/** Prints a rule as the SQL of an audience. What it may read is decided afterwards, as of all SQL. */
export function printRule({ from, where }: AudienceRuleTree): string {
  const identity = `${BASE}.${quoteName(from.rules.identity)}`;
  return `select ${identity}\nfrom ${quoteTable(tableName(from))} as ${BASE}\nwhere ${printNode(where, identity)}`;
}

function printNode(node: RuleNode, identity: string): string {
  switch (node.kind) {
    case 'and':
    case 'or':
      return `(${node.parts.map((part) => printNode(part, identity)).join(`\n  ${node.kind} `)})`;
    case 'not':
      return `not (${printNode(node.part, identity)})`;
    case 'tag':
      return printCondition(node, identity);
  }
}

function printCondition(condition: TagCondition, identity: string): string {
  const { atLeast, atMost } = condition;
  const bounds = [
    ...(atLeast > 0 ? [`${identity} in (${printPersonsWith(condition, atLeast)})`] : []),
    // At most so many are all persons but those with more: whoever has no row is among them.
    ...(atMost === null ? [] : [`${identity} not in (${printPersonsWith(condition, atMost + 1)})`]),
  ];
  return bounds.length === 1 ? (bounds[0] ?? '') : `(${bounds.join(' and ')})`;
}

function printPersonsWith({ table, column, test, when }: TagCondition, count: number): string {
  const person = `t.${quoteName(table.rules.identity)}`;
  const conditions = [
    ...printTest(`t.${quoteName(column.name)}`, test),
    ...(when === null ? [] : printDays(`t.${quoteName(when.column.name)}`, when.column.type.kind, when.days)),
  ];
  const rows = `select ${person} from ${quoteTable(tableName(table))} as t where ${conditions.join(' and ')}`;
  return count === 1 ? rows : `${rows} group by ${person} having count(*) >= ${count}`;
}

function printTest(value: string, test: ValueTest): readonly string[] {
  switch (test.kind) {
    case 'exists':
      return [`${value} is not null`];
    case 'in':
      return [test.values.length === 1 ? `${value} = ${test.values[0]}` : `${value} in (${test.values.join(', ')})`];
    case 'between':
      return [
        ...(test.low === null ? [] : [`${value} >= ${test.low}`]),
        ...(test.high === null ? [] : [`${value} <= ${test.high}`]),
      ];
  }
}

function printDays(column: string, kind: string, { from, to }: DayRange): readonly string[] {
  if (kind === 'date') {
    return [
      ...(from === null ? [] : [`${column} >= date '${from}'`]),
      ...(to === null ? [] : [`${column} <= date '${to}'`]),
    ];
  }
  // The last day counts to its end.
  return [
    ...(from === null ? [] : [`${column} >= timestamp '${from} 00:00:00'`]),
    ...(to === null ? [] : [`${column} <= timestamp '${to} 23:59:59.999999'`]),
  ];
}
