import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { queries } from '../../proto/index.ts';

/** Reads a text from a file, or from standard input for `-`. */
export function readText(path: string): string {
  return readFileSync(path === '-' ? 0 : path, 'utf8');
}

/** Parses an amount of privacy budget: a number over 0. */
export function parseEpsilon(value: string): number {
  const epsilon = Number(value);
  if (!Number.isFinite(epsilon) || epsilon <= 0) throw new InvalidArgumentError('it must be a number over 0');
  return epsilon;
}

/** Parses how a release is to be protected. */
export function parseMode(value: string): queries.ReleaseMode {
  if (value === 'private') return queries.ReleaseMode.PRIVATE;
  if (value === 'threshold') return queries.ReleaseMode.THRESHOLD;
  throw new InvalidArgumentError('it must be `private` or `threshold`');
}

/** Parses a count: a whole number from 0. */
export function parseCount(value: string): number {
  if (!/^\d{1,15}$/u.test(value)) throw new InvalidArgumentError('it must be a whole number from 0');
  return Number(value);
}

/** Collects a repeatable option through its parser. */
export function collect<T>(parse: (value: string) => T): (value: string, earlier: T[] | undefined) => T[] {
  return (value, earlier = []) => [...earlier, parse(value)];
}
