import { fillTemplate, readValues, type Template } from '../../policies/index.ts';
import { audiences, queries, type templates } from '../../proto/index.ts';
import { defineOnce } from '../audiences/index.ts';
import { admit, type CollaborationRecord, costMessage } from '../collaborations/index.ts';
import { readTableViews } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { explain, type Runs, submitQuestion } from '../queries/index.ts';
import { invalid, parseJson, readDocument } from './read-document.ts';
import { findTemplate, type TemplateRecord } from './template-record.ts';

type Asked = Pick<templates.RunTemplateRequest, 'collaborationId' | 'digest' | 'values' | 'epsilon' | 'onBehalfOf'>;

/** A template filled in. */
interface FilledTemplate {
  readonly template: Template;
  readonly sql: string;
}

/** Says what values would make of a template, and what that would cost. Costs nothing. */
export async function explainTemplate(
  kitchen: Kitchen,
  call: Call,
  request: templates.ExplainTemplateRequest,
): Promise<templates.ExplainTemplateResponse> {
  const { collaboration, actingFor } = await admitToTemplate(kitchen, call, 'read-template', request);
  const record = await findTemplate(kitchen, call, collaboration, request.digest);
  const { template, sql } = await fillIn(kitchen, collaboration, record, request.values);
  // Under a grant of templates alone, whoever writes a template must not have explained what nobody approved: that would
  // be to explain any question.
  const isOpen = call.principal.role !== 'isv' || isApproved(call, record, actingFor);
  if (template.kind === 'audience' || !isOpen) return { sql, explanation: undefined };
  const question = questionOf(request, template, sql);
  return { sql, explanation: await explain(kitchen, { ...call, template: record.digest }, question) };
}

/**
 * Runs a template: admit → approved? → fill in → then what it became goes the way of every question or definition, with
 * all rules, charges and entries; it is only known to be of this template.
 */
export async function runTemplate(
  kitchen: Kitchen,
  runs: Runs,
  call: Call,
  request: templates.RunTemplateRequest,
): Promise<templates.RunTemplateResponse> {
  const { collaboration, actingFor } = await admitToTemplate(kitchen, call, 'run-template', request);
  const record = await findTemplate(kitchen, call, collaboration, request.digest);
  assertApproved(call, record, actingFor);
  const { template, sql } = await fillIn(kitchen, collaboration, record, request.values);
  const within = { ...call, template: record.digest };
  // Ids of another call must not meet those of the caller's own questions.
  const requestId = request.requestId === '' ? '' : `template/${request.requestId}`;
  if (template.kind === 'audience') {
    const { audience } = await defineOnce(
      kitchen,
      within,
      audiences.DefineAudienceRequest.fromPartial({
        ...placeOf(request),
        displayName: request.displayName,
        sql,
        requestId,
      }),
    );
    if (audience === undefined) throw new Error('an audience was defined and is not there');
    return { outcome: { $case: 'audience', value: audience }, charged: costMessage({ epsilon: 0, delta: 0 }) };
  }
  const row = await submitQuestion(kitchen, runs, within, { question: questionOf(request, template, sql), requestId });
  const charged = costMessage({ epsilon: row.price_epsilon, delta: row.price_delta, rho: row.price_rho });
  return { outcome: { $case: 'queryId', value: row.query_id }, charged };
}

async function admitToTemplate(
  kitchen: Kitchen,
  call: Call,
  action: 'read-template' | 'run-template',
  { collaborationId, onBehalfOf }: Asked,
): Promise<{ collaboration: CollaborationRecord; actingFor: string }> {
  const actingFor = onBehalfOf === '' ? call.principal.member : onBehalfOf;
  return { collaboration: await admit(kitchen, call, { action, collaborationId, actingFor }), actingFor };
}

/**
 * An approval of the member acted for is what a run rests on. A member that runs one of Galley's own for itself needs
 * none: whoever runs Galley has these already.
 */
function isApproved({ principal }: Call, { isReady, approvedBy }: TemplateRecord, actingFor: string): boolean {
  return approvedBy.includes(actingFor) || (isReady && actingFor === principal.member);
}

function assertApproved(call: Call, record: TemplateRecord, actingFor: string): void {
  if (isApproved(call, record, actingFor)) return;
  const { digest } = record;
  const message = `\`${actingFor}\` has not approved this template; \`galley template approve ${digest}\` does that`;
  throw new ServiceError('TEMPLATE_NOT_APPROVED', message, { metadata: { member: actingFor } });
}

async function fillIn(
  kitchen: Kitchen,
  collaboration: CollaborationRecord,
  { document }: TemplateRecord,
  values: string,
): Promise<FilledTemplate> {
  const { template } = readDocument(document);
  const read = readValues(template, parseJson(values, 'values'), await readTableViews(kitchen, collaboration));
  if (!read.ok) throw invalid('values', read.faults);
  return { template, sql: fillTemplate(template, read.filling) };
}

function placeOf({ collaborationId, onBehalfOf }: Asked) {
  return { collaborationId, onBehalfOf };
}

function questionOf(request: Asked, template: Template, sql: string): queries.Question {
  const epsilon = request.epsilon === 0 ? template.epsilon : request.epsilon;
  return { ...placeOf(request), sql, epsilon, omitIntervals: false, mode: queries.ReleaseMode.PRIVATE };
}
