import {
  type Noisy,
  PORTRAIT_COLUMNS,
  type PortraitSubject,
  partOfEpsilon,
  portraitOf,
  portraitShares,
  portraitTotals,
  priceOf,
  type TableView,
  tableName,
  type UsedFunction,
} from '../../policies/index.ts';
import { type audiences, type privacy, queries } from '../../proto/index.ts';
import { accountsOf, costMessage } from '../collaborations/index.ts';
import { MAX_READING_MS, readTableViews } from '../exits/index.ts';
import { readFunctionViews } from '../functions/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen } from '../kitchen/index.ts';
import { type AskedTable, askForTable, keepsRules, type Runs } from '../queries/index.ts';
import { type AudienceRecord, admitToAudience, checkStored } from './audience-record.ts';

/** Most attributes of a portrait: each is a question, and each has a part of the epsilon. */
const MAX_ATTRIBUTES_COUNT = 8;
/** Epsilon of a whole portrait when the caller names none. */
const DEFAULT_PORTRAIT_EPSILON = 1;

/**
 * Releases what an audience is like beside a baseline: how usual each value of some attributes is in both.
 *
 * Each attribute is a question in the caller's name, and so are the totals: every owner's rules for questions hold, also
 * for the columns that the audience is defined by, and each is charged. What is computed from the answers is free.
 */
export async function portrayAudience(
  kitchen: Kitchen,
  runs: Runs,
  call: Call,
  request: audiences.PortrayAudienceRequest,
): Promise<audiences.PortrayAudienceResponse> {
  const { attributes, requestId } = request;
  assertAttributes(attributes);
  const audience = await admitToAudience(kitchen, call, 'estimate-audience', request.audienceId);
  const { subject, datasetIds } = await subjectOf(kitchen, call, audience, request);
  const accounts = await accountsOf(kitchen, audience.collaboration, {
    datasetIds,
    consumers: [audience.row.owner, call.principal.member],
  });
  const delta = Math.min(...accounts.map((a) => a.deltaLimit));
  const whole = request.epsilon || DEFAULT_PORTRAIT_EPSILON;
  if (!Number.isFinite(whole) || whole < 0) throw new ServiceError('INVALID_REQUEST', '`epsilon` must be over 0');
  const epsilon = partOfEpsilon(whole, attributes.length + 1, delta);
  const questions = [
    { sql: portraitTotals(subject), part: 'totals' },
    ...attributes.map((name, index) => ({ sql: portraitOf(subject, name), part: `${index + 1}` })),
  ].map(({ sql, part }) => ({
    question: questionOf(audience, call, { sql, epsilon }),
    requestId: requestId && `${requestId}/${part}`,
  }));
  const [totals, ...tables] = await askAll(kitchen, runs, call, questions);
  if (totals === undefined) throw new Error('a portrait has totals');
  return {
    figures: tables.flatMap((table, index) => figuresOf(attributes[index] ?? '', table, totals)),
    charged: sumOfCharges([totals, ...tables], delta),
    queryIds: [totals, ...tables].map(({ queryId }) => queryId),
  };
}

/** Asks one after the other: the second is charged only where the first could be, and none where one is refused. */
async function askAll(
  kitchen: Kitchen,
  runs: Runs,
  call: Call,
  questions: readonly { readonly question: queries.Question; readonly requestId: string }[],
): Promise<readonly AskedTable[]> {
  const tables: AskedTable[] = [];
  for (const one of questions) {
    // To ask it is to have it refused, as every question is.
    if (!(await keepsRules(kitchen, call, one.question))) await askForTable(kitchen, runs, call, one);
  }
  for (const one of questions) tables.push(await askForTable(kitchen, runs, call, one));
  return tables;
}

function assertAttributes(attributes: readonly string[]): void {
  if (attributes.length === 0 || attributes.length > MAX_ATTRIBUTES_COUNT) {
    throw new ServiceError('INVALID_REQUEST', `a portrait has 1 to ${MAX_ATTRIBUTES_COUNT} attributes`);
  }
  if (new Set(attributes).size === attributes.length) return;
  throw new ServiceError('INVALID_REQUEST', 'a portrait names each attribute once');
}

function questionOf({ row }: AudienceRecord, { principal }: Call, { sql, epsilon }: { sql: string; epsilon: number }) {
  return queries.Question.fromPartial({
    collaborationId: row.collaboration_id,
    sql,
    epsilon,
    onBehalfOf: row.owner === principal.member ? '' : row.owner,
  });
}

