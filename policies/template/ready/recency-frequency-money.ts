import { amount, asOf, day, eventCount, events, person, wholeDays } from './parameters.ts';

function money(name: string, meaning: string, standard: number) {
  return { name, kind: 'number', min: 0, max: 999_999_999, digits: 2, default: standard, meaning };
}

const parameters = [
  events,
  person,
  day,
  amount,
  asOf,
  wholeDays('window_days', 'how many days before the day count', 365),
  wholeDays('recent_days', 'within how many days the last purchase is `recent`', 30),
  wholeDays('past_days', 'within how many days it is `past`; before that `long-ago`', 120),
  eventCount('again_count', 'from how many purchases on somebody buys `again`', 2),
  eventCount('often_count', 'from how many on `often`', 5),
  money('middle_amount', 'from what sum on somebody spends `middle`', 100),
  money('high_amount', 'from what sum on `high`', 500),
];

const grades = [
  'with buyers as (',
  '  select e.{{person}} as person, max(e.{{day}}) as last_day, count(*) as purchases, sum(e.{{amount}}) as paid',
  '  from {{events}} e',
  '  where e.{{day}} < {{as_of}} + interval 1 day',
  '    and e.{{day}} >= {{as_of}} + interval 1 day - interval {{window_days}} day',
  '  group by e.{{person}})',
];
const recency = [
  "case when b.last_day >= {{as_of}} + interval 1 day - interval {{recent_days}} day then 'recent'",
  "     when b.last_day >= {{as_of}} + interval 1 day - interval {{past_days}} day then 'past' else 'long-ago' end",
];
const frequency = [
  "case when b.purchases >= {{often_count}} then 'often'",
  "     when b.purchases >= {{again_count}} then 'again' else 'once' end",
];
const value = [
  "case when b.paid >= {{high_amount}} then 'high'",
  "     when b.paid >= {{middle_amount}} then 'middle' else 'low' end",
];

function grade(name: string, values: readonly string[]) {
  return { name, kind: 'list', of: 'text', items: { values }, maxItems: 3, default: values, meaning: `which ${name}` };
}

/** Recency, frequency and money: 27 cells, each with its persons, and the audience of some. */
export const recencyFrequencyMoney = [
  {
    galleyTemplate: 1,
    name: 'rfm/grid',
    version: '1.0',
    kind: 'sql',
    title: 'Persons by recency, frequency and money',
    meaning: 'How many buyers are in each of the 27 cells of recency, frequency and money. All cells show.',
    epsilon: 0.5,
    parameters,
    sql: [
      ...grades,
      'select',
      ...recency,
      'as recency,',
      ...frequency,
      'as frequency,',
      ...value,
      'as money, count(distinct b.person) as persons',
      'from buyers b group by 1, 2, 3',
    ],
  },
  {
    galleyTemplate: 1,
    name: 'rfm/audience',
    version: '1.0',
    kind: 'audience',
    title: 'The persons of cells of recency, frequency and money',
    meaning: 'Whoever is in one of the named grades of all three. A grade that is not named takes all.',
    parameters: [
      ...parameters,
      grade('recency', ['recent', 'past', 'long-ago']),
      grade('frequency', ['often', 'again', 'once']),
      grade('money', ['high', 'middle', 'low']),
    ],
    sql: [
      ...grades,
      'select b.person from buyers b where',
      ...recency,
      'in {{recency}} and',
      ...frequency,
      'in {{frequency}} and',
      ...value,
      'in {{money}}',
    ],
  },
];
