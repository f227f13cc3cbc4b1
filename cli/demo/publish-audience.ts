import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { audiences } from '../../proto/index.ts';
import { formatNumber } from '../render/index.ts';
import { cast, destinationId } from './cast.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';
import type { Story } from './story.ts';
import type { ToldAudience } from './told.ts';

const pollMs = 200;
// Delivery is tried again until it succeeds; on one machine a minute is far more than it needs.
const deliveryDeadlineMs = 60_000;

/** Defines, sizes and publishes the audience, and shows the shop front deciding by it. */
export async function publishAudience(
  stage: Stage,
  story: Story,
  narrator: Narrator,
  collaborationId: string,
): Promise<ToldAudience> {
  const client = stage.clients.isv.audiences;
  narrator.part('An audience');
  narrator.say(`The brand wants the shop front to greet ${story.audience.who}.`);
  narrator.block(story.audience.sql);
  const { audienceId } = await client.define({
    definition: undefined,
    collaborationId,
    displayName: story.audience.name,
    sql: story.audience.sql,
    onBehalfOf: cast.brand.member,
    requestId: randomUUID(),
  });
  const { size } = await client.estimate(audienceId, 0);
  const [persons, low, high] = [size?.persons, size?.ci95Low, size?.ci95High].map((n) => Number(n ?? 0n));
  narrator.say(
    `About ${formatNumber(persons ?? 0)} people (${formatNumber(low ?? 0)} to ${formatNumber(high ?? 0)}). Nobody who asks ever sees who they are: the list goes straight to the platform's strategy engine, the program that decides what the shop front shows.`,
  );
  await client.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
  const receipt = await awaitReceipt(stage, audienceId);
  narrator.say(`The engine confirmed it with receipt ${receipt}, which says nothing about who is in it.`);
  await visitShop(stage, story, narrator);
  return { id: audienceId, size: persons ?? 0, receipt };
}

async function awaitReceipt({ clients }: Stage, audienceId: string): Promise<string> {
  const deadline = Date.now() + deliveryDeadlineMs;
  while (Date.now() < deadline) {
    const { activations } = await clients.isv.audiences.get(audienceId);
    const delivered = activations.find(({ state }) => state === audiences.ActivationState.DELIVERED);
    if (delivered !== undefined) return delivered.receipt;
    await sleep(pollMs);
  }
  throw new Error('the strategy engine did not confirm the audience');
}

async function visitShop({ engineHttp }: Stage, story: Story, narrator: Narrator): Promise<void> {
  const { inside, outside } = await story.findVisitors();
  const shown = async (email: string): Promise<string> => {
    const body = JSON.stringify({ scene: destinationId, email });
    const response = await fetch(`${engineHttp}/decide`, { method: 'POST', body });
    const decision: unknown = await response.json();
    const isDecision = typeof decision === 'object' && decision !== null && 'content' in decision;
    if (!response.ok || !isDecision) throw new Error('the strategy engine did not decide');
    return String(decision.content);
  };
  const [forInside, forOutside] = [await shown(inside), await shown(outside)];
  narrator.say(
    `Two people open the shop. One of the audience sees: "${forInside}". Somebody else sees: "${forOutside}".`,
  );
  if (forInside !== story.content.forAudience || forOutside !== story.content.default) {
    throw new Error('the strategy engine showed the wrong content');
  }
}
