import type { functions, violations } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { inTurn } from '../datasets/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, type Remember, record } from '../kitchen/index.ts';
import { checkCode } from './check-code.ts';
import { type FunctionVersion, functionDigest, type Signature, signatureText } from './function-digest.ts';
import { type FunctionRow, readFound, selectNewest } from './function-record.ts';
import { readSubmission, type Submission } from './read-submission.ts';

/** Functions of one collaboration that questions find: their signatures are read with each of them. */
const MAX_FUNCTIONS_PER_COLLABORATION_COUNT = 100;
/** Of these, those of one member: none can take up the room of all. */
const MAX_FUNCTIONS_PER_MEMBER_COUNT = 20;
/** Names that one member may take in a collaboration, those of retired functions too: none is ever given back. */
const MAX_NAMES_PER_MEMBER_COUNT = 500;
/** Bytes that one member may leave in a collaboration, all versions together, as none is ever deleted. */
const MAX_KEPT_PER_MEMBER_BYTES = 67_108_864;
/** What a version takes beside code and signature, or versions without end would fit. */
const BESIDE_CODE_BYTES = 1_024;

/** Whom a function would come from and for. */
type Asked = Pick<functions.CheckFunctionRequest, 'collaborationId' | 'onBehalfOf'>;

/** Lets a caller submit functions for whom it names. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
export async function admitToSubmit(kitchen: Kitchen, call: Call, request: Asked): Promise<void> {
  const { collaborationId } = request;
  await admit(kitchen, call, { action: 'submit-function', collaborationId, actingFor: submittedFor(call, request) });
}

function submittedFor({ principal }: Call, { onBehalfOf }: Asked): string {
  return onBehalfOf === '' ? principal.member : onBehalfOf;
}

/** Says what a submission would come to, and keeps nothing. */
export async function checkFunction(
  kitchen: Kitchen,
  call: Call,
  request: functions.CheckFunctionRequest,
): Promise<functions.CheckFunctionResponse> {
  await admitToSubmit(kitchen, call, request);
  const { version } = readSubmission(request);
  return { faults: [...(await checkCode(kitchen, call, version))], digest: functionDigest(version) };
}

/**
 * Checks code behind the wall and keeps it as the newest version of its function: read → check → log → keep. Answers
 * the function's id.
 *
 * The same code with the same signature is the version that is there already.
 */
export async function submitFunction(
  kitchen: Kitchen,
  call: Call,
  request: functions.SubmitFunctionRequest,
  remember: Remember,
): Promise<string> {
  const submission = readSubmission(request);
  const faults = await checkCode(kitchen, call, submission.version);
  if (faults.length > 0) throw await refuse(kitchen, call, { ...request, faults });
  // One after another: two versions at the same moment must not both be the next one, nor pass a limit together.
  return await inTurn(`functions ${request.collaborationId}`, () =>
    keep(kitchen, call, { request, submission, remember }),
  );
}

interface Refused {
  readonly collaborationId: string;
  readonly faults: readonly violations.Violation[];
}

async function refuse(kitchen: Kitchen, call: Call, { collaborationId, faults }: Refused): Promise<ServiceError> {
  // The rules alone: a place or a subject would tell of the code.
  const subject = { rules: faults.map(({ rule }) => rule) };
  await record(kitchen, { kind: 'function-refused', call, collaboration: collaborationId, subject });
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new ServiceError('FUNCTION_REFUSED', `${faults[0]?.message}${more}`, { violations: faults });
}

interface Keeping {
  readonly request: functions.SubmitFunctionRequest;
  readonly submission: Submission;
  readonly remember: Remember;
}

