// Service, strategy engine and broker die while audiences are published, refreshed and revoked (`npm run
// verify:activation`; a few deaths among all tests): whenever it was and whoever it was, the engine holds afterwards who
// should be in, once.
import { describe, expect, it } from 'vitest';
import { Choices, campaignSeed } from '../../fuzz/choices.ts';
import { effortOf } from '../../support/effort.ts';
import { tally } from '../../support/tally.ts';
import { ActivationStage } from './activation-stage.ts';
import { type Deed, publication, refresh, revocation } from './deeds.ts';
import { runKillLoop } from './kill-loop.ts';
import { TIER_COUNT } from './people.ts';
import { WAYS } from './ways.ts';

const KILLS_COUNT = effortOf(3, 6, 120);
const KILLS_PER_DEED_COUNT = effortOf(1, 3, 3);
/** A publication, a refresh, a revocation. */
const DEEDS_OF_A_ROUND_COUNT = 3;
const PERSON_COUNT = effortOf(2_000, 20_000, 200_000);
const MAX_CAMPAIGN_MS = process.env.GALLEY_LONG === '1' ? 4 * 3_600_000 : 1_800_000;
/** Every commit goes through the worst of them. */
const WAYS_OF_NOW = process.env.GALLEY_TALLY === undefined ? (['weather'] as const) : WAYS;

interface TierAudience {
  readonly audienceId: string;
  readonly tier: number;
  isOut: boolean;
}

/** What is done, over and over: of few kills, too, every kind of deed gets some. */
class Deeds {
  readonly #stage: ActivationStage;
  readonly #choices: Choices;
  readonly #audiences: readonly TierAudience[];
  #count = 0;

  private constructor(stage: ActivationStage, choices: Choices, audiences: readonly TierAudience[]) {
    this.#stage = stage;
    this.#choices = choices;
    this.#audiences = audiences;
  }

  static async of(stage: ActivationStage, choices: Choices): Promise<Deeds> {
    const audiences: TierAudience[] = [];
    for (let tier = 0; tier < TIER_COUNT; tier += 1) {
      audiences.push({ audienceId: await stage.define(tier), tier, isOut: false });
    }
    return new Deeds(stage, choices, audiences);
  }

  /** A publication first, then a refresh from newer data, then a revocation, and so on. */
  async next(): Promise<{ deed: Deed; audienceId: string }> {
    const turn = this.#count % DEEDS_OF_A_ROUND_COUNT;
    this.#count += 1;
    const out = this.#audiences.filter(({ isOut }) => isOut);
    const isOfThoseOut = turn !== 0 || out.length === this.#audiences.length;
    const one = this.#choices.of(isOfThoseOut ? out : this.#audiences.filter(({ isOut }) => !isOut));
    const { audienceId, tier } = one;
    if (turn === 1) await this.#stage.nextRound();
    one.isOut = turn !== 2;
    const deed = turn === 2 ? revocation : isOfThoseOut ? refresh : publication;
    return { deed: deed(audienceId, tier), audienceId };
  }
}

describe('activation with deaths in it', () => {
  it.each(WAYS_OF_NOW)(
    `loses nobody, doubles nobody and leaves nobody behind: ${KILLS_COUNT} kills on the way %s`,
    {
      timeout: MAX_CAMPAIGN_MS,
    },
    async (way) => {
      const choices = new Choices(campaignSeed);
      await using stage = await ActivationStage.open({ seed: campaignSeed, personCount: PERSON_COUNT, way, choices });
      const deeds = await Deeds.of(stage, choices);
      const onKill = (place: string): void => void process.stdout.write(`${way}: ${place}\n`);
      const nextDeed = () => deeds.next();
      const effort = { kills: KILLS_COUNT, killsPerDeed: KILLS_PER_DEED_COUNT, deeds: DEEDS_OF_A_ROUND_COUNT };
      const { faults, ...counts } = await runKillLoop({ stage, choices, ...effort, nextDeed, onKill });
      await stage.way.calm();
      for (const [name, count] of Object.entries(counts)) tally(name as keyof typeof counts, count);
      expect(faults).toEqual([]);
      expect(counts).toMatchObject({ lost: 0, duplicates: 0 });
      expect(counts.kills).toBeGreaterThanOrEqual(KILLS_COUNT);
      expect(counts.revoked).toBeGreaterThan(0);
    },
  );
});
