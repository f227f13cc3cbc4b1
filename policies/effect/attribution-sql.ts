import {
  clampText,
  conditionsOf,
  type EffectTable,
  PERSON,
  personOf,
  quoteName,
  quoteTable,
  rowBounds,
  whereOf,
} from './effect-sql.ts';

/** Which touch before a conversion is given it. */
export type AttributionModel = 'last' | 'first' | 'linear';

/** Which channel is given the conversions. */
export interface AttributionQuestion {
  readonly touches: EffectTable;
  readonly channelColumn: string;
  readonly touchTimeColumn: string;
  readonly conversions: EffectTable;
  readonly conversionTimeColumn: string;
  /** `null` to count conversions. */
  readonly valueColumn: string | null;
  readonly model: AttributionModel;
  /** Only touches at most so many days before; 0 for all. */
  readonly withinDays: number;
  /** Most that one conversion counts; 0 for what the rules say. */
  readonly cap: number;
}

/**
 * The one question that an attribution asks: credit by channel.
 *
 * A person's first conversion and its own touches before it decide: whose touch came last is never compared between
 * persons. With the linear model a person's shares add up to one conversion, whatever the number of its touches.
 */
export function attributionSql(asked: AttributionQuestion): string {
  const touched = asked.model === 'linear' ? linearSql(asked) : oneTouchSql(asked);
  return `with converted as (${convertedSql(asked)}),
${touched}
select cast(channel as text) as channel, credit from credited order by 1`;
}

function convertedSql({ conversions, conversionTimeColumn, valueColumn }: AttributionQuestion): string {
  const time = quoteName(conversionTimeColumn);
  const value = valueColumn === null ? '' : `, min_by(${quoteName(valueColumn)}, ${time}) as value`;
  const from = `${quoteTable(conversions.view)}${whereOf(conditionsOf(conversions))}`;
  return `select ${personOf(conversions)} as ${PERSON}, min(${time}) as converted_at${value} from ${from} group by 1`;
}

/** The touches of those who converted, before they did. */
function touchesSql({ touches, touchTimeColumn, withinDays }: AttributionQuestion): string {
  const time = `t.${quoteName(touchTimeColumn)}`;
  const conditions = [
    `${time} <= c.converted_at`,
    ...(withinDays === 0 ? [] : [`${time} >= c.converted_at - interval ${withinDays} day`]),
    ...conditionsOf(touches, 't.'),
  ];
  return `from converted c join ${quoteTable(touches.view)} t on t.${personOf(touches)} = c.${PERSON}${whereOf(conditions)}`;
}

function oneTouchSql(asked: AttributionQuestion): string {
  const [channel, time] = [quoteName(asked.channelColumn), quoteName(asked.touchTimeColumn)];
  const picked = `${asked.model === 'last' ? 'max_by' : 'min_by'}(t.${channel}, t.${time}) as channel`;
  const value = asked.valueColumn === null ? '' : `, ${valueText(asked, 'max(c.value)')} as value`;
  const credit = asked.valueColumn === null ? `count(distinct g.${PERSON})` : 'sum(g.value)';
  return `given as (select c.${PERSON} as ${PERSON}, ${picked}${value} ${touchesSql(asked)} group by 1),
credited as (select g.channel, ${credit} as credit from given g group by g.channel)`;
}

function linearSql(asked: AttributionQuestion): string {
  const value = asked.valueColumn === null ? '' : `, ${valueText(asked, 'max(c.value)')} as value`;
  const share = 'clamp(1.0 * g.times / a.times, 0, 1)';
  const credit = asked.valueColumn === null ? share : valueText(asked, 'g.value * g.times / a.times');
  const channel = `t.${quoteName(asked.channelColumn)} as channel`;
  return `given as (
  select c.${PERSON} as ${PERSON}, ${channel}, count(*) as times${value} ${touchesSql(asked)} group by 1, 2
),
everything as (select c.${PERSON} as ${PERSON}, count(*) as times ${touchesSql(asked)} group by 1),
credited as (
  select g.channel, sum(${credit}) as credit
  from given g join everything a on a.${PERSON} = g.${PERSON} group by g.channel
)`;
}

function valueText({ conversions, valueColumn, cap }: AttributionQuestion, value: string): string {
  return clampText(value, rowBounds(conversions.view, valueColumn ?? '', cap));
}
