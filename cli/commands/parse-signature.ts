import { InvalidArgumentError } from 'commander';
import { functions } from '../../proto/index.ts';

const kinds: Readonly<Record<string, functions.ParameterKind>> = {
  integer: functions.ParameterKind.INTEGER,
  number: functions.ParameterKind.NUMBER,
  boolean: functions.ParameterKind.BOOLEAN,
  text: functions.ParameterKind.TEXT,
  date: functions.ParameterKind.DATE,
  timestamp: functions.ParameterKind.TIMESTAMP,
};

/** How a parameter is written on the command line. */
export const parameterSyntax = "'name kind', or 'name text(gold,silver)' with the texts the code knows";

/** How a result is written on the command line. */
export const resultSyntax = "'number(3) between 0 and 1', or 'label(low,mid,high)'";

/** Parses a parameter of a scoring function, for example `tier text(gold,silver)`. */
export function parseParameter(value: string): functions.FunctionParameter {
  const match = /^\s*(?<name>\w+)\s+(?<kind>[a-z]+)\s*(\((?<values>.*)\))?\s*$/su.exec(value)?.groups;
  const kind = kinds[match?.kind ?? ''];
  if (match?.name === undefined || kind === undefined) {
    throw new InvalidArgumentError(`it must read ${parameterSyntax}; the kinds are ${Object.keys(kinds).join(', ')}`);
  }
  return { name: match.name, kind, values: match.values === undefined ? [] : parseWords(match.values) };
}

/** Parses what a scoring function gives, for example `number(3) between 0 and 1`. */
export function parseResult(value: string): functions.FunctionResult {
  const label = /^\s*label\s*\((?<words>.*)\)\s*$/su.exec(value)?.groups?.words;
  if (label !== undefined) return { result: { $case: 'label', value: { labels: parseWords(label) } } };
  const match = /^\s*number\s*(\(\s*(?<scale>\d)\s*\))?\s+between\s+(?<min>\S+)\s+and\s+(?<max>\S+)\s*$/u.exec(value);
  const { scale: digits = '0', min = '', max = '' } = match?.groups ?? {};
  const scale = Number(digits);
  const ends = [min, max].map((end) => parseUnits(end, scale));
  const [least, most] = ends;
  if (least === undefined || most === undefined) {
    throw new InvalidArgumentError(
      `it must read ${resultSyntax}; ends have as many digits after the point as the number`,
    );
  }
  return { result: { $case: 'number', value: { scale, min: least, max: most } } };
}

/** A decimal text in units of its last digit; undefined when it has more digits than there are. */
function parseUnits(text: string, scale: number): bigint | undefined {
  const match = /^(?<sign>-?)(?<whole>\d{1,18})(\.(?<part>\d{1,9}))?$/u.exec(text)?.groups;
  const part = match?.part ?? '';
  if (match === undefined || part.length > scale) return undefined;
  const units = BigInt(`${match.whole}${part.padEnd(scale, '0')}`);
  return match.sign === '-' ? -units : units;
}

/** A list of words between commas; one with a comma or spaces around it stands in single quotes, as in SQL. */
function parseWords(list: string): string[] {
  const word = /\s*(?:'(?<quoted>(?:[^']|'')*)'|(?<plain>[^',]*[^',\s]))\s*(?:,|$)/uy;
  const words: string[] = [];
  while (word.lastIndex < list.length) {
    const found = word.exec(list)?.groups;
    if (found === undefined) {
      throw new InvalidArgumentError("the words must stand between commas, those with commas in them as in 'a, b'");
    }
    words.push(found.quoted?.replaceAll("''", "'") ?? found.plain ?? '');
  }
  return words;
}

/** A signature as it is written on the command line. */
export function signatureText({ parameters, returns }: functions.ScoringFunction): string {
  return `(${parameters.map(parameterText).join(', ')}) → ${resultText(returns)}`;
}

function parameterText({ name, kind, values }: functions.FunctionParameter): string {
  const kindName = Object.keys(kinds).find((key) => kinds[key] === kind) ?? '?';
  return `${name} ${kindName}${values.length === 0 ? '' : `(${wordsText(values)})`}`;
}

function resultText(returns: functions.FunctionResult | undefined): string {
  const result = returns?.result;
  if (result?.$case === 'label') return `label(${wordsText(result.value.labels)})`;
  if (result?.$case !== 'number') return '?';
  const { scale, min, max } = result.value;
  return `number(${scale}) between ${decimalText(min, scale)} and ${decimalText(max, scale)}`;
}

function wordsText(words: readonly string[]): string {
  const isPlain = (word: string): boolean => /^[^',\s]+$/u.test(word);
  return words.map((word) => (isPlain(word) ? word : `'${word.replaceAll("'", "''")}'`)).join(',');
}

function decimalText(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const part = scale === 0 ? '' : digits.slice(-scale).replace(/0+$/u, '');
  return `${units < 0n ? '-' : ''}${whole}${part === '' ? '' : `.${part}`}`;
}
