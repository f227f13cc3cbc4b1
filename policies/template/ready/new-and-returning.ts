import { category, day, events, person } from './parameters.ts';

const parameters = [
  events,
  person,
  day,
  category,
  { name: 'since', kind: 'date', meaning: 'the first day that is looked at' },
  { name: 'until', kind: 'date', meaning: 'the last day' },
];

const buyers = [
  'with buyers as (',
  '  select e.{{person}} as person, e.{{category}} as category, min(e.{{day}}) as first_day, max(e.{{day}}) as last_day',
  '  from {{events}} e where e.{{day}} < {{until}} + interval 1 day group by e.{{person}}, e.{{category}})',
];

/** New and returning buyers of each category: what speaks to the one does not speak to the other. */
export const newAndReturning = [
  {
    galleyTemplate: 1,
    name: 'new-and-returning/by-category',
    version: '1.0',
    kind: 'sql',
    title: 'New and returning buyers by category',
    meaning:
      'Who bought in a category between two days, and whether for the first time: counted in each category by itself, ' +
      'from the first event that the table has.',
    epsilon: 0.5,
    parameters,
    sql: [
      ...buyers,
      "select b.category, case when b.first_day >= {{since}} then 'new' else 'returning' end as buyers,",
      '  count(distinct b.person) as persons',
      'from buyers b where b.last_day >= {{since}} group by 1, 2',
    ],
  },
  {
    galleyTemplate: 1,
    name: 'new-and-returning/audience',
    version: '1.0',
    kind: 'audience',
    title: 'The new or the returning buyers of a category',
    meaning: 'Who bought in one category between two days, for the first time or again.',
    parameters: [
      ...parameters,
      { name: 'of', kind: 'text', meaning: 'which category' },
      { name: 'buyers', kind: 'text', values: ['new', 'returning'], meaning: 'the new or the returning' },
    ],
    sql: [
      ...buyers,
      'select b.person from buyers b where b.category = {{of}} and b.last_day >= {{since}}',
      "  and case when b.first_day >= {{since}} then 'new' else 'returning' end = {{buyers}}",
    ],
  },
];
