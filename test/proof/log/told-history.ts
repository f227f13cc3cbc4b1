import { randomUUID } from 'node:crypto';
import { queries } from '../../../proto/index.ts';
import { awaitErasure, named } from '../../support/demanded-rights.ts';
import { registerDestination } from '../../support/service-destinations.ts';
import { audienceName } from '../../support/service-engine.ts';
import { listOf, range, reportOf } from '../../support/service-matching.ts';
import { mailings } from '../../support/service-people.ts';
import { ask, joined, questionOf } from '../../support/service-questions.ts';
import { expectRefused } from '../../support/service-refusal.ts';
import { destinationId } from '../../support/service-rules.ts';
import type { ServiceStage } from '../../support/service-stage.ts';
import { setTable } from '../../support/service-table.ts';

/** What is decided in the history, as `about: decided`; once or more often. */
export const DECIDED = [
  'question: admitted',
  'question: refused',
  'question: budget-spent',
  'audience: admitted',
  'audience: refused',
  'audience-size: admitted',
  'audience-size: refused',
  'audience-size: budget-spent',
  'activation: admitted',
  'activation: refused',
  'match: admitted',
  'match: refused',
  'match: budget-spent',
] as const;

/** More than the consumer has left after everything that is admitted, and not more than owners permit in one question. */
const TOO_MUCH_EPSILON = 4.9;
const OVER_THE_LIMIT_EPSILON = 6;
/** An epsilon that no audience of some hundred persons can be held against a minimum with. */
const TOO_ROUGH_EPSILON = 0.01;

/** Persons on the list that stays with its owner. */
const LISTED_COUNT = 40;

/** A history with decisions of every kind, and what it erased. */
export interface ToldHistory {
  readonly collaborationId: string;
  /** Decisions whose record an erasure has removed. */
  readonly erasedCount: number;
}

/** Lets a platform and a brand do everything that is decided on; at the end a person is erased, with what named it. */
export async function tellHistory(stage: ServiceStage): Promise<ToldHistory> {
  const rules = { threshold: {} };
  const limits = { consumerEpsilon: 4, outcomesRules: rules, mailingsRules: rules };
  const { collaborationId } = await setTable(stage, limits);
  const victim = mailings[20]?.email ?? '';
  await askQuestions(stage, collaborationId, victim);
  await publishAudiences(stage, collaborationId, victim);
  await matchLists(stage, collaborationId);
  await spendTooMuch(stage, collaborationId);
  const { rights } = stage.as('brand');
  const erasing = await rights.erasePersons({ identifiers: named('email', victim), requestId: randomUUID() });
  await awaitErasure(stage, 'brand', erasing);
  return { collaborationId, erasedCount: 2 };
}

async function askQuestions(stage: ServiceStage, collaborationId: string, victim: string): Promise<void> {
  const cities = `select o.city, count(*) as n ${joined} where o.city <> '虹口' group by o.city`;
  await ask(stage, 'brand', collaborationId, cities);
  // A stored release answers it.
  await ask(stage, 'brand', collaborationId, cities);
  await ask(stage, 'brand', collaborationId, `select sum(auto_clamp(o.spend)) as s ${joined}`, { epsilon: 0.5 });
  const exactly = { mode: queries.ReleaseMode.THRESHOLD, epsilon: 0 };
  await ask(stage, 'brand', collaborationId, `select m.arm, count(*) as n ${joined} group by m.arm`, exactly);
  const refused = (sql: string, fields: Partial<queries.Question> = {}) =>
    expectRefused(
      stage.as('brand').queries.submit(questionOf(collaborationId, sql, fields), randomUUID()),
      'QUESTION_REFUSED',
    );
  await refused(`select m.email ${joined}`);
  await refused('select from where');
  await refused(`select count(*) as n ${joined}`, { epsilon: OVER_THE_LIMIT_EPSILON });
  await refused(`select count(*) as n ${joined} where m.email = '${victim}'`);
}

async function publishAudiences(stage: ServiceStage, collaborationId: string, victim: string): Promise<void> {
  const brand = stage.as('brand').audiences;
  const define = (sql: string) =>
    brand.define({
      definition: undefined,
      collaborationId,
      displayName: audienceName,
      sql,
      onBehalfOf: '',
      requestId: randomUUID(),
    });
  const activate = (audienceId: string) =>
    brand.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
  // Nobody listens there: a delivery is tried, and is no decision.
  await registerDestination(stage, { collaborationId, destinationId, terms: { address: '127.0.0.1:9' } });

  const womens = await define(`select m.email ${joined} where m.arm = 'womens'`);
  await brand.estimate(womens.audienceId, 0.5);
  await brand.estimate(womens.audienceId, 0.5);
  await expectRefused(brand.estimate(womens.audienceId, TOO_ROUGH_EPSILON), 'AUDIENCE_REFUSED');
  await activate(womens.audienceId);
  // Nobody: noise passes the minimum once in a thousand times.
  const few = await define(`select m.email ${joined} where m.tier = 99`);
  await expectRefused(activate(few.audienceId), 'AUDIENCE_REFUSED');
  await expectRefused(define(`select m.email, m.arm ${joined}`), 'AUDIENCE_REFUSED');
  await expectRefused(define(`select m.email ${joined} where m.email = '${victim}'`), 'AUDIENCE_REFUSED');
}

async function matchLists(stage: ServiceStage, collaborationId: string): Promise<void> {
  const { matches } = stage.as('brand');
  await matches.report(reportOf(collaborationId, { epsilon: 1 }));
  await matches.report(reportOf(collaborationId, { epsilon: 1 }));
  const over = reportOf(collaborationId, { epsilon: OVER_THE_LIMIT_EPSILON });
  await expectRefused(matches.report(over), 'QUESTION_REFUSED');
  // Thousands of multiplications, for a decision like that on a report: left out of the tests of every commit.
  if (process.env.GALLEY_VERIFY_LOG !== '1') return;
  await matches.estimate(listOf(collaborationId, range(0, LISTED_COUNT), { epsilon: 0.5 }));
}

async function spendTooMuch(stage: ServiceStage, collaborationId: string): Promise<void> {
  const brand = stage.as('brand');
  const asked = questionOf(collaborationId, `select count(*) as n ${joined}`, { epsilon: TOO_MUCH_EPSILON });
  await expectRefused(brand.queries.submit(asked, randomUUID()), 'BUDGET_SPENT');
  const report = reportOf(collaborationId, { epsilon: TOO_MUCH_EPSILON });
  await expectRefused(brand.matches.report(report), 'BUDGET_SPENT');
  const sql = `select m.email ${joined} where m.arm = 'control'`;
  const made = {
    definition: undefined,
    collaborationId,
    displayName: audienceName,
    sql,
    onBehalfOf: '',
    requestId: randomUUID(),
  };
  const { audienceId } = await brand.audiences.define(made);
  await expectRefused(brand.audiences.estimate(audienceId, TOO_MUCH_EPSILON), 'BUDGET_SPENT');
}
