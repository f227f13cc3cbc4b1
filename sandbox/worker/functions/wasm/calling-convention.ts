// How a row becomes the arguments of `score`, and what it gives a score. Described for authors of modules in
// docs/wasm-functions.md.
import type {
  ScoringArgument,
  ScoringFault,
  ScoringKind,
  ScoringParameter,
  ScoringResult,
} from '../../../wire/scoring.ts';
import { RefusedModule } from './byte-reader.ts';
import type { FunctionType, Module, ValueType } from './module.ts';

/** The name under which a module exports its function. */
const EXPORT_NAME = 'score';
const FUNCTION_EXPORT = 0;

/** Where a text stands that is not among the declared values of its parameter. */
const UNKNOWN_TEXT = -1;

const TYPE_OF_KIND: Readonly<Record<ScoringKind, ValueType>> = {
  integer: 'i64',
  number: 'f64',
  boolean: 'i32',
  text: 'i32',
  date: 'i64',
  timestamp: 'i64',
};

const TYPES_OF_RESULT: Readonly<Record<ScoringResult['kind'], readonly ValueType[]>> = {
  number: ['f64', 'i64', 'i32'],
  label: ['i32'],
};

/** A value as WebAssembly takes it. */
export type WasmValue = number | bigint;

/**
 * Finds the function that is called for each row.
 *
 * @throws {RefusedModule} when there is none of that name
 */
export function findScore(module: Module): { index: number; at: number; type: FunctionType } {
  const entry = module.exports.find(({ name, kind }) => name === EXPORT_NAME && kind === FUNCTION_EXPORT);
  if (entry === undefined) {
    throw new RefusedModule('signature-does-not-match', null, `no exported function ${EXPORT_NAME}`);
  }
  const type = module.types[module.functions[entry.index] ?? -1];
  if (type === undefined) throw new Error('an export without a function was validated');
  return { index: entry.index, at: entry.at, type };
}

/** What is wrong with the type of the function, parameter by parameter. */
export function signatureFaults(
  { at, type }: { at: number; type: FunctionType },
  parameters: readonly ScoringParameter[],
  returns: ScoringResult,
): ScoringFault[] {
  const fault = (subject: string): ScoringFault => new RefusedModule('signature-does-not-match', at, subject).fault;
  if (type.params.length !== parameters.length) {
    return [fault(`${EXPORT_NAME} takes ${type.params.length} values and not ${parameters.length}`)];
  }
  const faults = parameters.flatMap(({ kind }, index) => {
    const [wanted, given] = [TYPE_OF_KIND[kind], type.params[index]];
    return wanted === given ? [] : [fault(`parameter ${index + 1} is ${given} and not ${wanted}`)];
  });
  const wanted = TYPES_OF_RESULT[returns.kind];
  const [result] = type.results;
  const isWanted = type.results.length === 1 && result !== undefined && wanted.includes(result);
  if (!isWanted)
    faults.push(fault(`the result is ${type.results.join(' ') || 'missing'} and not ${wanted.join(' or ')}`));
  return faults;
}

/** Makes the arguments of a row. */
export function rowEncoder(parameters: readonly ScoringParameter[]): (row: readonly ScoringArgument[]) => WasmValue[] {
  const encoders = parameters.map(encoderOf);
  return (row) => encoders.map((encode, index) => encode(row[index]));
}

function encoderOf({ kind, values }: ScoringParameter): (value: ScoringArgument | undefined) => WasmValue {
  switch (kind) {
    case 'integer':
    case 'date':
    case 'timestamp':
      return (value) => (typeof value === 'bigint' ? value : BigInt(Number(value)));
    case 'number':
      return Number;
    case 'boolean':
      return (value) => (value === true ? 1 : 0);
    case 'text': {
      const places = new Map((values ?? []).map((value, index) => [value, index]));
      return (value) => places.get(String(value)) ?? UNKNOWN_TEXT;
    }
  }
}

/** Makes a score of what the function gave: null for what is not a number, or not the place of a label. */
export function resultDecoder(returns: ScoringResult): (value: WasmValue) => WasmValue | null {
  if (returns.kind === 'number') return (value) => (Number.isNaN(value) ? null : value);
  const { length } = returns.labels;
  return (value) => (typeof value === 'number' && value >= 0 && value < length ? value : null);
}
