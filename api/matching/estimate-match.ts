import { randomBytes, randomInt } from 'node:crypto';
import {
  capacityOf,
  chargeOfEvents,
  type HiddenMatchPlan,
  type IdentifierKind,
  type MatchInputs,
  personsSql,
  planHiddenMatch,
  priceOf,
  recordOf,
  tableName,
} from '../../policies/index.ts';
import type { matching } from '../../proto/index.ts';
import { accountMessage, admit, arithmeticOf, costMessage } from '../collaborations/index.ts';
import { loggingRefusals, untilNextStep } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record, takeSeat } from '../kitchen/index.ts';
import { assertFewFailures, countFailure } from '../queries/index.ts';
import { holdSession, MAX_OWN_COUNT, type Session, TableTooLarge } from './hold-session.ts';
import { chargeMatch, MatchDecisions, moneyOf } from './match-decisions.ts';
import type { MatchSessions } from './match-sessions.ts';
import { type AdmittedMatch, admitMatch, kindsOf, matchTouches } from './match-tables.ts';
import { ReceivedPoints } from './received-points.ts';

type Answer = matching.EstimateMatchResponse;

/** Most of one in so many: beyond it a sample says next to nothing. */
const MAX_ONE_IN_COUNT = 10_000;

/**
 * Estimates how many persons of a table are on a list that its owner never shows.
 *
 * start → price → charge → points out → points in → count → noise → estimate. Only the price is before the charge; and
 * after it there is one failure.
 */
export async function* estimateMatch(
  kitchen: Kitchen,
  sessions: MatchSessions,
  requests: AsyncIterable<matching.EstimateMatchRequest>,
  call: Call,
): AsyncGenerator<Answer, void> {
  const received = new ReceivedPoints(requests);
  const start = await received.start();
  const subject: Record<string, string> = {};
  const decisions = new MatchDecisions(kitchen, call, subject);
  const logging: Logging = (work) => {
    const refusal = { kind: 'match-refused' as const, collaboration: start.collaborationId, subject };
    return loggingRefusals(kitchen, call, refusal, work);
  };
  const prepared = await logging(() => prepare(kitchen, call, start, decisions));
  yield { part: { $case: 'price', value: priceMessage(prepared) } };
  if (start.dry) {
    const { match } = prepared;
    const explained = { tables: match.tables.map(tableName), epsilon: match.epsilon };
    const collaboration = start.collaborationId;
    await record(kitchen, { kind: 'question-explained', call, collaboration, subject: explained });
    return;
  }
  const end = sessions.begin(call.principal.member);
  try {
    yield* runSession(kitchen, call, { start, prepared, logging }, received);
  } finally {
    end();
  }
}

interface Prepared {
  readonly match: AdmittedMatch;
  readonly inputs: MatchInputs;
  readonly decisions: MatchDecisions;
  readonly plan: HiddenMatchPlan;
  readonly identifier: IdentifierKind;
  readonly oneIn: number;
}

/** Runs a step, and logs its refusal with the record of what it was refused from. */
type Logging = <Result>(work: () => Promise<Result>) => Promise<Result>;

async function prepare(
  kitchen: Kitchen,
  call: Call,
  start: matching.StartMatch,
  decisions: MatchDecisions,
): Promise<Prepared> {
  const oneIn = Math.max(1, start.oneIn);
  assertCounts(start, oneIn);
  const match = await admitMatch(kitchen, call, { ...start, action: 'estimate-match', table: null });
  const [table] = match.tables;
  if (table === undefined) throw new Error('a match has a table');
  const kinds = kindsOf(match.snapshots.get(table.datasetId));
  const identifier = kinds.find((kind) => kind === start.identifier);
  if (identifier === undefined) {
    const message = `table \`${tableName(table)}\` has no such \`identifier\`; use one of: ${kinds.join(', ')}`;
    throw new ServiceError('INVALID_REQUEST', message);
  }
  if (table.rules.joinKeys.length === 0) {
    const message = `\`${table.member}\` does not permit \`${tableName(table)}\` to be joined, nor to be matched`;
    throw new ServiceError('NOT_ACCEPTED', message, { metadata: { owner: table.member } });
  }
  const sql = personsSql(table);
  const tree = await match.treeOf(sql);
  const inputs = { how: 'hidden' as const, table, parse: tree, ...moneyOf(match) };
  const checked = match.check(sql, tree);
  if (!checked.ok) throw await decisions.refuse(match, inputs, checked.violations);
  try {
    const plan = planHiddenMatch(checked.value, match);
    return { match, inputs, decisions, plan, identifier, oneIn };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = 'the delta of the accounts is too small for a match without showing; its owners may raise it';
    throw new ServiceError('NOT_ACCEPTED', message, { cause });
  }
}

