// A24, the destination that keeps what it gets: it learns who is in an audience, because it must. Blurred, every person can
// deny it. So guess of each person by whether a token came; do it again after refreshes, and average; compare what two
// definitions, or two destinations, got.
//
// The wall: coins that follow from a key and the person alone. The same definition at the same destination falls the same
// way for ever, so that there is nothing to average; the advantage over one publication is what its epsilon says.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWall, type TokeniseJob, type Wall } from '../../sandbox/index.ts';
import { column, takeAll } from '../../sandbox/testkit/index.ts';
import { expectNotOver, outcomeOf } from '../support/games.ts';

const LIMITS = { deadlineMs: 60_000 };
const PERSONS = 12_000;
const TOKEN_BYTES = 16;

const names = Array.from({ length: PERSONS }, (_, index) => BigInt(index + 1));
const digests = names.map((name) => createHash('sha256').update(`person ${name}`).digest('base64'));
const memberIndexes = new Set(names.keys().filter(() => randomBytes(1).readUInt8() % 2 === 0));

let wall: Wall;
let all: readonly string[];
beforeAll(async () => {
  wall = await openWall({ spareCount: 1, engine: 'cold' });
  all = await everyToken();
});
afterAll(() => wall.close());

const tokenKey = randomBytes(32);

async function tokensOf(extra: Partial<TokeniseJob>): Promise<ReadonlySet<string>> {
  const job = {
    key: tokenKey,
    identifier: 'email' as const,
    persons: BigUint64Array.from([...memberIndexes].map((index) => names[index] as bigint)),
    personChunks: column('p', { kind: 'person' }, names).chunks,
    vaultChunks: column('v', { kind: 'digest' }, digests).chunks,
    ...extra,
  };
  const bytes = Buffer.concat(await takeAll(wall.tokenise(job, LIMITS)));
  const tokens = new Set<string>();
  for (let at = 0; at < bytes.length; at += TOKEN_BYTES) tokens.add(bytes.toString('hex', at, at + TOKEN_BYTES));
  return tokens;
}

/** Everybody's token, as the destination computes it from its own identifiers, in the order of the persons. */
async function everyToken(): Promise<readonly string[]> {
  const alone = async (index: number): Promise<string> => {
    const one = { persons: BigUint64Array.of(names[index] as bigint) };
    return [...(await tokensOf(one))][0] ?? '';
  };
  // One by the wall shows that the computation here is the same.
  const computed = digests.map((digest) =>
    createHmac('sha256', tokenKey).update(`email:${digest}`).digest().toString('hex', 0, TOKEN_BYTES),
  );
  expect(await alone(7)).toBe(computed[7]);
  return computed;
}

const blurOf = (epsilon: number, key = randomBytes(32)) => {
  const probability = 1 / (1 + Math.exp(epsilon));
  return { key, dropProbability: probability, addProbability: probability };
};

function advantageOf(came: ReadonlySet<string>) {
  const right = all.filter((token, index) => came.has(token) === memberIndexes.has(index)).length;
  return outcomeOf(right, all.length);
}

describe('the destination of a blurred audience', () => {
  it.each([0.5, 1, 3])('tells members from others no better than epsilon %d says', async (epsilon) => {
    const outcome = advantageOf(await tokensOf({ blur: blurOf(epsilon) }));
    const bound = (Math.exp(epsilon) - 1) / (Math.exp(epsilon) + 1);
    expectNotOver(`A24 one publication, epsilon ${epsilon}`, outcome, bound);
    // And what is sent is of use: the advantage is what was asked for, not less.
    expect(outcome.upper).toBeGreaterThan(bound);
  });

  it('learns nothing from a second publication of the same definition', async () => {
    const blur = blurOf(1);
    expect(await tokensOf({ blur })).toEqual(await tokensOf({ blur }));
  });

  it('sees in a person who comes or goes a coin that has not been seen before', async () => {
    const blur = blurOf(1);
    const before = await tokensOf({ blur });
    const after = await tokensOf({ blur, persons: new BigUint64Array(0) });
    // Among those who were members and are no more, whether they came before tells nothing of whether they come now.
    const shareOf = (hadCome: boolean): number => {
      const some = all.filter((token, index) => memberIndexes.has(index) && before.has(token) === hadCome);
      return some.filter((token) => after.has(token)).length / some.length;
    };
    expect(Math.abs(shareOf(true) - shareOf(false))).toBeLessThan(0.1);
  });
});
