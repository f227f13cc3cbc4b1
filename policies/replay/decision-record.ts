import { type Decision, type DecisionInputs, decide } from './decide.ts';
import {
  type ActivationDecision,
  type ActivationInputs,
  type AudienceDecision,
  type AudienceInputs,
  decideActivation,
  decideAudience,
  decideSize,
  type SizeDecision,
  type SizeInputs,
} from './decide-audience.ts';
import { decideMatch, type MatchDecision, type MatchInputs } from './decide-match.ts';
import { type RecordedFunction, recordedFunction, recordFunction } from './recorded-function.ts';

/** All that is decided on, with what each is decided from, and what can be decided. */
export interface Decisions {
  readonly question: { readonly inputs: DecisionInputs; readonly decision: Decision };
  readonly audience: { readonly inputs: AudienceInputs; readonly decision: AudienceDecision };
  readonly 'audience-size': { readonly inputs: SizeInputs; readonly decision: SizeDecision };
  readonly activation: { readonly inputs: ActivationInputs; readonly decision: ActivationDecision };
  readonly match: { readonly inputs: MatchInputs; readonly decision: MatchDecision };
}

/** What a decision can be about. */
export type DecisionSubject = keyof Decisions;

/** Which code decided: whoever replays with other rules must know that they are others. */
export interface DecidingCode {
  /** Of the package. */
  readonly version: string;
  /** The package and version of the engine whose grammar has parsed the question. */
  readonly engine: string;
  /** SHA-256 over the sources of the rules, hex. */
  readonly rules: string;
}

/** What a decision was made from, as JSON keeps it. */
export type RecordedInputs<S extends DecisionSubject> = Omit<Decisions[S]['inputs'], 'functions'> & {
  readonly functions?: readonly RecordedFunction[];
};

/** A decision with everything it was made from, as it is kept: plain JSON, with a version of its own. */
export interface DecisionRecord<S extends DecisionSubject = DecisionSubject> {
  readonly version: 2;
  readonly about: S;
  /** Left out in records from before it was told. */
  readonly code?: DecidingCode;
  readonly inputs: RecordedInputs<S>;
  readonly decision: Decisions[S]['decision'];
}

/** Whether a decision follows from its recorded inputs, and where it does not. */
export interface Replay<S extends DecisionSubject = DecisionSubject> {
  /** What the inputs give here and now; `null` where the rules can make nothing of them. */
  readonly decision: Decisions[S]['decision'] | null;
  /** JSON pointers into the decision, for example `/charge/rho`; none when it is identical. */
  readonly differences: readonly string[];
}

const deciders: { readonly [S in DecisionSubject]: (inputs: Decisions[S]['inputs']) => Decisions[S]['decision'] } = {
  question: decide,
  audience: decideAudience,
  'audience-size': decideSize,
  activation: decideActivation,
  match: decideMatch,
};

/** Decides, and keeps what was decided from and by which code. */
export function recordDecision<S extends DecisionSubject>(
  about: S,
  inputs: Decisions[S]['inputs'],
  code?: DecidingCode,
): DecisionRecord<S> {
  const pinned = code === undefined ? {} : { code };
  return { version: 2, about, ...pinned, inputs: recordInputs(inputs), decision: deciders[about](inputs) };
}

/**
 * Reads a record that somebody else kept, of any version that was ever written.
 *
 * @throws {TypeError} when it is of no known version
 */
export function readDecisionRecord(text: string): DecisionRecord {
  const record: unknown = JSON.parse(text);
  if (!isObject(record) || !isObject(record.inputs) || !isObject(record.decision)) throw unknownVersion();
  // The first version was of questions alone.
  const read = record.version === 1 ? { ...record, version: 2, about: 'question' } : record;
  const isKnown = read.version === 2 && typeof read.about === 'string' && Object.hasOwn(deciders, read.about);
  if (!isKnown || (record.code !== undefined && !isDecidingCode(record.code))) throw unknownVersion();
  return read as unknown as DecisionRecord;
}

/** Decides again from the recorded inputs, and compares to the last digit. */
export function replayDecision<S extends DecisionSubject>(record: DecisionRecord<S>): Replay<S> {
  const decision = decideAgain(record);
  if (decision === null) return { decision, differences: ['/'] };
  // By way of JSON, as the record came: what JSON leaves out must not look like a difference.
  const derived: unknown = JSON.parse(JSON.stringify(decision));
  return { decision, differences: differencesOf(record.decision, derived, '') };
}

/** Inputs that were changed may break an invariant of the rules: a difference, and no reason to stop a long replay. */
function decideAgain<S extends DecisionSubject>({ about, inputs }: DecisionRecord<S>) {
  try {
    return deciders[about](recordedInputs(inputs));
  } catch {
    return null;
  }
}

function recordInputs<S extends DecisionSubject>(inputs: Decisions[S]['inputs']): RecordedInputs<S> {
  if (!('functions' in inputs)) return inputs as unknown as RecordedInputs<S>;
  return { ...inputs, functions: (inputs.functions ?? []).map(recordFunction) } as unknown as RecordedInputs<S>;
}

function recordedInputs<S extends DecisionSubject>(inputs: RecordedInputs<S>): Decisions[S]['inputs'] {
  return { ...inputs, functions: (inputs.functions ?? []).map(recordedFunction) } as unknown as Decisions[S]['inputs'];
}

function differencesOf(recorded: unknown, derived: unknown, pointer: string): readonly string[] {
  if (!isObject(recorded) || !isObject(derived) || Array.isArray(recorded) !== Array.isArray(derived)) {
    return Object.is(recorded, derived) ? [] : [pointer];
  }
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(derived)])];
  return names.flatMap((name) => differencesOf(recorded[name], derived[name], `${pointer}/${name}`));
}

function unknownVersion(): TypeError {
  return new TypeError('the record of a decision is of no known version');
}

function isDecidingCode(value: unknown): value is DecidingCode {
  return isObject(value) && ['version', 'engine', 'rules'].every((name) => typeof value[name] === 'string');
}

/** An object or a list, whose places are names too. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
