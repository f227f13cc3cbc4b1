// The reference engine at the end of a way on which parts are slow, get lost, come twice, late and in any order, while it
// dies itself now and then: it shows what was last published to it, once, and nothing that was withdrawn.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { membershipToken } from '../../../examples/strategy-engine/membership-token.ts';
import { strategy } from '../../../proto/index.ts';
import { Choices, campaignSeed } from '../../fuzz/choices.ts';
import { effortOf } from '../../support/effort.ts';
import { LoneEngine } from '../../support/lone-engine.ts';
import { tally } from '../../support/tally.ts';
import { heldBy } from './held-members.ts';
import { ModelSender, type Sending } from './model-sender.ts';
import { emailOf } from './people.ts';
import { Weather } from './weather.ts';

const SENDINGS_COUNT = effortOf(12, 120, 1_500);
const SENDINGS_PER_KILL = 4;
const MAX_BEFORE_KILL_MS = 100;
const PERSON_COUNT = 300;
const BATCH_COUNT = 5;
const AUDIENCES = ['aud-1', 'aud-2'] as const;
const MAX_CAMPAIGN_MS = process.env.GALLEY_LONG === '1' ? 3_600_000 : 600_000;
const { DONE, NEEDS_FULL } = strategy.DeliveryOutcome;

const key = randomBytes(32);
const everybody = Array.from({ length: PERSON_COUNT }, (_, person) => emailOf(person));
const choices = new Choices(campaignSeed);
/** Who is in each audience by what was sent last, and with which version. */
const sent = new Map<string, { version: bigint; members: ReadonlySet<string> }>();
let directory: string;
let engine: LoneEngine;
let weather: Weather;
let sender: ModelSender;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'galley-weather-'));
  engine = await LoneEngine.open(directory);
  writeFileSync(engine.tokenKeyPath, key.toString('hex'));
  weather = await Weather.open(engine.address, choices);
  sender = new ModelSender(weather.address);
});

afterAll(async () => {
  sender[Symbol.dispose]();
  await weather[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function batchesOf(added: readonly string[], removed: readonly string[]): Sending['batches'] {
  const part = (people: readonly string[], index: number): Buffer => {
    const tokens = people.filter((_, place) => place % BATCH_COUNT === index);
    return Buffer.concat(tokens.map((email) => Buffer.from(membershipToken(key, 'email', email), 'base64url')));
  };
  return Array.from({ length: BATCH_COUNT }, (_, index) => ({
    added: part(added, index),
    removed: part(removed, index),
  }));
}

/** Sends something to one of the audiences: everybody who is in now, what changed, or that it is withdrawn. */
async function sendSomething(): Promise<'publication' | 'withdrawal'> {
  const audienceId = choices.of(AUDIENCES);
  const before = sent.get(audienceId) ?? { version: 0n, members: new Set<string>() };
  const version = before.version + 1n + BigInt(choices.below(2));
  if (choices.onceIn(4)) {
    sent.set(audienceId, { version, members: new Set() });
    expect(await sender.withdraw(audienceId, version)).toMatchObject({ outcome: DONE });
    return 'withdrawal';
  }
  const members = new Set(everybody.filter(() => choices.onceIn(2)));
  const [all, gone] = [[...members], [...before.members].filter((email) => !members.has(email))];
  const whole = { audienceId, version, batches: batchesOf(all, []) };
  sent.set(audienceId, { version, members });
  if (choices.onceIn(2) || before.version === 0n) {
    expect(await sender.publish(whole)).toMatchObject({ outcome: DONE });
    return 'publication';
  }
  const come = all.filter((email) => !before.members.has(email));
  const delta = { audienceId, version, baseVersion: before.version, batches: batchesOf(come, gone) };
  const answer = await sender.publish(delta);
  // After a withdrawal there is nothing to change.
  if (answer.outcome === NEEDS_FULL) expect(await sender.publish(whole)).toMatchObject({ outcome: DONE });
  else expect(answer).toMatchObject({ outcome: DONE });
  return 'publication';
}

describe('a way on which everything happens', () => {
  it(`leaves the engine with what was sent last: ${SENDINGS_COUNT} sendings, seed ${campaignSeed}`, {
    timeout: MAX_CAMPAIGN_MS,
  }, async () => {
    let [kills, lost, duplicates, revoked] = [0, 0, 0, 0];
    for (let sendings = 1; sendings <= SENDINGS_COUNT; sendings += 1) {
      const sending = sendSomething();
      if (sendings % SENDINGS_PER_KILL === 0) {
        await sleep(choices.below(MAX_BEFORE_KILL_MS));
        await engine.die();
        await engine.rise();
        kills += 1;
      }
      if ((await sending) === 'withdrawal') revoked += 1;
      for (const [audienceId, { members: expected }] of sent) {
        const names = { engineDirectory: engine.dataDirectory, tokenKeyPath: engine.tokenKeyPath, everybody };
        const { members, twiceCount } = heldBy(names, audienceId);
        lost += [...expected].filter((email) => !members.has(email)).length;
        duplicates += twiceCount + [...members].filter((email) => !expected.has(email)).length;
        expect(members, `${audienceId} after ${sendings} sendings`).toEqual(expected);
      }
    }
    await weather.calm();
    for (const [name, count] of Object.entries({ kills, lost, duplicates, revoked })) {
      tally(name as 'kills' | 'lost' | 'duplicates' | 'revoked', count);
    }
    expect({ lost, duplicates }).toEqual({ lost: 0, duplicates: 0 });
    // All of it did happen, or nothing was shown.
    expect(Object.entries(weather.happened).filter(([, count]) => count === 0)).toEqual([]);
  });
});
