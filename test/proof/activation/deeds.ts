import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { audiences } from '../../../proto/index.ts';
import { destinationId } from '../../support/service-rules.ts';
import type { ActivationStage } from './activation-stage.ts';

const POLL_MS = 150;
/** Longest until what was accepted is at its destination: retries wait longer and longer, and starts take time. */
const MAX_SETTLE_MS = 300_000;

/** Something that a member does with an audience, of which calls and deliveries may be broken off anywhere. */
export interface Deed {
  readonly name: string;
  /** How long it takes when it is left alone, roughly. */
  readonly usualMs: number;
  /** Does it, and waits until it is done at the destination. */
  readonly attempt: (stage: ActivationStage) => Promise<void>;
  /** Who must be at the destination afterwards. */
  readonly expected: (stage: ActivationStage) => readonly string[];
  readonly isRevocation: boolean;
}

/** Publishes an audience; those of odd tiers are refreshed by what changed. */
export function publication(audienceId: string, tier: number): Deed {
  const requestId = randomUUID();
  return {
    name: `publication of tier ${tier}`,
    usualMs: 2_500,
    isRevocation: false,
    expected: (stage) => stage.members(tier),
    attempt: async (on) => {
      const { FULL, DELTA } = audiences.DeliveryMode;
      const plan = audiences.DeliveryPlan.fromPartial({ mode: tier % 2 === 0 ? FULL : DELTA });
      const request = { plan, audienceId, destinationId, requestId };
      await on.persist(() => on.stage.as('brand').audiences.activate(request));
      await settle(on, audienceId, audiences.ActivationState.DELIVERED);
    },
  };
}

/** Publishes an audience again from the data of now. */
export function refresh(audienceId: string, tier: number): Deed {
  return {
    name: `refresh of tier ${tier}`,
    usualMs: 2_500,
    isRevocation: false,
    expected: (stage) => stage.members(tier),
    attempt: async (on) => {
      await on.persist(() => on.stage.as('brand').audiences.refresh(audienceId, destinationId));
      // Nothing that its caller sees tells when a refresh is out, or whether it is: the state stays what it was.
      await on.arrival(audienceId, new Set(on.members(tier)));
    },
  };
}

/** Withdraws an audience. */
export function revocation(audienceId: string, tier: number): Deed {
  return {
    name: `revocation of tier ${tier}`,
    usualMs: 1_200,
    isRevocation: true,
    expected: () => [],
    attempt: async (on) => {
      await on.persist(() => on.stage.as('brand').audiences.revoke(audienceId, destinationId));
      await settle(on, audienceId, audiences.ActivationState.REVOKED);
    },
  };
}

/** Waits until an audience's newest publication is in a state. */
async function settle(on: ActivationStage, audienceId: string, state: audiences.ActivationState): Promise<void> {
  const endsAtMs = performance.now() + MAX_SETTLE_MS;
  for (;;) {
    const { activations } = await on.persist(() => on.stage.as('brand').audiences.get(audienceId));
    const newest = activations.at(-1);
    if (newest?.state === state) return;
    if (performance.now() > endsAtMs) throw new Error(`the activation stays in state ${newest?.state}`);
    await sleep(POLL_MS);
  }
}
