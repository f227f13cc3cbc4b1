import { FaultCollector } from '../rules/fault-collector.ts';
import type { RulesFault } from '../rules/rules.ts';
import type { FunctionParameter, FunctionResult, FunctionView } from './function-view.ts';

/** What a submitter declares of a scoring function. */
export type FunctionSignature = Pick<FunctionView, 'name' | 'parameters' | 'returns'>;

/** The outcome of reading a declared signature; each fault with a JSON pointer, as `/parameters/2/kind`. */
export type ReadSignature =
  | { readonly ok: true; readonly signature: FunctionSignature }
  | { readonly ok: false; readonly faults: readonly RulesFault[] };

/** Names of functions and parameters: the SQL says them without quotes. */
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** What the grammar reads as something else than a call, whatever stands before it: such a function could not be called. */
const GRAMMAR_WORDS = ['construct_array', 'date', 'if', 'ifnull', 'try', 'unpack'];

const KINDS = ['integer', 'number', 'boolean', 'text', 'date', 'timestamp'] as const;

/** Most parameters: a model with more features takes them as a few computed ones. */
const MAX_PARAMETERS_COUNT = 32;
/** Most labels, and most values of a parameter: each label may become a group that everybody sees. */
const MAX_WORDS_COUNT = 256;
/** Longest label or value: a word that people read in a table. */
const MAX_WORD_CHARACTERS = 64;
/** Text that shows as what it is: no controls, no marks that turn it around, and no halves of characters. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
/** Most digits after the point, as arithmetic of questions keeps them. */
const MAX_SCALE_DIGITS = 9;
/** Largest end, in units of the last digit: 18 digits, which the engine's exact numbers and 64 bits both hold. */
const MAX_END_UNITS = 10n ** 18n - 1n;

/** Reads what a submitter declares; every fault at once. Ends of numbers are bigints, whole numbers or their text. */
export function readFunctionSignature(definition: unknown): ReadSignature {
  const collect = new FaultCollector();
  const fields = collect.fields(definition, '', ['name', 'parameters', 'returns']);
  const signature = {
    name: readName(collect, fields.name, '/name'),
    parameters: readParameters(collect, fields.parameters),
    returns: readResult(collect, fields.returns),
  };
  if (GRAMMAR_WORDS.includes(signature.name)) {
    collect.fault('/name', 'is a word of SQL; take another, for example with the name of the model');
  }
  return collect.faults.length === 0 ? { ok: true, signature } : { ok: false, faults: collect.faults };
}

function readName(collect: FaultCollector, value: unknown, path: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value;
  collect.fault(path, 'must be lower-case letters, digits and underscores, beginning with a letter, 63 at most');
  return '';
}

function readParameters(collect: FaultCollector, value: unknown): readonly FunctionParameter[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_PARAMETERS_COUNT) {
    collect.fault('/parameters', `must be a list of 1 to ${MAX_PARAMETERS_COUNT} parameters`);
    return [];
  }
  const parameters = value.map((part: unknown, index) => readParameter(collect, part, `/parameters/${index}`));
  for (const [index, { name }] of parameters.entries()) {
    const isTwice = name !== '' && parameters.findIndex((p) => p.name === name) < index;
    if (isTwice) collect.fault(`/parameters/${index}/name`, `\`${name}\` is the name of two parameters`);
  }
  return parameters;
}

function readParameter(collect: FaultCollector, value: unknown, path: string): FunctionParameter {
  const fields = collect.fields(value, path, ['name', 'kind', 'values']);
  const kind = KINDS.find((k) => k === fields.kind);
  if (kind === undefined) collect.fault(`${path}/kind`, `must be one of ${KINDS.join(', ')}`);
  const hasValues = fields.values !== undefined && fields.values !== null;
  if (hasValues && kind !== undefined && kind !== 'text') {
    collect.fault(`${path}/values`, 'can be listed for text only');
  }
  return {
    name: readName(collect, fields.name, `${path}/name`),
    kind: kind ?? 'text',
    values: hasValues ? readWords(collect, fields.values, `${path}/values`) : null,
  };
}

function readResult(collect: FaultCollector, value: unknown): FunctionResult {
  const isLabel = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'label';
  if (isLabel) {
    const { labels } = collect.fields(value, '/returns', ['kind', 'labels']);
    return { kind: 'label', labels: readWords(collect, labels, '/returns/labels') };
  }
  const { kind, scale, min, max } = collect.fields(value, '/returns', ['kind', 'scale', 'min', 'max']);
  if (kind !== 'number') collect.fault('/returns/kind', 'must be number or label');
  const ends = { min: readEnd(collect, min, '/returns/min'), max: readEnd(collect, max, '/returns/max') };
  if (ends.min > ends.max) collect.fault('/returns/max', 'is under `min`');
  return { kind: 'number', scale: collect.whole(scale, '/returns/scale', 0, MAX_SCALE_DIGITS), ...ends };
}

function readEnd(collect: FaultCollector, value: unknown, path: string): bigint {
  const isText = typeof value === 'string' && /^-?\d{1,18}$/.test(value);
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  const end = isText || isWhole ? BigInt(value as bigint) : null;
  if (end !== null && end >= -MAX_END_UNITS && end <= MAX_END_UNITS) return end;
  collect.fault(path, `must be a whole number of units of the last digit, from -${MAX_END_UNITS} to ${MAX_END_UNITS}`);
  return 0n;
}

function readWords(collect: FaultCollector, value: unknown, path: string): readonly string[] {
  const words = Array.isArray(value) ? (value as readonly unknown[]) : [];
  if (words.length === 0 || words.length > MAX_WORDS_COUNT) {
    collect.fault(path, `must be a list of 1 to ${MAX_WORDS_COUNT} texts`);
  }
  const known = new Set<unknown>();
  for (const [index, word] of words.entries()) {
    const isWord = typeof word === 'string' && PRINTABLE.test(word) && [...word].length <= MAX_WORD_CHARACTERS;
    if (!isWord)
      collect.fault(`${path}/${index}`, `must be 1 to ${MAX_WORD_CHARACTERS} characters that can be printed`);
    else if (known.has(word)) collect.fault(`${path}/${index}`, `\`${word}\` is named twice`);
    known.add(word);
  }
  return words.filter((word) => typeof word === 'string');
}
