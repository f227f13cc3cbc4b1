import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices } from '../../fuzz/choices.ts';
import type { ActivationStage } from './activation-stage.ts';
import type { Deed } from './deeds.ts';
import { waitForMoment } from './kill-moments.ts';
import type { Mortal } from './ways.ts';

/** What a campaign of kills has found. */
export interface KillCounts {
  kills: number;
  /** Members that the destination should hold and does not. */
  lost: number;
  /** Members that it holds twice, or holds and should not. */
  duplicates: number;
  /** Withdrawals that reached it and left nothing. */
  revoked: number;
  /** Every fault in words, with the deed and the kills during it. */
  readonly faults: string[];
}

/** What a campaign is made of. */
export interface Campaign {
  readonly stage: ActivationStage;
  readonly choices: Choices;
  readonly kills: number;
  /** Deeds that are done at least, so that each kind is among them. */
  readonly deeds: number;
  /** Most kills during one deed: one that never comes to its end would show less than several that do. */
  readonly killsPerDeed: number;
  readonly nextDeed: () => Promise<{ readonly deed: Deed; readonly audienceId: string }>;
  /** Is told of each kill, for whoever waits. */
  readonly onKill: (place: string) => void;
}

/** Longest that a victim is left dead. */
const MAX_DEAD_MS = 700;

/** Kills service and engine over and over while a brand activates, and compares what the engine holds each time. */
export async function runKillLoop(campaign: Campaign): Promise<KillCounts> {
  const counts: KillCounts = { kills: 0, lost: 0, duplicates: 0, revoked: 0, faults: [] };
  for (let deeds = 0; deeds < campaign.deeds || counts.kills < campaign.kills; deeds += 1) {
    const { deed, audienceId } = await campaign.nextDeed();
    const places = await killDuring(campaign, deed, counts);
    const faults = await compare(campaign.stage, { deed, audienceId }, counts);
    counts.faults.push(...faults.map((fault) => `${deed.name}, ${places.join(', ') || 'left alone'}: ${fault}`));
  }
  return counts;
}

/** Does a deed to its end, whoever dies meanwhile; answers who was killed when. */
async function killDuring(campaign: Campaign, deed: Deed, counts: KillCounts): Promise<readonly string[]> {
  const { stage, choices } = campaign;
  let isOver = false;
  const attempt = deed.attempt(stage).then(
    () => null,
    (cause: unknown) => ({ cause }),
  );
  const over = attempt.then(() => {
    isOver = true;
  });
  const places: string[] = [];
  const killCount = 1 + choices.below(campaign.killsPerDeed);
  while (places.length < killCount && !isOver) {
    const victims = choices.of(groupsOf(Object.keys(stage.mortals)));
    const { watched } = stage;
    const moment = await waitForMoment(choices, { watched, usualMs: deed.usualMs, isOver: () => isOver });
    const dying = victims.map((name) => stage.mortals[name]);
    await killAll(dying, choices.below(MAX_DEAD_MS));
    counts.kills += victims.length;
    places.push(`${victims.join(' and ')} killed ${moment}`);
    campaign.onKill(`${counts.kills}. ${deed.name}: ${places.at(-1)}${isOver ? ', done by then' : ''}`);
  }
  await over;
  const failure = await attempt;
  if (failure !== null) counts.faults.push(`${deed.name}, ${places.join(', ')}: failed: ${String(failure.cause)}`);
  return places;
}

/** Each alone, and everybody at once. */
function groupsOf(names: readonly string[]): readonly (readonly string[])[] {
  return [...names.map((name) => [name]), names];
}

async function killAll(mortals: readonly (Mortal | undefined)[], deadMs: number): Promise<void> {
  await Promise.all(mortals.map((one) => one?.die()));
  await sleep(deadMs);
  // One after the other, as they need each other.
  for (const one of mortals) await one?.rise();
}

async function compare(
  stage: ActivationStage,
  { deed, audienceId }: { deed: Deed; audienceId: string },
  counts: KillCounts,
): Promise<string[]> {
  const expected = new Set(deed.expected(stage));
  // What is behind a broker gets there a little later than the broker says.
  if (stage.way.isBehind) await stage.arrival(audienceId, expected);
  const { members, twiceCount: twice } = stage.held(audienceId);
  const lost = [...expected].filter((email) => !members.has(email)).length;
  const wrong = [...members].filter((email) => !expected.has(email)).length;
  counts.lost += lost;
  counts.duplicates += wrong + twice;
  if (deed.isRevocation && members.size === 0) counts.revoked += 1;
  const words = { 'members lost': lost, 'held and no members': wrong, 'held twice': twice };
  return Object.entries(words).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
}
