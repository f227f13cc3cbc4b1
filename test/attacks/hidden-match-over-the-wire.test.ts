// A client may break the protocol wherever it likes, to learn from the answer, or from its price, or to hold the service
// up: points that are none, some left out, some twice, a session given up after the points have come, one beside another.
//
// The wall: the charge is durable before the first point leaves and stays whatever happens; afterwards there is one
// failure, in the same words at whatever fault; each such end counts towards the few that a member may have on one day;
// and a session that ends leaves nothing behind.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POINT_BYTES, randomPoint, scalarFor, sortPoints, times } from '../../points/index.ts';
import type { matching } from '../../proto/index.ts';
import { isLongCampaign } from '../support/games.ts';
import { listOf, range, setPlatformTable } from '../support/service-matching.ts';
import { chargesOf, entriesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';

const TIMEOUT_MS = 300_000;
const SCALAR = scalarFor(Buffer.alloc(32, 3), 'client');

let stage: ServiceStage;
let collaborationId: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  collaborationId = await setPlatformTable(stage, 50, { consumerEpsilon: 20 });
}, TIMEOUT_MS);

afterAll(() => stage[Symbol.asyncDispose]());

type Part = NonNullable<matching.EstimateMatchRequest['part']>;

const start = (fields: Partial<matching.StartMatch> = {}): Part => {
  const { digests: _, ...list } = listOf(collaborationId, [1], { epsilon: 0.2 });
  return { $case: 'start', value: { ...list, ownCount: 1n, dry: false, ...fields } };
};

/** A session whose client answers the points as it likes; null hangs up. */
async function play(answer: (points: Uint8Array) => readonly Part[] | null): Promise<matching.MatchEstimate | null> {
  const talk = stage.as('brand').matches.talk();
  await talk.send({ part: start() });
  const parts: Uint8Array[] = [];
  let expected = -1;
  for await (const { part } of talk.answers) {
    if (part?.$case === 'pointSet') expected = Number(part.value.pointCount) * POINT_BYTES;
    if (part?.$case === 'estimate') return part.value;
    if (part?.$case !== 'points') continue;
    parts.push(part.value);
    if (parts.reduce((sum, { length }) => sum + length, 0) < expected) continue;
    const said = answer(Buffer.concat(parts));
    if (said === null) {
      talk.cancel();
      return null;
    }
    for (const reply of said) await talk.send({ part: reply });
    talk.end();
  }
  return null;
}

const cut = (points: Uint8Array): Uint8Array[] =>
  Array.from({ length: points.length / POINT_BYTES }, (_, i) =>
    points.subarray(i * POINT_BYTES, (i + 1) * POINT_BYTES),
  );
const raised = (points: readonly Uint8Array[]): Part => ({
  $case: 'raised',
  value: Buffer.from(sortPoints(Buffer.concat(points))),
});
const unsorted = (...points: readonly Uint8Array[]): Part => ({ $case: 'raised', value: Buffer.concat(points) });
const own = (...points: readonly Uint8Array[]): Part => ({ $case: 'own', value: Buffer.concat(points) });
const one = own(randomPoint());

// The first few points stand for all: points that come back as they went fit together under the secret of one.
const FAULTS: Readonly<Record<string, (points: readonly Uint8Array[]) => readonly Part[]>> = {
  'one left out': (points) => [raised(points.slice(1)), one],
  'one twice, for another': (points) => [raised([...points.slice(1), points[1] as Uint8Array]), one],
  'one of its own, for another': (points) => [raised([...points.slice(1), randomPoint()]), one],
  'one under another secret': ([first, ...others]) => [raised([times(SCALAR, first as Uint8Array), ...others]), one],
  'the identity, for one': (points) => [raised([...points.slice(1), new Uint8Array(POINT_BYTES)]), one],
  'bytes that are no point': (points) => [raised([...points.slice(1), Buffer.alloc(POINT_BYTES, 0xff)]), one],
  'one too many': (points) => [raised([...points, randomPoint()]), one],
  'half a point': (points) => [unsorted(...points, Buffer.alloc(POINT_BYTES / 2)), one],
  'out of order': (points) => [unsorted(...points.toReversed()), one],
  'its own before the others': (points) => [one, raised(points)],
  'more of its own than it said': (points) => [raised(points), own(randomPoint(), randomPoint())],
  'its own as no point': (points) => [raised(points), own(Buffer.alloc(POINT_BYTES, 0xff))],
  'a beginning in the middle': (points) => [raised(points), start()],
};

