import { expect } from 'vitest';
import { effortOf } from '../support/effort.ts';
import { tally } from '../support/tally.ts';
import { Choices, campaignSeed } from './choices.ts';

/** Most attempts to make a failing input smaller. */
const SHRINK_COUNT = 400;

/** How many inputs are drawn by every commit, by the short run of `npm run verify:privacy`, and by its long one. */
interface Counts {
  readonly commitCount: number;
  readonly shortCount: number;
  readonly longCount: number;
}

/** A source of inputs, and what is wrong with one of them. */
export interface Campaign<Input> extends Counts {
  readonly name: string;
  readonly draw: (choices: Choices) => Input;
  /** `null` when every invariant holds; may throw, which is a failure as well. */
  readonly examine: (input: Input) => Promise<string | null>;
  /** Smaller inputs to try, the smallest first. */
  readonly smaller: (input: Input) => Iterable<Input>;
  readonly print: (input: Input) => string;
}

/** How many inputs a campaign draws: GALLEY_FUZZ_INPUTS says, or the kind of run. */
function inputCountOf(campaign: Counts): number {
  const asked = process.env.GALLEY_FUZZ_INPUTS;
  if (asked !== undefined) return Number(asked);
  return effortOf(campaign.commitCount, campaign.shortCount, campaign.longCount);
}

/** Draws inputs until all are examined or one fails; that one is made smaller and told with the seed. */
export async function runCampaign<Input>(campaign: Campaign<Input>): Promise<void> {
  const choices = new Choices(campaignSeed);
  const count = inputCountOf(campaign);
  for (let index = 0; index < count; index += 1) {
    const input = campaign.draw(choices);
    const complaint = await complaintOf(campaign, input);
    if (complaint === null) continue;
    const small = await shrunk(campaign, input);
    const told = [
      `${campaign.name}: input ${index} of seed ${campaignSeed}: ${complaint}`,
      `input:  ${campaign.print(input)}`,
      `shrunk: ${campaign.print(small)}`,
      `says:   ${await complaintOf(campaign, small)}`,
    ];
    expect.fail(told.join('\n'));
  }
  tally('fuzzInputs', count);
}

async function complaintOf<Input>({ examine }: Campaign<Input>, input: Input): Promise<string | null> {
  try {
    return await examine(input);
  } catch (cause) {
    return `it throws ${String(cause)}`;
  }
}

async function shrunk<Input>(campaign: Campaign<Input>, input: Input): Promise<Input> {
  let [small, left] = [input, SHRINK_COUNT];
  for (let grew = true; grew && left > 0; ) {
    grew = false;
    for (const candidate of campaign.smaller(small)) {
      left -= 1;
      if (left <= 0) break;
      if ((await complaintOf(campaign, candidate)) === null) continue;
      small = candidate;
      grew = true;
      break;
    }
  }
  return small;
}

/** Lists with a part left out: halves first, then ever smaller parts. */
export function* withoutParts<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < list.length; from += size) yield list.toSpliced(from, size);
  }
}
