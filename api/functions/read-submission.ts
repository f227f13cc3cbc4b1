import { type FunctionSignature, readFunctionSignature } from '../../policies/index.ts';
import type { functions } from '../../proto/index.ts';
import { MAX_SCORING_CODE_BYTES } from '../../sandbox/index.ts';
import { ServiceError } from '../grpc/index.ts';
import { type FunctionVersion, signatureText } from './function-digest.ts';
import { kindOf, languageOf } from './to-message.ts';

/** Most bytes of a signature: it is read with every question of the collaboration, and kept with every decision. */
const MAX_SIGNATURE_BYTES = 16_384;

/** Code with its name and signature, as far as can be said without looking into the code. */
export interface Submission {
  readonly name: string;
  readonly version: FunctionVersion;
}

interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** Reads what is submitted but the code. @throws {ServiceError} INVALID_REQUEST with every fault by its place */
export function readSubmission(request: functions.CheckFunctionRequest): Submission {
  const faults: FieldFault[] = [];
  const language = languageOf(request.language);
  if (language === undefined) faults.push({ path: 'language', message: 'must be JavaScript or WebAssembly' });
  if (request.code.length === 0) faults.push({ path: 'code', message: 'is empty' });
  if (request.code.length > MAX_SCORING_CODE_BYTES) {
    faults.push({ path: 'code', message: `is longer than ${MAX_SCORING_CODE_BYTES} bytes` });
  }
  const signature = readSignature(request, faults);
  if (faults.length > 0 || language === undefined || signature === undefined) throw invalid(faults);
  const { name, parameters, returns } = signature;
  return { name, version: { language, parameters, returns, code: request.code } };
}

function readSignature(
  { name, parameters, returns }: functions.CheckFunctionRequest,
  faults: FieldFault[],
): FunctionSignature | undefined {
  const read = readFunctionSignature({
    name,
    parameters: parameters.map((p) => ({
      name: p.name,
      kind: kindOf(p.kind) ?? null,
      values: p.values.length === 0 ? null : p.values,
    })),
    returns: resultDocument(returns),
  });
  if (!read.ok) {
    faults.push(...read.faults.map(({ path, message }) => ({ path: fieldOf(path), message })));
    return undefined;
  }
  if (Buffer.byteLength(signatureText(read.signature)) <= MAX_SIGNATURE_BYTES) return read.signature;
  faults.push({ path: 'parameters', message: `and \`returns\` together are longer than ${MAX_SIGNATURE_BYTES} bytes` });
  return undefined;
}

function resultDocument(returns: functions.FunctionResult | undefined) {
  const result = returns?.result;
  if (result?.$case === 'label') return { kind: 'label', labels: result.value.labels };
  return { kind: result === undefined ? null : 'number', ...result?.value };
}

/** A JSON pointer as a field of the request: `/parameters/2/kind` is `parameters[2].kind`. */
function fieldOf(pointer: string): string {
  return pointer
    .slice(1)
    .replace(/\/(\d+)/gu, '[$1]')
    .replaceAll('/', '.');
}

function invalid(faults: readonly FieldFault[]): ServiceError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new ServiceError('INVALID_REQUEST', `\`${first?.path}\` ${first?.message}${more}`, { fields: faults });
}
