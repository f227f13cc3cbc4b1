import type { ActivationRow } from './audience-record.ts';

/** A refresh that was accepted and charged, and waits to be sent or held back. */
export interface PendingRefresh {
  /** As in `activations.snapshots`. */
  readonly snapshots: string;
  /** As in `activations.contents`. */
  readonly contents: string;
  /** The protected size it was accepted by. */
  readonly persons: number;
  /** What the noisy number of changed persons was charged with. */
  readonly epsilon: number;
  readonly delta: number;
  /** Set once it was drawn and large enough: it is drawn once. */
  readonly isLargeEnough: boolean;
}

/** The refresh that an activation has to send; null when there is none. */
export function pendingRefreshOf({ pending_refresh: text }: ActivationRow): PendingRefresh | null {
  return text === null ? null : (JSON.parse(text) as PendingRefresh);
}

/** An activation with the snapshots, what counts of them and the size that are to be sent: those of its refresh, if there is one. */
export function asToBeSent(activation: ActivationRow): ActivationRow {
  const pending = pendingRefreshOf(activation);
  if (pending === null) return activation;
  const { snapshots, contents, persons } = pending;
  return { ...activation, snapshots, contents, persons };
}

/** Whether an activation is a refresh on its way, of a delivery that has shown. Before that the first is still expected. */
export function isRefreshOfShown({
  state,
  pending_refresh: pending,
  delivered_at_ms: shownAtMs,
}: ActivationRow): boolean {
  return state === 'accepted' && pending !== null && shownAtMs !== null;
}
