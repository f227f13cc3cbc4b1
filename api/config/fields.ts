import { ConfigRefused } from './config-refused.ts';

/** A JSON object whose fields are not known yet. */
export type Document = { readonly [field: string]: unknown };

/** Says whether a value is a JSON object. */
export function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads an object and refuses fields nobody named: a misspelt `clientCAFile` must not silently turn mutual TLS off.
 *
 * @throws {ConfigRefused} naming the field
 */
export function readDocument(value: unknown, field: string, known: readonly string[]): Document {
  if (!isDocument(value)) throw new ConfigRefused(field, `\`${field}\` must be an object`);
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const path = field === '' ? name : `${field}.${name}`;
    throw new ConfigRefused(path, `\`${path}\` is not a field of the configuration; known here are ${quoteAll(known)}`);
  }
  return value;
}

/** Reads a string that is not empty. @throws {ConfigRefused} */
export function readText(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new ConfigRefused(field, `\`${field}\` must be a text that is not empty`);
}

/**
 * Reads a whole number within bounds, both included. Digits in a text are taken, as the environment has nothing else.
 */
export function readCount(value: unknown, field: string, bounds: { least: number; most: number }): number {
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= bounds.least && count <= bounds.most) {
    return count;
  }
  throw new ConfigRefused(field, `\`${field}\` must be a whole number from ${bounds.least} to ${bounds.most}`);
}

/** Reads yes or no. The words are taken as texts too, as the environment has nothing else. @throws {ConfigRefused} */
export function readFlag(value: unknown, field: string): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new ConfigRefused(field, `\`${field}\` must be \`true\` or \`false\``);
}

/** Writes names in backticks with commas between. */
export function quoteAll(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
