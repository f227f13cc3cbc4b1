import {
  bothSql,
  type Charge,
  capacityOf,
  chargeOfEvents,
  eventsLeft,
  type IdentifierKind,
  type MatchInputs,
  type MatchReportPlan,
  OTHER_KIND,
  type PlannedAggregate,
  type PrivacyEvent,
  personsSql,
  planMatchReport,
  priceOf,
  protect,
  RawGroups,
  recordOf,
  tableName,
} from '../../policies/index.ts';
import type { matching } from '../../proto/index.ts';
import { accountMessage, arithmeticOf, costMessage } from '../collaborations/index.ts';
import { openIdentifiers, preparePersons } from '../datasets/index.ts';
import {
  findReleases,
  loggingRefusals,
  type RunPlace,
  releaseKey,
  releaseOnce,
  type StoredRelease,
  showReleases,
  storeOnce,
  untilNextStep,
} from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, record, takeSeat } from '../kitchen/index.ts';
import { assertFewFailures, countFailure } from '../queries/index.ts';
import { chargeMatch, MatchDecisions, moneyOf } from './match-decisions.ts';
import { type AdmittedMatch, admitMatch, kindsOf, matchTouches } from './match-tables.ts';

/** Longest time of a report from its call on, so that the one failure comes before the end of the call. */
const MAX_REPORT_MS = 50_000;

/**
 * Reports how many persons two tables have in common, by the kind of identifier that they met by.
 *
 * Three releases of the same making as those of any question: charged together, stored, and free while data and rules
 * stay as they are.
 */
export async function reportMatch(
  kitchen: Kitchen,
  call: Call,
  request: matching.ReportMatchRequest,
): Promise<matching.ReportMatchResponse> {
  const subject: Record<string, string> = {};
  const refusal = { kind: 'match-refused' as const, collaboration: request.collaborationId, subject };
  return await loggingRefusals(kitchen, call, refusal, async () => {
    const decisions = new MatchDecisions(kitchen, call, subject);
    const report = await prepareReport(kitchen, call, request, decisions);
    if (!request.dry) return await release(kitchen, call, report);
    const explained = { tables: report.match.tables.map(tableName), epsilon: report.match.epsilon };
    const collaboration = request.collaborationId;
    await record(kitchen, { kind: 'question-explained', call, collaboration, subject: explained });
    return { ...priceMessage(report), charged: undefined, mine: undefined, both: undefined, byKind: [] };
  });
}

interface Report {
  readonly match: AdmittedMatch;
  readonly inputs: MatchInputs;
  readonly decisions: MatchDecisions;
  readonly plan: MatchReportPlan;
  readonly kinds: readonly IdentifierKind[];
  readonly place: Omit<RunPlace, 'work'>;
  readonly keys: readonly string[];
  readonly events: readonly PrivacyEvent[];
  readonly charge: Charge;
}

const aggregatesOf = ({ mine, both, byKind }: MatchReportPlan): readonly PlannedAggregate[] => [mine, both, byKind];

async function prepareReport(
  kitchen: Kitchen,
  call: Call,
  request: matching.ReportMatchRequest,
  decisions: MatchDecisions,
): Promise<Report> {
  const match = await admitMatch(kitchen, call, { ...request, action: 'report-match' });
  const [own, other] = match.tables;
  if (own === undefined || other === undefined) throw new Error('a report has two tables');
  const [mineSql, sharedSql] = [personsSql(own), bothSql(own, other)];
  const parses = { mine: await match.treeOf(mineSql), both: await match.treeOf(sharedSql) };
  // By the schemas alone: which kinds there are tells of nobody.
  const theirs = kindsOf(match.snapshots.get(other.datasetId));
  const kinds = kindsOf(match.snapshots.get(own.datasetId)).filter((kind) => theirs.includes(kind));
  const asked = { how: 'report' as const, own, other, parses, kinds, stored: [], ...moneyOf(match) };
  const mine = match.check(mineSql, parses.mine);
  if (!mine.ok) throw await decisions.refuse(match, asked, mine.violations);
  const both = match.check(sharedSql, parses.both);
  if (!both.ok) throw await decisions.refuse(match, asked, both.violations);
  const plan = planMatchReport({ mine: mine.value, both: both.value }, kinds, match);
  const collaborationId = request.collaborationId;
  const place = { collaborationId, consumer: match.actingFor, snapshots: match.snapshots };
  const keys = aggregatesOf(plan).map((aggregate) => releaseKey(aggregate, place));
  const known = await findReleases(kitchen, keys);
  const stored = keys.flatMap((key, index) => (known.has(key) ? [index] : []));
  const events = eventsLeft(aggregatesOf(plan), { stored });
  const inputs = { ...asked, stored };
  return { match, inputs, decisions, plan, kinds, place, keys, events, charge: chargeOfEvents(events) };
}

