import {
  clampText,
  conditionsOf,
  type EffectTable,
  PERSON,
  type PersonBounds,
  personBounds,
  personOf,
  quoteName,
  quoteTable,
  quoteText,
  squareText,
  whereOf,
} from './effect-sql.ts';

/** A cohort by its first purchase, and the days after it that it is looked at. */
export interface CohortQuestion {
  readonly purchases: EffectTable;
  readonly dateColumn: string;
  readonly amountColumn: string;
  /** First and last day of the first purchase, `YYYY-MM-DD`. */
  readonly from: string;
  readonly to: string;
  readonly afterDays: readonly number[];
  /** Most that one person counts; 0 for what the rules say. */
  readonly cap: number;
}

/** The released columns of the n-th number of days. */
export function cohortNames(index: number): {
  readonly value: string;
  readonly squares: string;
  readonly again: string;
} {
  return { value: `value_${index}`, squares: `squares_${index}`, again: `again_${index}` };
}

/**
 * The one question that a measurement of a cohort asks: its persons, and for each number of days what they spent, its
 * squares, and how many bought again.
 *
 * First each person's first purchase, then what it spent by then, held within bounds: both are made of a person's own
 * rows, so that nobody else's purchase moves it into the cohort or out of it.
 */
export function cohortSql(asked: CohortQuestion): { readonly sql: string; readonly bounds: PersonBounds } {
  const { purchases, afterDays } = asked;
  const [day, amount] = [quoteName(asked.dateColumn), quoteName(asked.amountColumn)];
  const bounds = personBounds(purchases.view, asked.amountColumn, asked.cap);
  const table = quoteTable(purchases.view);
  const spent = afterDays.flatMap((days, index) => {
    const { value, again } = cohortNames(index);
    const within = `p.${day} <= f.first_day + interval ${days} day`;
    return [
      `${clampText(`sum(p.${amount}) filter (where ${within})`, bounds)} as ${value}`,
      `count(*) filter (where p.${day} > f.first_day and ${within}) as ${again}`,
    ];
  });
  const released = afterDays.flatMap((_, index) => {
    const { value, squares, again } = cohortNames(index);
    return [
      `sum(s.${value}) as ${value}`,
      `sum(${squareText(`s.${value}`, bounds)}) as ${squares}`,
      `count(distinct s.${PERSON}) filter (where s.${again} > 0) as ${again}`,
    ];
  });
  const joined = [
    `f.first_day between date ${quoteText(asked.from)} and date ${quoteText(asked.to)}`,
    ...conditionsOf(purchases, 'p.'),
  ];
  const sql = `with firsts as (
  select ${personOf(purchases)} as ${PERSON}, min(${day}) as first_day
  from ${table}${whereOf(conditionsOf(purchases))} group by 1
),
spent as (
  select f.${PERSON} as ${PERSON}, ${spent.join(',\n    ')}
  from firsts f join ${table} p on p.${personOf(purchases)} = f.${PERSON}${whereOf(joined)} group by 1
)
select count(distinct s.${PERSON}) as persons, ${released.join(', ')} from spent s`;
  return { sql, bounds };
}