// Which points do not fit together is the worker's to find, and its own test's; of them one of each way a part can be wrong
// goes over the wire at every commit, and all that depart from the order of things.
const LONG_ONLY: ReadonlySet<string> = new Set([
  'one twice, for another',
  'one of its own, for another',
  'one under another secret',
  'the identity, for one',
  'one too many',
  'its own as no point',
]);
const TRIED = Object.entries(FAULTS).flatMap(([name, fault]) =>
  isLongCampaign || !LONG_ONLY.has(name) ? [fault] : [],
);

describe('a client that departs from the protocol', () => {
  it(
    'learns nothing, whatever it does: one failure, in the same words, and each is charged and logged',
    async () => {
      const messages = new Set<string>();
      const charges = () => chargesOf(stage, 'brand', collaborationId);
      const atFirst = await charges();
      for (const fault of TRIED) {
        const { message } = await expectRefused(
          play((points) => fault(cut(points))),
          'RUN_FAILED',
        );
        messages.add(message);
      }
      expect(messages.size).toBe(1);
      const count = TRIED.length;
      const price = await stage.as('brand').matches.price(listOf(collaborationId, [1], { epsilon: 0.2 }));
      for (const [account, rho] of Object.entries(await charges())) {
        expect(rho - (atFirst[account] ?? 0)).toBeCloseTo(count * (price.price?.rho ?? 0), 10);
      }
      expect(await entriesOf(stage, 'match-failed')).toHaveLength(count);
    },
    TIMEOUT_MS,
  );

  it(
    'holds nobody up by going away: its charge stays, and its member may begin again',
    async () => {
      const before = await chargesOf(stage, 'brand', collaborationId);
      const failed = (await entriesOf(stage, 'match-failed')).length;
      await play(() => null).catch(() => null);
      await expect
        .poll(async () => (await entriesOf(stage, 'match-failed')).length, { timeout: 60_000 })
        .toBe(failed + 1);
      const after = await chargesOf(stage, 'brand', collaborationId);
      for (const [account, rho] of Object.entries(after)) expect(rho).toBeGreaterThan(before[account] ?? 0);
      const list = listOf(collaborationId, range(0, 50), { epsilon: 2 });
      expect((await stage.as('brand').matches.estimate(list)).both).toBeDefined();
    },
    TIMEOUT_MS,
  );

  it(
    'has one session at a time, and a second one is turned away before its charge',
    async () => {
      let refused: Promise<unknown> | undefined;
      const list = listOf(collaborationId, [1], { epsilon: 0.2 });
      const charged = async () => (await entriesOf(stage, 'match-begun')).length;
      const first = stage.as('brand').matches.estimate(list, ({ stage: name }) => {
        if (name === 'receiving') refused ??= expectRefused(stage.as('brand').matches.estimate(list), 'BUSY');
      });
      const before = await charged();
      await first;
      await refused;
      expect(refused).toBeDefined();
      expect((await charged()) - before).toBeLessThanOrEqual(1);
    },
    TIMEOUT_MS,
  );

  it('begins with its beginning', async () => {
    const talk = stage.as('brand').matches.talk();
    await talk.send({ part: one });
    await expectRefused(Array.fromAsync(talk.answers), 'INVALID_REQUEST');
  });
});
