import { randomUUID } from 'node:crypto';
import { type privacy, queries } from '../../proto/index.ts';
import { renderExplanation } from '../commands/index.ts';
import {
  formatNumber,
  intervalOf,
  type ReleaseRows,
  readReleaseRows,
  renderRelease,
  renderTable,
} from '../render/index.ts';
import { cast } from './cast.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';
import type { Story } from './story.ts';
import type { ToldBudget, ToldGroup, ToldQuestion } from './told.ts';

// How many people match is worth a glimpse, not a share of the budget.
const matchEpsilon = 0.1;

/** Builds a question as the service provider asks it for the brand. */
export function questionOf(collaborationId: string, sql: string, epsilon: number): queries.Question {
  const mode = queries.ReleaseMode.PRIVATE;
  return { collaborationId, sql, epsilon, onBehalfOf: cast.brand.member, omitIntervals: false, mode };
}

/** Asks how many people both sides know. */
export async function askForMatch(
  stage: Stage,
  story: Story,
  narrator: Narrator,
  collaborationId: string,
): Promise<void> {
  narrator.part('How many people do both sides know?');
  const { release } = await answer(stage, questionOf(collaborationId, story.matchSql, matchEpsilon));
  const [row] = release.rows;
  const interval = row === undefined ? undefined : intervalOf(row, 'persons');
  const bounds =
    interval === undefined
      ? ''
      : ` Ninety-five times in a hundred the exact number lies between ${formatNumber(interval[0])} and ${formatNumber(interval[1])}.`;
  narrator.say(`About ${formatNumber(Number(row?.persons ?? 0))}.${bounds}`);
  narrator.say(
    'Even this number is protected: a little chance is added to it, so that whether any one person is in it cannot be told from it.',
  );
}

/** Asks the question of the story: its price first, then its answer. */
export async function askTheQuestion(
  stage: Stage,
  story: Story,
  narrator: Narrator,
  collaborationId: string,
): Promise<{ question: ToldQuestion; budget: ToldBudget }> {
  narrator.part('The question');
  narrator.say(story.questionText);
  narrator.block(story.questionSql);
  const question = questionOf(collaborationId, story.questionSql, story.questionEpsilon);
  const explanation = await stage.clients.isv.queries.explain(question);
  narrator.say('Before anything is spent, Galley says what the answer will cost and how exact it will be:');
  narrator.block(renderExplanation(story.questionSql, explanation));
  narrator.say(
    'Epsilon is the unit of the privacy budget: the smaller, the less an answer can reveal about anybody, and the wider its error bars.',
  );

  const before = await stage.clients.brand.collaborations.budget(collaborationId);
  const { query, release } = await answer(stage, question);
  const budget = tightest(before, await stage.clients.brand.collaborations.budget(collaborationId));

  narrator.part('The answer');
  narrator.block(renderRelease(release));
  narrator.say(
    "In brackets: where the exact value lies, 95 times in 100; what is beyond an owner's bounds was cut to the bounds first. So, for each hundred people, roughly:",
  );
  const groups = release.rows.map(toGroup);
  narrator.block(renderRates(groups, story.moneyUnit));
  narrator.say(
    `It cost epsilon ${formatNumber(query.charged?.epsilon ?? 0, 3)}. The tightest account had ${formatNumber(budget.before, 3)} left before and has ${formatNumber(budget.after, 3)} now; at nothing left, every question is refused. The same question again costs nothing: the same answer is given.`,
  );
  const { epsilon = 0, delta = 0 } = query.charged ?? {};
  return { question: { sql: story.questionSql, epsilon, delta, groups }, budget };
}

async function answer(
  { clients }: Stage,
  question: queries.Question,
): Promise<{ query: queries.Query; release: ReleaseRows }> {
  const query = await clients.isv.queries.submit(question, randomUUID());
  return { query, release: readReleaseRows(await clients.isv.queries.readRelease(query.queryId)) };
}

function toGroup(row: ReleaseRows['rows'][number]): ToldGroup {
  const of = (column: string): number => Number(row[column] ?? 0);
  const ends = (column: string) => intervalOf(row, column) ?? null;
  return {
    arm: String(row.arm),
    persons: of('persons'),
    visits: of('visits'),
    conversions: of('conversions'),
    spend: of('spend'),
    ci95: { persons: ends('persons'), visits: ends('visits'), conversions: ends('conversions'), spend: ends('spend') },
  };
}

// Ratios of released numbers: what is made of an answer afterwards costs nothing.
function renderRates(groups: readonly ToldGroup[], moneyUnit: string): string {
  const per100 = (value: number, { persons }: ToldGroup): string => formatNumber((100 * value) / Math.max(persons, 1));
  return renderTable(
    ['arm', 'visits', 'purchases', `spend in ${moneyUnit}`],
    groups.map((group) => [
      group.arm,
      per100(group.visits, group),
      per100(group.conversions, group),
      per100(group.spend, group),
    ]),
  );
}

function tightest(before: readonly privacy.BudgetAccount[], after: readonly privacy.BudgetAccount[]): ToldBudget {
  const [now] = after.toSorted((one, other) => one.remainingEpsilon - other.remainingEpsilon);
  const then = before.find((account) => account.level === now?.level && account.account === now.account);
  if (now === undefined || then === undefined) throw new Error('the service named no account that was charged');
  return { before: then.remainingEpsilon, after: now.remainingEpsilon };
}
