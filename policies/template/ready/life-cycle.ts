import { asOf, day, events, person, wholeDays } from './parameters.ts';

const parameters = [
  events,
  person,
  day,
  asOf,
  wholeDays('active_days', 'within how many days before the day somebody is active', 30),
  wholeDays('silent_days', 'within how many days somebody is silent: not active, and not long gone', 90),
  wholeDays('dormant_days', 'within how many days somebody is dormant; after that lost', 365),
];

/** What somebody is, by the days since the last event. */
const stage = [
  "case when l.last_day >= {{as_of}} + interval 1 day - interval {{active_days}} day then 'active'",
  "     when l.last_day >= {{as_of}} + interval 1 day - interval {{silent_days}} day then 'silent'",
  "     when l.last_day >= {{as_of}} + interval 1 day - interval {{dormant_days}} day then 'dormant'",
  "     else 'lost' end",
];
const lastSeen = [
  'with last_seen as (',
  '  select e.{{person}} as person, max(e.{{day}}) as last_day',
  '  from {{events}} e where e.{{day}} < {{as_of}} + interval 1 day group by e.{{person}})',
];

/** Life cycle: who was here lately, and for how long the others have not been. */
export const lifeCycle = [
  {
    galleyTemplate: 1,
    name: 'life-cycle/stages',
    version: '1.0',
    kind: 'sql',
    title: 'Persons by stage of their life cycle',
    meaning: 'How many persons are active, silent, dormant and lost on a day, by the days since their last event.',
    epsilon: 0.5,
    parameters,
    sql: [
      ...lastSeen,
      'select',
      ...stage,
      'as stage, count(distinct l.person) as persons',
      'from last_seen l group by 1',
    ],
  },
  {
    galleyTemplate: 1,
    name: 'life-cycle/audience',
    version: '1.0',
    kind: 'audience',
    title: 'The persons of a stage of the life cycle',
    meaning: 'Who is active, silent, dormant or lost on a day; of several stages, whoever is in one of them.',
    parameters: [
      ...parameters,
      {
        name: 'stages',
        kind: 'list',
        of: 'text',
        items: { values: ['active', 'silent', 'dormant', 'lost'] },
        maxItems: 4,
        meaning: 'which stages',
      },
    ],
    sql: [...lastSeen, 'select l.person from last_seen l where', ...stage, 'in {{stages}}'],
  },
];
