import type { audiences } from '../../proto/index.ts';
import { accessRefused, type Call, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { latestActivation, nextVersion } from './activate-audience.ts';
import { type ActivationRow, admitToAudience } from './audience-record.ts';
import { readSchedule } from './delivery-plan.ts';
import { isReplaced } from './outbox.ts';
import { sameAgain } from './send-same-again.ts';

/** Changes when a publication is refreshed and when it ends; a new end is told to the destination. */
export async function scheduleActivation(
  kitchen: Kitchen,
  call: Call,
  request: audiences.ScheduleActivationRequest,
): Promise<ActivationRow> {
  const { row } = await admitToAudience(kitchen, call, 'activate-audience', request.audienceId);
  const nowMs = kitchen.nowMs();
  const { refreshEveryMs, expiresAtMs } = readSchedule(request, nowMs);
  const activation = await latestActivation(kitchen, row.audience_id, request.destinationId);
  if (activation === undefined) throw notFound('destination');
  const { member } = call.principal;
  // Its refreshes go in the name of whoever activated it: a service provider whose grant ends must leave none behind that
  // go on in the name of the brand.
  if (member !== activation.member && member !== row.owner) {
    throw accessRefused({ thing: 'audience', id: row.audience_id, isVisible: true });
  }
  if (activation.state !== 'accepted' && activation.state !== 'delivered') {
    throw new ServiceError('NOT_ACCEPTED', 'this publication is withdrawn; activate the audience again');
  }
  const { audience_id: audience, activation_id: id, collaboration_id: collaboration } = activation;
  const ends = expiresAtMs === null ? {} : { expiresAt: new Date(expiresAtMs).toISOString() };
  const every = refreshEveryMs === null ? {} : { refreshEveryMs };
  const subject = { audience, activation: id, ...every, ...ends };
  await record(kitchen, { kind: 'audience-scheduled', call, collaboration, subject });
  const schedule = {
    refresh_every_ms: refreshEveryMs,
    next_refresh_at_ms: refreshEveryMs === null ? null : nowMs + refreshEveryMs,
    expires_at_ms: expiresAtMs,
    stopped_reason: null,
  };
  const isTold = expiresAtMs === activation.expires_at_ms;
  const again = isTold ? {} : sameAgain(activation, nowMs);
  return await kitchen.store.transaction(async (db) => {
    if (await isReplaced(db, activation)) return activation;
    const version = isTold ? activation.version : await nextVersion(db, audience);
    const changed = await db
      .updateTable('activations')
      .set({ ...schedule, ...again, version })
      .where('activation_id', '=', id)
      .where('state', 'in', ['accepted', 'delivered'])
      // What a refresh has put in meanwhile is sent under its own version, with the new end.
      .where('version', '=', activation.version)
      .returningAll()
      .executeTakeFirst();
    if (changed !== undefined) return changed;
    await db.updateTable('activations').set(schedule).where('activation_id', '=', id).execute();
    return { ...activation, ...schedule };
  });
}
