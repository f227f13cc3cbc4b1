import { asOf, day, eventCount, events, person, wholeDays } from './parameters.ts';

function kinds(name: string, meaning: string) {
  return { name, kind: 'list', of: 'text', maxItems: 20, meaning };
}

const deed = {
  name: 'deed',
  kind: 'column',
  of: 'events',
  holds: 'text',
  meaning: 'what was done: seen, clicked, bought',
};
const parameters = [
  events,
  person,
  day,
  deed,
  kinds('aware_deeds', 'what makes somebody aware, as having been shown an advertisement'),
  kinds('interested_deeds', 'what makes somebody interested, as a click, a search or a full cart'),
  kinds('bought_deeds', 'what is a purchase'),
  wholeDays('aware_days', 'how long somebody stays aware or interested', 30),
  wholeDays('bought_days', 'how long somebody stays a buyer', 365),
  eventCount('loyal_count', 'from how many purchases on somebody is loyal', 3),
];

/** Counts of what somebody did before a day: `aware_x`, `interested_x` and `bought_x`. */
function deedsBefore(blank: string, suffix: string): readonly string[] {
  const end = `{{${blank}}} + interval 1 day`;
  const within = (days: string) => `e.{{day}} < ${end} and e.{{day}} >= ${end} - interval {{${days}}} day`;
  return [
    `count_if(e.{{deed}} in {{aware_deeds}} and ${within('aware_days')}) as aware${suffix},`,
    `count_if(e.{{deed}} in {{interested_deeds}} and ${within('aware_days')}) as interested${suffix},`,
    `count_if(e.{{deed}} in {{bought_deeds}} and ${within('bought_days')}) as bought${suffix}`,
  ];
}

function stage(suffix: string): readonly string[] {
  return [
    `case when p.bought${suffix} >= {{loyal_count}} then 'loyal' when p.bought${suffix} > 0 then 'purchased'`,
    `     when p.interested${suffix} > 0 then 'interested' when p.aware${suffix} > 0 then 'aware' else 'none' end`,
  ];
}

const until = {
  name: 'until',
  kind: 'date',
  meaning: 'the later day',
};

/** Aware, interested, purchased, loyal: how many are where, who moves where, and who is there. */
export const stagesOfInterest = [
  {
    galleyTemplate: 1,
    name: 'aipl/stages',
    version: '1.0',
    kind: 'sql',
    title: 'Persons by stage: aware, interested, purchased, loyal',
    meaning:
      'How many persons are in each stage on a day, each in the furthest. `none` has events, but none that count.',
    epsilon: 0.5,
    parameters: [...parameters, asOf],
    sql: [
      'with persons as (select e.{{person}} as person,',
      ...deedsBefore('as_of', ''),
      'from {{events}} e group by e.{{person}})',
      'select',
      ...stage(''),
      'as stage, count(distinct p.person) as persons from persons p group by 1',
    ],
  },
  {
    galleyTemplate: 1,
    name: 'aipl/flow',
    version: '1.0',
    kind: 'sql',
    title: 'The flow between stages from one day to another',
    meaning: 'How many persons went from each stage to each other between two days: 25 cells, all of which show.',
    epsilon: 0.5,
    parameters: [...parameters, { ...asOf, name: 'since', meaning: 'the earlier day' }, until],
    sql: [
      'with persons as (select e.{{person}} as person,',
      ...deedsBefore('since', '_before'),
      ',',
      ...deedsBefore('until', '_after'),
      'from {{events}} e group by e.{{person}})',
      'select',
      ...stage('_before'),
      'as stage_before,',
      ...stage('_after'),
      'as stage_after, count(distinct p.person) as persons from persons p group by 1, 2',
    ],
  },
  {
    galleyTemplate: 1,
    name: 'aipl/audience',
    version: '1.0',
    kind: 'audience',
    title: 'The persons of a stage: aware, interested, purchased, loyal',
    meaning: 'Whoever is in one of the named stages on a day, each in the furthest.',
    parameters: [
      ...parameters,
      asOf,
      {
        name: 'stages',
        kind: 'list',
        of: 'text',
        items: { values: ['aware', 'interested', 'purchased', 'loyal'] },
        maxItems: 4,
        meaning: 'which stages',
      },
    ],
    sql: [
      'with persons as (select e.{{person}} as person,',
      ...deedsBefore('as_of', ''),
      'from {{events}} e group by e.{{person}})',
      'select p.person from persons p where',
      ...stage(''),
      'in {{stages}}',
    ],
  },
];
