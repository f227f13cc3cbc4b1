import { askForMatch, askTheQuestion } from './ask-questions.ts';
import { beRefused } from './be-refused.ts';
import { checkTheLog } from './check-the-log.ts';
import type { Narrator } from './narrator.ts';
import { publishAudience } from './publish-audience.ts';
import { setTheTable } from './set-the-table.ts';
import { openStage } from './stage.ts';
import type { Story } from './story.ts';
import type { Told } from './told.ts';

/** Tells a story from beginning to end, over real processes that are stopped after it, whatever happens. */
export async function tellStory(story: Story, directory: string, narrator: Narrator): Promise<Told> {
  narrator.say(story.title);
  narrator.say('');
  narrator.say(story.background);
  await story.prepare();
  await using stage = await openStage(directory, story);
  const collaborationId = await setTheTable(stage, story, narrator);
  await askForMatch(stage, story, narrator, collaborationId);
  const { question, budget } = await askTheQuestion(stage, story, narrator, collaborationId);
  const refused = await beRefused(stage, story, narrator, collaborationId);
  const audience = await publishAudience(stage, story, narrator, collaborationId);
  const audit = await checkTheLog(stage, narrator);
  return { question, refused, budget, audience, audit };
}
