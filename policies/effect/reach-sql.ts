import { conditionsOf, type EffectTable, PERSON, personOf, quoteName, quoteTable, whereOf } from './effect-sql.ts';

/** How many persons were reached, and how often. */
export interface ReachQuestion {
  readonly exposures: EffectTable;
  /** `null` for everybody together. */
  readonly segmentColumn: string | null;
  readonly maxFrequency: number;
}

/** The released column of persons with so many exposures. */
export function frequencyName(frequency: number): string {
  return `frequency_${frequency}`;
}

/**
 * The one question that a measurement of reach asks: persons, their exposures, and persons by number of exposures.
 *
 * Persons by number stand beside each other, not in groups of their own: a frequency of few persons would be a group too
 * small to be shown, and what is not shown is missing from the sum.
 */
export function reachSql({ exposures, segmentColumn, maxFrequency }: ReachQuestion): string {
  const segments = segmentColumn === null ? [] : [`${quoteName(segmentColumn)} as segment`];
  const frequencies = Array.from({ length: maxFrequency }, (_, index) => {
    const compared = index + 1 === maxFrequency ? '>=' : '=';
    return `count(distinct e.${PERSON}) filter (where e.times ${compared} ${index + 1}) as ${frequencyName(index + 1)}`;
  });
  const keys = [`${personOf(exposures)} as ${PERSON}`, ...segments];
  const numbers = [`count(distinct e.${PERSON}) as persons`, 'sum(e.times) as times', ...frequencies];
  const measured = `select ${[...segments.map(() => 'e.segment'), ...numbers].join(', ')} from exposed e`;
  const counted = `with exposed as (
  select ${keys.join(', ')}, clamp(count(*), 0, ${maxFrequency}) as times
  from ${quoteTable(exposures.view)}${whereOf(conditionsOf(exposures))} group by ${keys.map((_, i) => i + 1).join(', ')}
)`;
  if (segmentColumn === null) return `${counted}\n${measured}`;
  const released = ['persons', 'times', ...frequencies.map((_, index) => frequencyName(index + 1))];
  return `${counted},
measured as (${measured} group by e.segment)
select cast(segment as text) as segment, ${released.join(', ')} from measured order by 1`;
}
