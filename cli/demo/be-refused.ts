import { randomUUID } from 'node:crypto';
import { isServiceError, readRefusal } from '../refusal.ts';
import { renderViolations } from '../render/index.ts';
import { questionOf } from './ask-questions.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';
import type { ForbiddenQuestion, Story } from './story.ts';
import type { ToldRefusal } from './told.ts';

/** Asks what may not be asked, and shows why it is refused and what would pass. */
export async function beRefused(
  stage: Stage,
  story: Story,
  narrator: Narrator,
  collaborationId: string,
): Promise<readonly ToldRefusal[]> {
  narrator.part('Questions that are refused');
  const told: ToldRefusal[] = [];
  for (const forbidden of story.forbidden) {
    narrator.say(`Somebody at the service provider would like ${forbidden.wish}:`);
    const violations = await violationsOf(stage, forbidden, collaborationId);
    narrator.block(renderViolations(forbidden.sql, violations));
    for (const { rule, owner, span, help } of violations) {
      told.push({ sql: forbidden.sql, rule, owner, line: span?.line ?? 0, column: span?.column ?? 0, help });
    }
  }
  narrator.say(
    'A refusal costs nothing and says nothing about the data: it follows from the question and the rules alone, so that nobody learns by trying.',
  );
  return told;
}

async function violationsOf({ clients }: Stage, { sql }: ForbiddenQuestion, collaborationId: string) {
  try {
    await clients.isv.queries.submit(questionOf(collaborationId, sql, 1), randomUUID());
  } catch (error) {
    if (!isServiceError(error)) throw error;
    const { violations } = readRefusal(error);
    if (violations.length === 0) throw error;
    return violations;
  }
  throw new Error('a question that the rules forbid was not refused');
}
