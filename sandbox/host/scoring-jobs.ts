import type { JobLimits, ScoringCheck, ScoringFunction } from '../wall.ts';
import { MAX_DECIMAL_SCALE_DIGITS } from '../wire/column-type.ts';
import type { FunctionSpec } from '../wire/jobs.ts';
import type { HostMessage } from '../wire/messages.ts';
import { MAX_SCORING_CODE_BYTES, MAX_SCORING_PARAMETERS_COUNT, MAX_SCORING_WORDS_COUNT } from '../wire/scoring.ts';
import { converse } from './conversation.ts';
import { checkFaults, fail } from './output-gate.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Functions of one query: the eight of a question, and of an exact one also those of an earlier one beside them. */
const MAX_FUNCTIONS_COUNT = 16;

/** Names that no function of the engine has: a registered one would take its place. */
const FUNCTION_NAME = /^galley_f\d{1,4}$/;

/** One more than the largest unscaled number that a decimal of the engine holds. */
const DECIMAL_END = 10n ** BigInt(MAX_DECIMAL_SCALE_DIGITS);
const INT64_END = 1n << 63n;

/** Compiles a candidate in a worker that holds nothing else. */
export async function checkFunction(
  pool: WorkerPool,
  candidate: ScoringFunction,
  limits: JobLimits,
): Promise<ScoringCheck> {
  if (candidate.code.byteLength > MAX_SCORING_CODE_BYTES) {
    return { ok: false, faults: [{ rule: 'too-large', line: null, column: null, subject: 'code' }] };
  }
  expectFunctions([candidate]);
  const errand = {
    job: { kind: 'check-function', candidate: specOf(candidate) } as const,
    stream: () => streamCode([candidate]),
  };
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind !== 'checked') fail();
    return checkFaults(message.faults);
  }
  fail();
}

/**
 * Makes sure that functions are such as the engine can be given.
 *
 * @throws {TypeError} for a name that is not ours, a name twice, too many of anything, or ends that no number reaches:
 * whoever asks has checked all this
 */
export function expectFunctions(functions: readonly ScoringFunction[]): void {
  const names = new Set(functions.map(({ name }) => name));
  if (functions.length > MAX_FUNCTIONS_COUNT || names.size < functions.length) {
    throw new TypeError(`a query calls at most ${MAX_FUNCTIONS_COUNT} scoring functions, each by a name of its own`);
  }
  const unfit = functions.find((one) => !isFit(one));
  if (unfit !== undefined) throw new TypeError(`the declaration of scoring function \`${unfit.name}\` is not usable`);
}

/** Describes a function to a worker; its code follows by itself. */
export function specOf({ name, language, parameters, returns }: ScoringFunction): FunctionSpec {
  return {
    name,
    language,
    parameters: parameters.map((parameter) => ({
      name: parameter.name,
      kind: parameter.kind,
      values: parameter.values,
    })),
    returns:
      returns.kind === 'number'
        ? { kind: 'number', scale: returns.scale, min: String(returns.min), max: String(returns.max) }
        : { kind: 'label', labels: returns.labels },
  };
}

/** Sends the code of functions, in their order. */
export async function* streamCode(functions: readonly ScoringFunction[]): AsyncGenerator<HostMessage, void, undefined> {
  for (const { code } of functions) yield { kind: 'bytes', bytes: code };
}

function isFit({ name, code, parameters, returns }: ScoringFunction): boolean {
  return (
    FUNCTION_NAME.test(name) &&
    code.byteLength <= MAX_SCORING_CODE_BYTES &&
    parameters.length <= MAX_SCORING_PARAMETERS_COUNT &&
    parameters.every(({ values }) => (values?.length ?? 0) <= MAX_SCORING_WORDS_COUNT) &&
    isFitResult(returns)
  );
}

function isFitResult(returns: ScoringFunction['returns']): boolean {
  if (returns.kind === 'label') return returns.labels.length > 0 && returns.labels.length <= MAX_SCORING_WORDS_COUNT;
  const { scale, min, max } = returns;
  const end = scale === 0 ? INT64_END : DECIMAL_END;
  return (
    Number.isInteger(scale) && scale >= 0 && scale <= MAX_DECIMAL_SCALE_DIGITS && min <= max && -end < min && max < end
  );
}
