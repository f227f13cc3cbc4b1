import type { violations } from '../../proto/index.ts';
import { type ScoringFault, type ScoringFaultRule, type ScoringLanguage, WallError } from '../../sandbox/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen } from '../kitchen/index.ts';
import type { FunctionVersion } from './function-digest.ts';

/** Longest time to compile code that nobody has seen before, most of it waiting for a worker. */
const MAX_CHECK_MS = 20_000;

/**
 * Compiles code behind the wall as a run would, and says everything that is wrong with it. No data is there.
 *
 * @throws {ServiceError} BUSY when no worker is free
 */
export async function checkCode(
  kitchen: Kitchen,
  call: Call,
  { language, code, parameters, returns }: FunctionVersion,
): Promise<readonly violations.Violation[]> {
  const candidate = {
    name: 'galley_f0',
    language,
    code,
    parameters: parameters.map((p) => ({ ...p, values: p.values === null ? null : [...p.values] })),
    returns: returns.kind === 'label' ? { ...returns, labels: [...returns.labels] } : { ...returns },
  };
  try {
    const work = beginCallWork(kitchen, call, { maxMs: MAX_CHECK_MS });
    const checked = await kitchen.wall.checkFunction(candidate, work.nextJob());
    return checked.ok ? [] : checked.faults.map((fault) => faultMessage(fault, language));
  } catch (cause) {
    if (!(cause instanceof WallError) || cause.code === 'CANCELLED') throw cause;
    if (cause.code === 'WALL_BUSY') {
      throw new ServiceError('BUSY', 'no worker is free to check the code', { retryAfterMs: 2_000, cause });
    }
    // No row is there: that the code does not compile within the limits tells of the code alone.
    return [faultMessage({ rule: 'too-large', line: null, column: null, subject: 'its compiling' }, language)];
  }
}

/** What broke which rule, and the way out; subjects are made of few characters by the wall. */
const TEXTS: Readonly<Record<ScoringFaultRule, { readonly broken: string; readonly help: string }>> = {
  'not-this-language': {
    broken: 'cannot be read as the language that was named',
    help: 'submit JavaScript as UTF-8 text, or a WebAssembly module as the bytes of its file',
  },
  'construct-not-allowed': {
    broken: 'is not among what a scoring function may say',
    help: 'say it with what docs/functions.md lists; what is not listed is not there',
  },
  'name-not-known': {
    broken: 'is declared nowhere',
    help: 'a function sees its parameters, its own names and what docs/functions.md lists, such as `Math.exp`',
  },
  'types-do-not-match': {
    broken: 'does not fit the types around it',
    help: 'numbers, booleans and texts do not turn into each other by themselves; compare, choose or convert',
  },
  'signature-does-not-match': {
    broken: 'is not as the signature declares',
    help: 'the function is named `score` and has the parameters and the result of the signature, in that order',
  },
  'imports-not-allowed': {
    broken: 'is asked for from outside, and there is no outside',
    help: 'build the module without imports, also of memory: it may have one of its own',
  },
  'too-large': {
    broken: 'is above a limit',
    help: 'docs/functions.md lists the limits; a smaller model often scores as well',
  },
};

/** A subject that stands in the code as it is: only then is it known how long it is there. */
const WRITTEN = /^[\w.$]+$/;

function faultMessage({ rule, line, column, subject }: ScoringFault, language: ScoringLanguage): violations.Violation {
  const isPlaced = line !== null && column !== null;
  const isOffset = language === 'wasm' && line === null && column !== null;
  const { broken, help } = TEXTS[rule];
  const message = `\`${subject}\` ${broken}`;
  return {
    rule,
    owner: '',
    message: isOffset ? `${message}, at byte ${column}` : message,
    help,
    span: isPlaced ? { line, column, length: WRITTEN.test(subject) ? subject.length : 1 } : undefined,
    facts: isOffset ? { subject, offset: String(column) } : { subject },
    passingSql: '',
    passingChanges: [],
  };
}
