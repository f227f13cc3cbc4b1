// A22, the audience as a channel of one bit: an audience is never shown to who defines it, but that it is large enough,
// that it was accepted, that it changed after an upload, and when it was delivered, each may tell whether one person is
// in it. So define audiences that one person lifts over the minimum, and look at everything but the audience.
//
// The wall: all that the requester sees is computed from a charged, noisy size. Exact sizes and differences decide
// nothing that shows, and times show at fixed steps.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAudienceSize, planAudienceSize } from '../../policies/index.ts';
import { audiences } from '../../proto/index.ts';
import { effortOf } from '../support/effort.ts';
import {
  advantageBound,
  expectBelow,
  expectNotOver,
  expectSame,
  FEW_ROUNDS,
  play,
  zcdpAdvantageBound,
} from '../support/games.ts';
import { assertAllowsAudience } from '../support/policy-assertions.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { matched, outcomesCsv, outcomes as people } from '../support/service-people.ts';
import { joined } from '../support/service-questions.ts';
import { destinationId } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table, upload } from '../support/service-table.ts';
import { firstNumber, lookAt } from '../support/worlds.ts';

const shop = { destination: 'shop-front', owner: 'market', identifier: 'email' } as const;

const SHOWN_STEP_MS = 5_000;
/** So many that the limit of what is measured lies well below the bound of the smallest epsilon too; others need fewer. */
const SMALLEST_EPSILON = 0.1;
const ROUNDS_AT_SMALLEST = effortOf(60_000, 80_000, 200_000);
const { DELIVERED } = audiences.ActivationState;

describe('the acceptance of an audience', () => {
  it.each([SMALLEST_EPSILON, 0.5, 2])(
    'does not tell whether the target lifts it over the minimum, at a size of epsilon %d',
    async (epsilon) => {
      const audience = await assertAllowsAudience('select c.email from brand.campaign c where c.mens');
      const plan = planAudienceSize(audience, { epsilon, delta: 1e-6 });
      const sizeOf = (persons: number) => (): number => firstNumber(lookAt(plan, [[String(persons)]]));
      const isAccepted = (size: number): boolean => checkAudienceSize(audience, BigInt(size), shop).length === 0;
      const { minSize } = audience;
      const [present, absent] = [sizeOf(minSize), sizeOf(minSize - 1)];
      const rounds = epsilon === SMALLEST_EPSILON ? ROUNDS_AT_SMALLEST : FEW_ROUNDS;
      const bit = await play({ with: present, without: absent, guess: isAccepted, rounds });
      expectBelow(`A22 acceptance, epsilon ${epsilon}`, bit, advantageBound(epsilon, 1e-6));
      const guess = (n: number): boolean => n > minSize - 0.5;
      const size = await play({ with: present, without: absent, guess, rounds: FEW_ROUNDS });
      expectNotOver(`A22 size, epsilon ${epsilon}`, size, zcdpAdvantageBound(plan.charge.rho));
    },
  );

  it('is said in words whose only numbers are the released size and the minimum', async () => {
    const audience = await assertAllowsAudience('select c.email from brand.campaign c where c.mens');
    for (const size of [-3n, 0n, 17n, BigInt(audience.minSize - 1)]) {
      // The place is where the SQL says it, which the asker wrote.
      const words = checkAudienceSize(audience, size, shop).map(({ place: _, ...said }) => said);
      const numbers = JSON.stringify(words).match(/-?\d+/g) ?? [];
      expect(new Set(numbers)).toEqual(new Set([String(size), String(audience.minSize)]));
    }
  });
});

describe('what the requester sees of an audience', () => {
  let stage: ServiceStage;
  let engine: StageEngine;
  let table: Table;

  beforeAll(async () => {
    stage = await ServiceStage.open();
    table = await setTable(stage);
    engine = await StageEngine.open(stage);
    await engine.register(stage, table.collaborationId);
  });

  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  /** Everything there is to see of one life of an audience, without identifiers and noisy numbers. */
  async function visibleLife(): Promise<unknown> {
    const { audienceId } = await stage.as('brand').audiences.define({
      definition: undefined,
      collaborationId: table.collaborationId,
      displayName: audienceName,
      sql: `select m.email ${joined} where m.arm = 'womens'`,
      onBehalfOf: '',
      requestId: randomUUID(),
    });
    const { charged, size } = await stage.as('brand').audiences.estimate(audienceId, 0.5);
    await stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    const delivered = await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    const tookMs = Number(delivered.deliveredAt) - Number(delivered.acceptedAt);
    expect(tookMs % SHOWN_STEP_MS).toBe(0);
    expect(delivered.receipt).toMatch(/^(?:pub|digest)-[0-9a-f-]{32,36}$/);
    // An interval follows from the noise alone, so it is as wide in every world.
    const width = Number(size?.ci95High) - Number(size?.ci95Low);
    return { keys: Object.keys(delivered).toSorted(), rho: charged?.rho, width, state: delivered.state };
  }

  it('is alike with the target and without, over two snapshots that differ in nobody else', {
    timeout: 90_000,
  }, async () => {
    const target = matched.find(({ mailing }) => mailing.arm === 'womens')?.outcome.email;
    const present = await visibleLife();
    await upload(stage, 'platform', table.outcomesId, outcomesCsv(people.filter(({ email }) => email !== target)));
    const absent = await visibleLife();
    expectSame('A22 what shows of a life', present, absent);
    // The destination does learn it: an activation is an authorised disclosure, to it and to nobody else.
    const counts = engine.records().map(({ members }) => members);
    expect(new Set(counts).size).toBe(2);
  });
});