function assertCounts({ ownCount }: matching.StartMatch, oneIn: number): void {
  if (oneIn > MAX_ONE_IN_COUNT) throw new ServiceError('INVALID_REQUEST', `\`one_in\` is over ${MAX_ONE_IN_COUNT}`);
  if (ownCount < 1n) throw new ServiceError('INVALID_REQUEST', '`own_count` must be at least 1');
  if (ownCount <= BigInt(MAX_OWN_COUNT) * BigInt(oneIn)) return;
  const least = (ownCount + BigInt(MAX_OWN_COUNT) - 1n) / BigInt(MAX_OWN_COUNT);
  const message = `\`own_count\` is over ${MAX_OWN_COUNT}; match a sample with \`one_in\` of at least ${least}`;
  throw new ServiceError('INVALID_REQUEST', message);
}

function priceMessage({ match, plan }: Prepared): matching.MatchPrice {
  const charge = chargeOfEvents(plan.events);
  return {
    price: costMessage({ ...priceOf(charge, match.delta), rho: charge.rho }),
    affordable: capacityOf(match.accounts.map(arithmeticOf), charge).count > 0,
    accounts: match.accounts.map(accountMessage),
  };
}

async function* runSession(
  kitchen: Kitchen,
  call: Call,
  { start, prepared, logging }: { start: matching.StartMatch; prepared: Prepared; logging: Logging },
  received: ReceivedPoints,
): AsyncGenerator<Answer, void> {
  const { match, plan, identifier, oneIn } = prepared;
  const id = prepared.decisions.matchId;
  // Before the charge: once it is charged, a full line would be its failure.
  const seat = takeSeat(kitchen, call);
  let [hasBegun, isOver] = [false, false];
  try {
    await logging(() => charge(kitchen, call, start, prepared));
    hasBegun = true;
    const session: Session = {
      call,
      collaborationId: start.collaborationId,
      table: match.tables[0]?.datasetId ?? '',
      snapshots: match.snapshots,
      plan,
      identifier,
      sample: { oneIn, remainder: randomInt(oneIn) },
      secret: randomBytes(SECRET_BYTES),
      ownCount: Number(start.ownCount),
      seat,
    };
    const estimate = yield* orFail(kitchen, holdSession(kitchen, session, received));
    await untilNextStep(call.receivedAtMs, kitchen.nowMs);
    // A session takes minutes: what was suspended or withdrawn meanwhile lets nothing out any more.
    await admit(kitchen, call, {
      action: 'estimate-match',
      collaborationId: start.collaborationId,
      actingFor: match.actingFor,
      tables: match.tables.map(tableName),
    });
    const collaboration = start.collaborationId;
    await record(kitchen, { kind: 'match-estimated', call, collaboration, subject: { match: id } });
    isOver = true;
    yield { part: { $case: 'estimate', value: { ...estimate, charged: priceMessage(prepared).price } } };
  } finally {
    seat.leave();
    // Also when nobody waits any more: what was charged has an end in the log.
    if (hasBegun && !isOver) await fail(kitchen, call, start.collaborationId, id);
  }
}

/** A session that ended otherwise than well: each such end may be a bit, and there are few a day. */
async function fail(kitchen: Kitchen, call: Call, collaboration: string, id: string): Promise<void> {
  await countFailure(kitchen, call.principal.member);
  await untilNextStep(call.receivedAtMs, kitchen.nowMs);
  await record(kitchen, { kind: 'match-failed', call, collaboration, subject: { match: id } });
}

/** What both secret scalars of a session come from. */
const SECRET_BYTES = 32;

/** After the charge there is one failure. Only that a table is too large is told, from a number that is noisy. */
async function* orFail<Result>(
  kitchen: Kitchen,
  session: AsyncGenerator<Answer, Result>,
): AsyncGenerator<Answer, Result> {
  try {
    return yield* session;
  } catch (cause) {
    kitchen.operatorLog.warn({ cause: cause instanceof Error ? cause.name : 'unknown' }, 'a match failed');
    const help =
      cause instanceof TableTooLarge
        ? `; the table has too many persons to be matched whole: match a sample, one in ${cause.neededOneIn} or more`
        : '';
    throw new ServiceError('RUN_FAILED', `the match was not finished; its charge stays${help}`);
  }
}

async function charge(kitchen: Kitchen, call: Call, start: matching.StartMatch, prepared: Prepared): Promise<void> {
  const { match, plan, identifier, oneIn, inputs, decisions } = prepared;
  await assertFewFailures(kitchen, call.principal.member);
  const { events } = plan;
  await chargeMatch(kitchen, call, { match, inputs, decisions, events, charge: chargeOfEvents(events) });
  const subject = {
    ...decisions.subject,
    decidingCode: { ...kitchen.code },
    actingFor: match.actingFor,
    tables: match.tables.map(tableName),
    touched: matchTouches(match),
    identifier,
    oneIn,
    ownCount: Number(start.ownCount),
    epsilon: match.epsilon,
    mechanisms: recordOf(plan.events),
  };
  await record(kitchen, { kind: 'match-begun', call, collaboration: start.collaborationId, subject });
}
