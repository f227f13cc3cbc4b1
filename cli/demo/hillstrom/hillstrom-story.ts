import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Story } from '../story.ts';
import { campaignRules, customerRules, outcomeRules } from './rules.ts';
import { findHillstromVisitors } from './visitors.ts';

const files = {
  customers: 'hillstrom_platform_customers.csv.gz',
  outcomes: 'hillstrom_platform_outcomes.csv.gz',
  campaign: 'hillstrom_brand_campaign.csv.gz',
};

/**
 * The story on real data: Kevin Hillstrom's e-mail experiment of 64,000 customers, dealt out to a platform and a brand.
 */
export function hillstromStory(directory: string): Story {
  const path = (name: keyof typeof files): string => join(directory, files[name]);
  return {
    title: 'Which e-mail sold more? The Hillstrom experiment, on real data',
    background:
      "Three lots of customers got an e-mail with men's goods, one with women's goods, or none. The brand knows who got which; only the platform knows who visited and bought afterwards.",
    tables: [
      {
        owner: 'platform',
        alias: 'customers',
        what: 'customers: where they live, how they buy',
        columns: [
          'email:email',
          'recency_months:integer',
          'history_segment:text',
          'history_usd:decimal(2)',
          'zip_code:text',
          'newbie:integer',
          'channel:text',
        ],
        rules: customerRules,
        path: path('customers'),
        maxRejects: 0,
      },
      {
        owner: 'platform',
        alias: 'outcomes',
        what: 'outcomes: visits, purchases, spend in two weeks',
        columns: ['email:email', 'visit:integer', 'conversion:integer', 'spend_usd:decimal(2)'],
        rules: outcomeRules,
        path: path('outcomes'),
        maxRejects: 0,
      },
      {
        owner: 'brand',
        alias: 'campaign',
        what: 'campaign: which e-mail each customer got',
        columns: ['email:email', 'arm:text', 'bought_mens:integer', 'bought_womens:integer'],
        rules: campaignRules,
        path: path('campaign'),
        maxRejects: 0,
      },
    ],
    matchSql: `select count(distinct c.email) as persons
from chenxi.campaign c
join jiufang.outcomes o on c.email = o.email`,
    questionText: 'How many people got each e-mail, how many of them visited and bought, and what did they spend?',
    questionSql: `select c.arm,
       count(distinct c.email) as persons,
       sum(o.visit) as visits,
       sum(o.conversion) as conversions,
       sum(o.spend_usd) as spend
from chenxi.campaign c
join jiufang.outcomes o on c.email = o.email
group by c.arm
order by c.arm`,
    questionEpsilon: 2,
    moneyUnit: 'dollars',
    forbidden: [
      {
        wish: 'the addresses of everybody who bought',
        sql: `select c.email, o.spend_usd
from chenxi.campaign c
join jiufang.outcomes o on c.email = o.email
where o.conversion = 1`,
      },
      {
        wish: 'the result by the kind of place people live in, which the platform lets nobody group by',
        sql: `select k.zip_code, count(distinct c.email) as persons
from chenxi.campaign c
join jiufang.customers k on c.email = k.email
group by k.zip_code`,
      },
    ],
    audience: {
      name: 'looked-but-did-not-buy',
      who: "people who got the women's e-mail, visited, and did not buy",
      sql: `select c.email
from chenxi.campaign c
join jiufang.outcomes o on c.email = o.email
where c.arm = 'womens_email' and o.visit = 1 and o.conversion = 0`,
    },
    content: { default: "This week's new arrivals", forAudience: 'Welcome back: 15 percent off what you looked at' },
    prepare: async () => {
      const missing = Object.values(files).filter((name) => !existsSync(join(directory, name)));
      if (missing.length > 0) throw new Error(`the directory \`${directory}\` does not hold ${missing.join(', ')}`);
    },
    findVisitors: () => findHillstromVisitors(path('campaign'), path('outcomes')),
  };
}
