// docs/violations.md shows one refusal of each rule as it is. GALLEY_UPDATE=1 writes the examples anew; read the
// difference before keeping it.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSql } from '../../test/support/engine.ts';
import { assertAllows, assertAllowsAudience } from '../../test/support/policy-assertions.ts';
import { type AskedWith, type Refused, refusalInWords, refusalWithRewrite } from '../../test/support/refused.ts';
import { campaign, events, outcomes, tables } from '../../test/support/tables.ts';
import {
  checkAudience,
  checkAudienceSize,
  checkDestination,
  type DestinationFacts,
  refuseUnsound,
  type ViolationRule,
} from '../index.ts';
import { checkHistory } from '../threshold/check-threshold.ts';
import { violationCatalogue } from './catalogue.ts';

/** A question that breaks one rule, and what the engine says of it. */
interface Example {
  readonly sql: string;
  /** What the question is asked with, where the SQL does not tell. */
  readonly asked?: string;
  readonly refused: () => Promise<Refused>;
}

const question = (sql: string, asked?: string, options: AskedWith = {}): Example => ({
  sql,
  ...(asked === undefined ? {} : { asked }),
  refused: () => refusalWithRewrite(sql, options),
});

const alone = (violations: Refused['violations']): Refused => ({ violations, passing: null });

const audience = (sql: string): Example => ({
  sql,
  refused: async () => {
    const read = await readSql(sql);
    const checked = read.ok ? checkAudience(read.value, tables) : read;
    return alone(checked.ok ? [] : checked.violations);
  },
});

const terms = {
  purpose: 'shop-front',
  minSize: 0,
  allowedMembers: [],
  approvedBy: ['market', 'brand'],
  isClosed: false,
};
const shopFront: DestinationFacts = { destination: 'shop-front', owner: 'market', identifier: 'email', terms };
const publication = { audienceOwner: 'brand', blurEpsilon: null };

const sent = (sql: string, to: DestinationFacts = shopFront, where = '', views = tables): Example => ({
  sql,
  asked: `activated to \`${to.owner}/${to.destination}\`${where}`,
  refused: async () => alone(checkDestination(await assertAllowsAudience(sql, views), to, publication)),
});

/** The outcomes, where their owner says more of audiences. */
const saying = (rule: { purposes?: readonly ['feed']; blurred?: { epsilon: number; total?: number } }) => {
  const audienceRule = outcomes.rules.audience;
  if (audienceRule === null) throw new Error('the table is in no audience');
  return [{ ...outcomes, rules: { ...outcomes.rules, audience: { ...audienceRule, ...rule } } }];
};

const busy = { ...events, rules: { ...events.rules, rowsPerPerson: 200 } };
const visitors = 'select email from market.outcomes where visit = 1';
const perZip = 'select zip, count(*) from market.outcomes group by zip';

