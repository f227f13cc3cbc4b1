// Texts of SQL that nobody thought of: golden questions spoiled at random, and questions of a grammar far beyond ours.
// Whatever comes in, the verdict is an answer: of the closed catalogue, the same each time, in words that were
// submitted or are ours, at a place in the text. And what is accepted runs, over data that breaks every declaration,
// with and without the person who breaks them.
import { beforeAll, describe, it } from 'vitest';
import { parseSql } from '../support/engine.ts';
import { goldenQuestions } from '../support/golden-questions.ts';
import { complaintOnRun, loadTinyTables } from './accepted-invariants.ts';
import { type Campaign, runCampaign, withoutParts } from './campaign.ts';
import { campaignSeed } from './choices.ts';
import { SqlGrammar } from './sql-grammar.ts';
import { mutatedSql, tokensOf } from './sql-mutations.ts';
import { verdictsOn } from './verdict-invariants.ts';

const corpus = [...goldenQuestions('allow'), ...goldenQuestions('allow'), ...goldenQuestions('deny')].map(tokensOf);
const LONG_MS = 3_600_000;

const texts: Pick<Campaign<string>, 'examine' | 'smaller' | 'print'> = {
  async examine(sql) {
    const { question, complaint } = verdictsOn(sql, await parseSql(sql));
    if (complaint !== null) return complaint;
    return question.ok ? await complaintOnRun(question.value) : null;
  },
  *smaller(sql) {
    for (const tokens of withoutParts(tokensOf(sql))) yield tokens.join('');
  },
  print: (sql) => JSON.stringify(sql),
};

beforeAll(loadTinyTables);

describe('any text', () => {
  it(
    `has one verdict when it is a golden question, spoiled (seed ${campaignSeed})`,
    async () => {
      const draw: Campaign<string>['draw'] = (choices) => mutatedSql(choices, corpus);
      await runCampaign({
        name: 'spoiled text',
        commitCount: 600,
        shortCount: 3_000,
        longCount: 70_000,
        draw,
        ...texts,
      });
    },
    LONG_MS,
  );

  it(
    `has one verdict when it is a question of the whole grammar (seed ${campaignSeed})`,
    async () => {
      const draw: Campaign<string>['draw'] = (choices) => new SqlGrammar(choices).question();
      await runCampaign({
        name: 'made text',
        commitCount: 400,
        shortCount: 2_000,
        longCount: 30_000,
        draw,
        ...texts,
      });
    },
    LONG_MS,
  );
});
