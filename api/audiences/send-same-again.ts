import type { ActivationRow } from './audience-record.ts';

/**
 * What makes an activation send again what it sends: for a new end, or for a destination that would otherwise forget it. It
 * goes the way of a refresh, so that nothing of it shows.
 */
export function sameAgain(activation: ActivationRow, nowMs: number): Partial<ActivationRow> {
  const due = { state: 'accepted' as const, attempt_count: 0, next_attempt_at_ms: nowMs };
  // What is on its way already is sent under the new version.
  if (activation.state === 'accepted') return due;
  const { snapshots, contents, persons } = activation;
  // Nothing is drawn for it: it changes nobody, and is charged nothing.
  const same = { snapshots, contents: contents ?? '{}', persons, epsilon: 0, delta: 0, isLargeEnough: true };
  return { ...due, pending_refresh: JSON.stringify(same) };
}
