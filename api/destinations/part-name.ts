import { strategy } from '../../proto/index.ts';

/** Names a part of a delivery: the same part sent again has the same name, and no other has it. */
export function partName({ audienceId, version, part }: strategy.Envelope): string {
  const index = part?.$case === 'batch' ? `-${part.value.index}` : '';
  return `${audienceId}-${version}-${part?.$case ?? 'nothing'}${index}`;
}

/** Whether a part makes a publication show or withdraws the audience. */
function isLast({ part }: strategy.Envelope): boolean {
  return part?.$case === 'commit' || part?.$case === 'withdrawal';
}

/**
 * What a destination has done that answers nothing of its own: kept a part, or all of them.
 *
 * It is asked for whole publications alone. That a delta's base is missing there would never come back.
 */
export function oneWayAnswer(envelope: strategy.Envelope): strategy.DeliverResponse {
  const { KEPT, DONE, NEEDS_FULL } = strategy.DeliveryOutcome;
  const { audienceId, version, part } = envelope;
  if (part?.$case === 'begin' && part.value.kind === strategy.PublicationKind.DELTA) {
    return { outcome: NEEDS_FULL, nextBatch: 0, receipt: '' };
  }
  if (!isLast(envelope)) return { outcome: KEPT, nextBatch: 0, receipt: '' };
  // Of audience and version alone: where it lies at the broker would tell how many batches there were.
  return { outcome: DONE, nextBatch: 0, receipt: `${audienceId}-${version}` };
}

/** Whether a part needs not be sent to a destination that answers nothing of its own. */
export function isDelta({ part }: strategy.Envelope): boolean {
  return part?.$case === 'begin' && part.value.kind === strategy.PublicationKind.DELTA;
}