function priceMessage({ match, charge, events }: Report) {
  const fitting = events.length === 0 ? 1 : capacityOf(match.accounts.map(arithmeticOf), charge).count;
  return {
    price: costMessage({ ...priceOf(charge, match.delta), rho: charge.rho }),
    affordable: fitting > 0,
    accounts: match.accounts.map(accountMessage),
  };
}

async function release(kitchen: Kitchen, call: Call, report: Report): Promise<matching.ReportMatchResponse> {
  const { match, plan, keys, place, events, decisions, inputs } = report;
  const isStored = events.length === 0;
  // Before the charge: once it is charged, a full line would be its failure.
  const seat = takeSeat(kitchen, call);
  const work = beginCallWork(kitchen, call, { maxMs: MAX_REPORT_MS, seat });
  try {
    if (isStored) await decisions.keep(kitchen.store.db, match, { inputs, kind: 'admitted', charge: report.charge });
    else await reserve(kitchen, call, report);
    const releases = await run(kitchen, call, report, { ...place, work });
    await showReleases(kitchen.store.db, [...keys], kitchen.nowMs());
    const subject = {
      ...decisions.subject,
      decidingCode: { ...kitchen.code },
      actingFor: match.actingFor,
      tables: match.tables.map(tableName),
      touched: matchTouches(match),
      epsilon: match.epsilon,
      mechanisms: recordOf(events),
    };
    await record(kitchen, { kind: 'match-reported', call, collaboration: place.collaborationId, subject });
    return reportMessage(report, releases);
  } finally {
    seat.leave();
  }

  function reportMessage(of: Report, [mine, both, byKind]: readonly StoredRelease[]): matching.ReportMatchResponse {
    const [, , kindsPlan] = aggregatesOf(plan);
    const price = priceMessage(of);
    return {
      ...price,
      charged: price.price,
      mine: countMessage(mine?.rows[0] ?? []),
      both: countMessage(both?.rows[0] ?? []),
      byKind: (kindsPlan?.publicGroups ?? []).map(([kind]) => ({
        kind: String(kind),
        persons: countMessage(byKind?.rows.find((row) => row[0] === kind)?.slice(1) ?? []),
      })),
    };
  }
}

async function reserve(kitchen: Kitchen, call: Call, report: Report): Promise<void> {
  await assertFewFailures(kitchen, call.principal.member);
  await chargeMatch(kitchen, call, report);
}

async function run(kitchen: Kitchen, call: Call, report: Report, place: RunPlace): Promise<readonly StoredRelease[]> {
  const releases = await releasesOrNull(kitchen, report, place);
  await untilNextStep(call.receivedAtMs, kitchen.nowMs);
  // Whether the engine was faster than a caller that went away is nobody's to know: it has ended for neither.
  if (releases !== null && !call.signal.aborted) return releases;
  await countFailure(kitchen, call.principal.member);
  throw new ServiceError('RUN_FAILED', 'the report was not finished; its charge stays');
}

/** The releases, or null for every cause that there are none. */
async function releasesOrNull(
  kitchen: Kitchen,
  { plan, kinds, match, keys }: Report,
  place: RunPlace,
): Promise<readonly StoredRelease[] | null> {
  const [mineKey = '', bothKey = '', kindsKey = ''] = keys;
  const { collaborationId, snapshots, work } = place;
  try {
    const mine = await releaseOnce(kitchen, plan.mine, mineKey, place);
    const both = await releaseOnce(kitchen, plan.both, bothKey, place);
    const byKind = await storeOnce(kitchen, { key: kindsKey, collaborationId }, async () => {
      const used = match.tables.map(({ datasetId }) => {
        const snapshot = snapshots.get(datasetId);
        if (snapshot === undefined) throw new Error(`dataset \`${datasetId}\` has no snapshot`);
        return snapshot;
      });
      const persons = await preparePersons(kitchen, collaborationId, used, work);
      const [one, other] = used.map((snapshot) =>
        openIdentifiers(kitchen, collaborationId, { snapshot, kinds, persons }),
      );
      if (one === undefined || other === undefined) throw new Error('a report has two tables');
      const counts = await kitchen.wall.matchKinds({ sides: [one, other] }, work.nextJob());
      const rows = [...kinds, OTHER_KIND].map((kind, index) => [kind, String(counts[index])]);
      return protect(plan.byKind, RawGroups.read(plan.byKind, rows), kitchen.bits);
    });
    return [mine, both, byKind];
  } catch (cause) {
    kitchen.operatorLog.warn({ cause: cause instanceof Error ? cause.name : 'unknown' }, 'a match report failed');
    return null;
  }
}

/** A released count; unset where it is withheld. */
function countMessage(cells: readonly unknown[]): matching.ProtectedCount | undefined {
  const [persons, ci95Low, ci95High] = cells;
  if (typeof persons !== 'bigint' || typeof ci95Low !== 'bigint' || typeof ci95High !== 'bigint') return undefined;
  return { persons, ci95Low, ci95High };
}