const examples: Readonly<Record<ViolationRule, Example>> = {
  'statement-is-one-select': question('select zip， count(*) from market.outcomes group by zip'),
  'syntax-is-known': question('select count(*) from market.outcomes tablesample 10%'),
  'table-is-bound': question('select count(*) from outcomes'),
  'column-is-known': question('select zip, sum(spnd) from market.outcomes group by zip'),
  'types-match': question('select count(*) from market.outcomes where zip > 10'),
  'function-is-permitted': question("select count(*) from market.outcomes where starts_wiht(zip, '1')"),
  'join-uses-match-key': question(
    'select c.arm, count(*)\nfrom market.outcomes o join brand.campaign c on o.zip = c.arm\ngroup by c.arm',
  ),
  'join-is-bounded': question(
    'select count(*) from market.events a join market.events b using (email) join market.events c using (email)',
    'where a person may have 200 events',
    { tables: [busy] },
  ),
  'identity-stays-inside': question('select email from market.outcomes where visit = 1'),
  'output-is-aggregated': question('select zip, visit from market.outcomes'),
  'group-key-is-permitted': question(
    'select zip, secret_score, count(*) from market.outcomes group by zip, secret_score',
  ),
  'filter-is-permitted': question('select count(*) from market.outcomes where visit = 1 and secret_score > 700'),
  'measure-is-permitted': question('select sum(clamp(secret_score, 0, 9)) from market.outcomes'),
  'aggregate-is-permitted': question('select list(zip) from market.outcomes'),
  'sum-is-bounded': question('select zip, sum(spend / visit) from market.outcomes group by zip'),
  'limit-is-after-release': question('select count(*) from (select email from market.outcomes limit 5) s'),
  'released-query-is-sound': {
    sql: 'select levenshtein(n, 2) from (select count(*) as n from market.outcomes) s',
    refused: async () =>
      alone([refuseUnsound('select levenshtein(n, 2) from (select count(*) as n from market.outcomes) s')]),
  },
  'epsilon-is-permitted': question(perZip, 'with an epsilon of 6', { epsilon: 6 }),
  'threshold-is-permitted': question('select arm, count(*) from brand.campaign group by arm', 'in threshold mode', {
    mode: 'threshold',
    epsilon: 0,
    tables: [{ ...campaign, rules: { ...campaign.rules, threshold: null } }],
  }),
  'threshold-can-protect': question('select median(amount) from market.events', 'in threshold mode', {
    mode: 'threshold',
    epsilon: 0,
    tables: [{ ...events, rules: { ...events.rules, threshold: { stores: [] } as never } }],
  }),
  'threshold-history-is-bounded': {
    sql: perZip,
    asked: 'in threshold mode, after 32 others',
    refused: async () => alone(checkHistory(await assertAllows(perZip), { earlier: 32, maximum: 32 })),
  },
  'audience-selects-persons': audience('select email, visit from market.outcomes'),
  'audience-column-is-permitted': audience("select email from market.outcomes where zip = '10'"),
  'audience-is-large-enough': {
    sql: visitors,
    asked: 'of a protected size of 90',
    refused: async () => alone(checkAudienceSize(await assertAllowsAudience(visitors), 90n, shopFront)),
  },
  'destination-is-permitted': sent(visitors, { ...shopFront, destination: 'feed' }),
  'destination-knows-the-person': sent("select email from brand.campaign where arm = 'gift'"),
  'destination-is-open': sent(visitors, { ...shopFront, terms: { ...terms, isClosed: true } }, ', which is closed'),
  'destination-is-approved': sent(
    visitors,
    { ...shopFront, terms: { ...terms, approvedBy: ['market'] } },
    ' for `brand`, which has not approved it',
  ),
  'destination-takes-the-member': sent(
    visitors,
    { ...shopFront, terms: { ...terms, allowedMembers: ['market'] } },
    ' for `brand`, where its terms name `market` alone',
  ),
  'purpose-is-permitted': sent(visitors, shopFront, ', where the owner permits feeds', saying({ purposes: ['feed'] })),
  'audience-is-blurred': sent(
    visitors,
    shopFront,
    ' as it is, where the owner demands blurred audiences',
    saying({ blurred: { epsilon: 2 } }),
  ),
  'blur-is-left': {
    sql: visitors,
    asked: 'activated to `market/shop-front` with `--blur 2`, where the owner permits a total of 5 and others took 4',
    refused: async () => {
      const checked = await assertAllowsAudience(visitors, saying({ blurred: { epsilon: 2, total: 5 } }));
      const blurSpent = checked.tables.map(({ view: { datasetId } }) => ({ datasetId, epsilon: 4 }));
      return alone(checkDestination(checked, shopFront, { ...publication, blurEpsilon: 2, blurSpent }));
    },
  },
};

const page = new URL('../../docs/violations.md', import.meta.url);
const BEGIN = '<!-- examples: written by GALLEY_UPDATE=1 from policies/check/violations-page.test.ts -->';

async function inPage(rule: string, { sql, asked, refused }: Example): Promise<string> {
  const how = asked === undefined ? '' : `${asked[0]?.toUpperCase()}${asked.slice(1)}:\n\n`;
  return `### ${rule}\n\n${how}\`\`\`sql\n${sql}\n\n${refusalInWords(sql, await refused())}\n\`\`\`\n`;
}

describe('the page of violations', () => {
  it.each(Object.entries(examples))(
    'shows for %s a question that breaks this rule and no other',
    async (rule, example) => {
      const { violations } = await example.refused();
      expect([...new Set(violations.map((v) => v.rule))]).toContain(rule);
      const others = violations.filter((v) => v.rule !== rule).map((v) => v.rule);
      // A bare row shows the person and its columns together.
      expect(others.filter((other) => !['identity-stays-inside', 'output-is-aggregated'].includes(other))).toEqual([]);
    },
  );

  it('shows one refusal of each rule, word for word, in the order of the catalogue', async () => {
    const rules = Object.keys(violationCatalogue) as ViolationRule[];
    const sections: string[] = [];
    for (const rule of rules) sections.push(await inPage(rule, examples[rule]));
    const text = readFileSync(page, 'utf8');
    const [head = ''] = text.split(BEGIN);
    const wanted = `${head.trimEnd()}\n\n${BEGIN}\n\n${sections.join('\n')}`;
    if (process.env.GALLEY_UPDATE === '1') writeFileSync(page, wanted);
    expect(readFileSync(page, 'utf8')).toBe(wanted);
  });
});
