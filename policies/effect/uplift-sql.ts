import {
  clampText,
  conditionsOf,
  type EffectTable,
  isShare,
  PERSON,
  type PersonBounds,
  personBounds,
  personOf,
  quoteName,
  quoteTable,
  squareText,
  whereOf,
} from './effect-sql.ts';

/** What is to be compared between arms. */
export interface UpliftQuestion {
  readonly assignment: EffectTable;
  readonly armColumn: string;
  readonly segmentColumns: readonly string[];
  readonly outcome: EffectTable;
  /** `null` asks whether a person has any row. */
  readonly outcomeColumn: string | null;
  /** Columns of the outcome that equal the segment columns, in their order; none to count everywhere. */
  readonly outcomeSegmentColumns: readonly string[];
  /** Only persons of whom the outcome has a row. */
  readonly isKnownOnly: boolean;
  /** Most that one person counts; 0 for what the rules say. */
  readonly cap: number;
}

/** A question in SQL, with what its numbers are read by. */
export interface UpliftSql {
  readonly sql: string;
  readonly bounds: PersonBounds;
  readonly hasSquares: boolean;
}

/** The released column of the n-th segment column. */
export function segmentName(index: number): string {
  return `segment_${index}`;
}

/**
 * The one question that a measurement of uplift asks: persons, outcome and, of amounts, its squares, by segment and arm.
 *
 * The outcome is first made one number a person (or a person and segment), held within bounds, so that whoever comes
 * often counts no more than declared. Persons without a row are kept, as an arm that made nobody come is a result too.
 */
export function upliftSql(asked: UpliftQuestion): UpliftSql {
  const { outcomeColumn, segmentColumns } = asked;
  const isRowed = outcomeColumn === null;
  const bounds = isRowed ? { low: 0, high: 1 } : personBounds(asked.outcome.view, outcomeColumn, asked.cap);
  const hasSquares = !isShare(bounds);
  const keys = [...segmentColumns.map((_, index) => segmentName(index)), 'arm'];
  const numbers = [
    `count(distinct a.${PERSON}) as persons`,
    `${totalOf(asked, bounds)} as total`,
    ...(hasSquares ? [`sum(${squareText('o.y', bounds)}) as squares`] : []),
  ];
  const sql = `with assigned as (${assignedSql(asked)}),
outcome as (${outcomeSql(asked, bounds)}),
measured as (
  select ${[...keys.map((key) => `a.${key}`), ...numbers].join(', ')}
  from assigned a ${asked.isKnownOnly ? 'join' : 'left join'} outcome o on ${matchOf(asked)}
  group by ${keys.map((key) => `a.${key}`).join(', ')}
)
select ${keys.map((key) => `cast(${key} as text) as ${key}`).join(', ')}, persons, total${hasSquares ? ', squares' : ''}
from measured order by ${keys.map((_, index) => index + 1).join(', ')}`;
  return { sql, bounds, hasSquares };
}

/** One row a person and group: a person that is listed twice in an arm is in it once. */
function assignedSql({ assignment, armColumn, segmentColumns }: UpliftQuestion): string {
  const columns = [
    `${personOf(assignment)} as ${PERSON}`,
    ...segmentColumns.map((column, index) => `${quoteName(column)} as ${segmentName(index)}`),
    `${quoteName(armColumn)} as arm`,
  ];
  const distinct = assignment.view.rules.rowsPerPerson > 1 ? 'distinct ' : '';
  return `select ${distinct}${columns.join(', ')} from ${quoteTable(assignment.view)}${whereOf(conditionsOf(assignment))}`;
}

function outcomeSql(asked: UpliftQuestion, bounds: PersonBounds): string {
  const { outcome, outcomeColumn, outcomeSegmentColumns } = asked;
  const keys = [
    `${personOf(outcome)} as ${PERSON}`,
    ...outcomeSegmentColumns.map((column, index) => `${quoteName(column)} as ${segmentName(index)}`),
  ];
  const from = `from ${quoteTable(outcome.view)}${whereOf(conditionsOf(outcome))}`;
  if (outcomeColumn === null) return `select distinct ${keys.join(', ')} ${from}`;
  const value = `${clampText(`sum(${quoteName(outcomeColumn)})`, bounds)} as y`;
  return `select ${keys.join(', ')}, ${value} ${from} group by ${keys.map((_, index) => index + 1).join(', ')}`;
}

/**
 * The outcome of a group. Where a person is in several groups, how many persons have one is bounded by one in each,
 * where a sum would be bounded by all of a person's rows in one: the same number for far less noise.
 */
function totalOf(asked: UpliftQuestion, bounds: PersonBounds): string {
  if (asked.outcomeColumn === null) return `count(distinct o.${PERSON})`;
  if (!isShare(bounds) || asked.assignment.view.rules.rowsPerPerson === 1) return 'sum(o.y)';
  return `count(distinct a.${PERSON}) filter (where o.y > 0)`;
}

function matchOf({ outcomeSegmentColumns }: UpliftQuestion): string {
  const segments = outcomeSegmentColumns.map((_, index) => `o.${segmentName(index)} = a.${segmentName(index)}`);
  return [`o.${PERSON} = a.${PERSON}`, ...segments].join(' and ');
}
