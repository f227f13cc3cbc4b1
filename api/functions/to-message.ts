import { functions } from '../../proto/index.ts';
import type { ScoringKind, ScoringLanguage } from '../../sandbox/index.ts';
import { parseSignature, type Signature } from './function-digest.ts';
import type { FunctionRow } from './function-record.ts';

const LANGUAGES: Readonly<Record<ScoringLanguage, functions.FunctionLanguage>> = {
  javascript: functions.FunctionLanguage.JAVASCRIPT,
  wasm: functions.FunctionLanguage.WASM,
};

const KINDS: Readonly<Record<ScoringKind, functions.ParameterKind>> = {
  integer: functions.ParameterKind.INTEGER,
  number: functions.ParameterKind.NUMBER,
  boolean: functions.ParameterKind.BOOLEAN,
  text: functions.ParameterKind.TEXT,
  date: functions.ParameterKind.DATE,
  timestamp: functions.ParameterKind.TIMESTAMP,
};

/** The language of a message; undefined for one that is not known. */
export function languageOf(message: functions.FunctionLanguage): ScoringLanguage | undefined {
  return (Object.keys(LANGUAGES) as ScoringLanguage[]).find((name) => LANGUAGES[name] === message);
}

/** The kind of a message; undefined for one that is not known. */
export function kindOf(message: functions.ParameterKind): ScoringKind | undefined {
  return (Object.keys(KINDS) as ScoringKind[]).find((name) => KINDS[name] === message);
}

/** A function as a message: all that is known of it but its code. */
export function functionMessage(row: FunctionRow): functions.ScoringFunction {
  const { parameters, returns } = parseSignature(row.signature);
  return {
    functionId: row.function_id,
    collaborationId: row.collaboration_id,
    member: row.member,
    name: row.name,
    submittedFor: row.submitted_for,
    version: row.version,
    digest: row.digest,
    language: LANGUAGES[row.language],
    parameters: parameters.map(({ name, kind, values }) => ({ name, kind: KINDS[kind], values: [...(values ?? [])] })),
    returns: resultMessage(returns),
    codeBytes: row.code_bytes,
    submittedAt: new Date(row.submitted_at_ms),
    retiredAt: row.retired_at_ms === null ? undefined : new Date(row.retired_at_ms),
    leafIndex: BigInt(row.leaf_index),
  };
}

function resultMessage(returns: Signature['returns']): functions.FunctionResult {
  if (returns.kind === 'label') return { result: { $case: 'label', value: { labels: [...returns.labels] } } };
  const { scale, min, max } = returns;
  return { result: { $case: 'number', value: { scale, min, max } } };
}