async function keep(kitchen: Kitchen, call: Call, { request, submission, remember }: Keeping): Promise<string> {
  const { collaborationId } = request;
  const { name, version } = submission;
  const { member } = call.principal;
  const known = await selectNewest(kitchen.store.db, collaborationId)
    .where('functions.member', '=', member)
    .where('functions.name', '=', name)
    .executeTakeFirst();
  const digest = functionDigest(version);
  if (known !== undefined) assertSameGrantor(known, submittedFor(call, request));
  if (known?.retired_at_ms === null && known.digest === digest) return known.function_id;
  await assertRoom(kitchen, { collaborationId, known, member, version });
  const functionId = known?.function_id ?? newId('fn');
  const row = { function_id: functionId, version: (known?.version ?? 0) + 1, digest, language: version.language };
  const { parameters, returns } = version;
  const subject = {
    function: functionId,
    name: `${member}.${name}`,
    actingFor: submittedFor(call, request),
    version: row.version,
    digest,
    language: version.language,
    signature: shapeOf(version),
    bytes: version.code.length,
  };
  const leafIndex = await record(kitchen, {
    kind: 'function-submitted',
    call,
    collaboration: collaborationId,
    subject,
  });
  const nowMs = kitchen.nowMs();
  const sealed = kitchen.vault.sealBytes({ label: 'function-code', id: `${functionId}/${row.version}` }, version.code);
  await kitchen.store.transaction(async (db) => {
    const named = { function_id: functionId, collaboration_id: collaborationId, member, name };
    await db
      .insertInto('functions')
      .values({ ...named, submitted_for: submittedFor(call, request), created_at_ms: nowMs, retired_at_ms: null })
      .onConflict((conflict) => conflict.column('function_id').doUpdateSet({ retired_at_ms: null }))
      .execute();
    const kept = { signature: signatureText({ parameters, returns }), code_sealed: sealed };
    const facts = { code_bytes: version.code.length, submitted_at_ms: nowMs, leaf_index: leafIndex };
    await db
      .insertInto('function_versions')
      .values({ ...row, ...kept, ...facts })
      .execute();
    await remember(db, Buffer.from(functionId));
  });
  return functionId;
}

/** A signature as the log keeps it: without labels and known texts, as these are the submitter's words. */
function shapeOf({ parameters, returns }: Signature) {
  const taken = parameters.map(({ name, kind, values }) => ({ name, kind, values: values?.length ?? null }));
  if (returns.kind === 'label') return { parameters: taken, returns: { kind: 'label', labels: returns.labels.length } };
  const { kind, scale, min, max } = returns;
  return { parameters: taken, returns: { kind, scale, min: String(min), max: String(max) } };
}

/** A service provider's function is of the brand it came for: under that name another brand's must not replace it. */
function assertSameGrantor(known: FunctionRow, actingFor: string): void {
  if (known.submitted_for === actingFor) return;
  const message = `\`${known.name}\` is a function that you submitted for another member; take another name`;
  throw new ServiceError('ALREADY_EXISTS', message);
}

interface Room {
  readonly collaborationId: string;
  readonly member: string;
  readonly known: FunctionRow | undefined;
  readonly version: FunctionVersion;
}

async function assertRoom(kitchen: Kitchen, { collaborationId, member, known, version }: Room): Promise<void> {
  const found = (await readFound(kitchen, collaborationId)).filter((row) => row.function_id !== known?.function_id);
  const own = found.filter((row) => row.member === member);
  if (own.length >= MAX_FUNCTIONS_PER_MEMBER_COUNT) {
    throw full(`your member has ${MAX_FUNCTIONS_PER_MEMBER_COUNT} functions here already; retire one`);
  }
  if (found.length >= MAX_FUNCTIONS_PER_COLLABORATION_COUNT) {
    throw full(`the collaboration has ${MAX_FUNCTIONS_PER_COLLABORATION_COUNT} functions already; let one be retired`);
  }
  const kept = await readKept(kitchen, { collaborationId, member });
  if (known === undefined && kept.names >= MAX_NAMES_PER_MEMBER_COUNT) {
    throw full(`your member has taken ${MAX_NAMES_PER_MEMBER_COUNT} names here; submit under one of them`);
  }
  const bytes = version.code.length + Buffer.byteLength(signatureText(version)) + BESIDE_CODE_BYTES;
  if (kept.bytes + bytes > MAX_KEPT_PER_MEMBER_BYTES) {
    throw full(`your member keeps ${MAX_KEPT_PER_MEMBER_BYTES} bytes of code here; submit to another collaboration`);
  }
}

function full(message: string): ServiceError {
  return new ServiceError('INVALID_REQUEST', message);
}

async function readKept(kitchen: Kitchen, of: { collaborationId: string; member: string }) {
  const { names, versions, code, signatures } = await kitchen.store.db
    .selectFrom('functions')
    .innerJoin('function_versions as v', 'v.function_id', 'functions.function_id')
    .select(({ fn, val }) => [
      fn.count<number>('functions.function_id').distinct().as('names'),
      fn.countAll<number>().as('versions'),
      fn.coalesce(fn.sum<number>('v.code_bytes'), val(0)).as('code'),
      fn.coalesce(fn.sum<number>(fn('octet_length', ['v.signature'])), val(0)).as('signatures'),
    ])
    .where('functions.collaboration_id', '=', of.collaborationId)
    .where('functions.member', '=', of.member)
    .executeTakeFirstOrThrow();
  return { names, bytes: code + signatures + versions * BESIDE_CODE_BYTES };
}
