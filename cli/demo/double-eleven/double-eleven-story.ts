import { join } from 'node:path';
import { startProgress } from '../../render/index.ts';
import type { Story, StoryTable } from '../story.ts';
import type { Market } from './people.ts';
import { eventRows, memberRows, orderRows, profileRows } from './rows.ts';
import { eventRules, memberRules, orderRules, profileRules } from './rules.ts';
import { findSaleVisitors } from './visitors.ts';
import { writeRows } from './write-rows.ts';

// How many rows a file will have, for its progress bar: rows a person, near enough.
const makers = {
  profile: { rows: profileRows, rowsPerPerson: 1 },
  events: { rows: eventRows, rowsPerPerson: 6.25 },
  members: { rows: memberRows, rowsPerPerson: 0.5 },
  orders: { rows: orderRows, rowsPerPerson: 0.635 },
} as const;

/**
 * The story on made-up data: a sale on 11 November, before which a brand sent its members a coupon, a gift or nothing.
 */
export function doubleElevenStory(market: Market, directory: string): Story {
  return {
    title: `Double 11: coupon, gift or nothing? (made-up data, ${market.people.toLocaleString('en-US')} people, seed ${market.seed})`,
    background:
      'Before the sale of 11 November the brand sent its members, by lot, a coupon, a gift or nothing. The brand knows who got what; only the platform knows who came and bought.',
    tables: tablesIn(directory, market),
    matchSql: `select count(distinct m.email) as persons
from chenxi.members m
join jiufang.profile p on m.email = p.email`,
    questionText:
      'How many members got a coupon, a gift or nothing, how often did they visit and buy, and what did they spend?',
    questionSql: `select m.arm,
       count(distinct m.email) as persons,
       sum(e.visit) as visits,
       sum(e.purchase) as conversions,
       sum(e.spend) as spend
from chenxi.members m
join jiufang.events e on m.email = e.email
group by m.arm
order by m.arm`,
    questionEpsilon: 2,
    moneyUnit: 'yuan',
    forbidden: [
      {
        wish: 'the addresses of everybody who bought',
        sql: `select m.email, e.spend
from chenxi.members m
join jiufang.events e on m.email = e.email
where e.kind = 'purchase'`,
      },
      {
        wish: 'the result by the size of the city, which the platform lets nobody group by',
        sql: `select p.city_tier, count(distinct m.email) as persons
from chenxi.members m
join jiufang.profile p on m.email = p.email
group by p.city_tier`,
      },
    ],
    audience: {
      name: 'filled-a-cart',
      who: 'members who were sent nothing and put something into their cart',
      sql: `select m.email
from chenxi.members m
join jiufang.events e on m.email = e.email
where m.arm = 'control' and e.kind = 'cart'`,
    },
    content: { default: 'Welcome to Double 11', forAudience: 'Your cart is waiting: free delivery today' },
    prepare: () => writeFiles(directory, market),
    findVisitors: async () => findSaleVisitors(market),
  };
}

function tablesIn(directory: string, market: Market): StoryTable[] {
  // One member in five hundred has no usable address; one row in a hundred is what the brand tolerates.
  const maxRejects = Math.ceil(market.people / 200);
  const table = (
    owner: StoryTable['owner'],
    alias: keyof typeof makers,
    what: string,
    columns: readonly string[],
    rules: object,
  ): StoryTable => ({ owner, alias, what, columns, rules, path: join(directory, `${alias}.csv`), maxRejects });
  return [
    table(
      'platform',
      'profile',
      'profile: age, city, gender',
      ['email:email', 'age_band:text', 'city_tier:text', 'gender:text'],
      profileRules,
    ),
    table(
      'platform',
      'events',
      'events: visits, carts, purchases over 60 days',
      [
        'email:email',
        'event_at:timestamp',
        'kind:text',
        'category:text',
        'visit:integer',
        'purchase:integer',
        'spend:decimal(2)',
      ],
      eventRules,
    ),
    table(
      'brand',
      'members',
      'members: what each was sent',
      ['email:email', 'arm:text', 'tier:text', 'joined:date'],
      memberRules,
    ),
    table(
      'brand',
      'orders',
      "orders: purchases in the brand's own shops",
      ['email:email', 'store:text', 'order_date:date', 'amount:decimal(2)'],
      orderRules,
    ),
  ];
}

async function writeFiles(directory: string, market: Market): Promise<void> {
  for (const [alias, { rows, rowsPerPerson }] of Object.entries(makers)) {
    const progress = startProgress(`making ${alias}`.padEnd(18), market.people * rowsPerPerson, 'rows');
    await writeRows(join(directory, `${alias}.csv`), rows(market), progress.advance);
    progress.finish();
  }
}
