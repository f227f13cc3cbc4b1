import { type Decision, type DecisionInputs, decide } from './decide.ts';
import { type RecordedFunction, recordedFunction, recordFunction } from './recorded-function.ts';

/** What a decision was made from, as JSON keeps it; records from before there were scoring functions name none. */
export type RecordedInputs = Omit<DecisionInputs, 'functions'> & { readonly functions?: readonly RecordedFunction[] };

/** A decision with everything it was made from, as it is kept: plain JSON, with a version of its own. */
export interface DecisionRecord {
  readonly version: 1;
  readonly inputs: RecordedInputs;
  readonly decision: Decision;
}

/** Whether a decision follows from its recorded inputs, and where it does not. */
export interface Replay {
  /** What the inputs give here and now. */
  readonly decision: Decision;
  /** JSON pointers into the decision, for example `/charge/rho`; none when it is identical. */
  readonly differences: readonly string[];
}

/** Decides, and keeps what was decided from. */
export function recordDecision(inputs: DecisionInputs): DecisionRecord {
  const functions = (inputs.functions ?? []).map(recordFunction);
  return { version: 1, inputs: { ...inputs, functions }, decision: decide(inputs) };
}

/**
 * Reads a record that somebody else kept.
 *
 * @throws {TypeError} when it is not JSON of this version
 */
export function readDecisionRecord(text: string): DecisionRecord {
  const record: unknown = JSON.parse(text);
  if (!isObject(record) || record.version !== 1 || !isObject(record.inputs) || !isObject(record.decision)) {
    throw new TypeError('the record of a decision is of no known version');
  }
  return record as unknown as DecisionRecord;
}

/** Decides again from the recorded inputs, and compares to the last digit. */
export function replayDecision(record: DecisionRecord): Replay {
  const functions = (record.inputs.functions ?? []).map(recordedFunction);
  const decision = decide({ ...record.inputs, functions });
  // By way of JSON, as the record came: what JSON leaves out must not look like a difference.
  const derived: unknown = JSON.parse(JSON.stringify(decision));
  return { decision, differences: differencesOf(record.decision, derived, '') };
}

function differencesOf(recorded: unknown, derived: unknown, pointer: string): readonly string[] {
  if (!isObject(recorded) || !isObject(derived)) return Object.is(recorded, derived) ? [] : [pointer];
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(derived)])];
  return names.flatMap((name) => differencesOf(recorded[name], derived[name], `${pointer}/${name}`));
}

/** An object or a list, whose places are names too. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