async function subjectOf(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  request: audiences.PortrayAudienceRequest,
): Promise<{ readonly subject: PortraitSubject; readonly datasetIds: readonly string[] }> {
  const table = await tableOf(kitchen, audience, request.table);
  const own = await readPart(kitchen, call, audience);
  const { baselineAudienceId } = request;
  const other =
    baselineAudienceId === ''
      ? null
      : await readPart(kitchen, call, await baselineOf(kitchen, call, audience, request));
  const subject = { audience: own.sql, baseline: other?.sql ?? null, table };
  return { subject, datasetIds: [...new Set([table.datasetId, ...own.datasetIds, ...(other?.datasetIds ?? [])])] };
}

async function tableOf(kitchen: Kitchen, { collaboration }: AudienceRecord, name: string): Promise<TableView> {
  const views = await readTableViews(kitchen, collaboration);
  const table = views.find((view) => tableName(view) === name && view.rules.publicTable === null);
  if (table !== undefined) return table;
  throw new ServiceError('INVALID_REQUEST', '`table` must be a bound table of persons, `member.alias`');
}

async function baselineOf(
  kitchen: Kitchen,
  call: Call,
  { row }: AudienceRecord,
  { baselineAudienceId }: audiences.PortrayAudienceRequest,
): Promise<AudienceRecord> {
  const baseline = await admitToAudience(kitchen, call, 'estimate-audience', baselineAudienceId);
  if (baseline.row.collaboration_id === row.collaboration_id && baseline.row.owner === row.owner) return baseline;
  const message = 'the baseline must be an audience of this collaboration and of the same member';
  throw new ServiceError('INVALID_REQUEST', message);
}

/** The SQL of an audience to put into a question; questions call the newest version of a function alone. */
async function readPart(kitchen: Kitchen, call: Call, audience: AudienceRecord) {
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const { checked } = await checkStored(kitchen, audience, work);
  const { collaboration_id: collaborationId, owner: actingFor } = audience.row;
  const newest = await readFunctionViews(kitchen, call, { collaborationId, actingFor });
  for (const { member, name, digest } of JSON.parse(audience.row.functions) as UsedFunction[]) {
    if (newest.some((view) => view.member === member && view.name === name && view.digest === digest)) continue;
    const message = `the audience was defined with an earlier version of \`${member}.${name}\`; define it again`;
    throw new ServiceError('INVALID_REQUEST', message);
  }
  return { sql: checked.sql, datasetIds: checked.tables.map(({ view }) => view.datasetId) };
}

type Row = AskedTable['rows'][number];

function figuresOf(attribute: string, table: AskedTable, totals: AskedTable): audiences.PortraitFigure[] {
  const [all] = totals.rows;
  if (all === undefined) throw new ServiceError('RUN_FAILED', 'the totals of the portrait were not released');
  const personsInAll = noisyOf(all, PORTRAIT_COLUMNS.persons);
  const baselineInAll = noisyOf(all, PORTRAIT_COLUMNS.baseline);
  const figures = table.rows.map((row) => {
    const persons = noisyOf(row, PORTRAIT_COLUMNS.persons);
    const baseline = noisyOf(row, PORTRAIT_COLUMNS.baseline);
    const shares = portraitShares({ persons, personsInAll, baseline, baselineInAll });
    return {
      attribute,
      value: textOf(row[PORTRAIT_COLUMNS.value]),
      persons: sizeOf(persons),
      baselinePersons: sizeOf(baseline),
      share: shares.share,
      baselineShare: shares.baselineShare,
      index: shares.index,
      indexCi95Low: shares.indexLow,
      indexCi95High: shares.indexHigh,
    };
  });
  return figures.toSorted((a, b) => b.share - a.share);
}

function noisyOf(row: Row, column: string): Noisy {
  const [value, low, high] = [row[column], row[`${column}_ci95_low`], row[`${column}_ci95_high`]].map(Number);
  return { value: value ?? 0, low: low ?? 0, high: high ?? 0 };
}

function sizeOf({ value, low, high }: Noisy): audiences.ProtectedSize {
  return { persons: BigInt(value), ci95Low: BigInt(low), ci95High: BigInt(high) };
}

/** A value for people; empty for persons without one. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return value instanceof Date ? value.toISOString() : String(value);
}

/** What several questions cost together: their losses add up, and the sum is read as one epsilon. */
function sumOfCharges(asked: readonly AskedTable[], delta: number): privacy.PrivacyCost {
  const rho = asked.reduce((sum, { charged }) => sum + charged.rho, 0);
  return costMessage({ ...priceOf({ rho, deltaSelection: 0 }, delta), rho });
}
