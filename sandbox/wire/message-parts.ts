// The fields of a message, each read as if somebody hostile had written it.
import { FrameError } from './frames.ts';

/** Reads a part that is an object. @throws {FrameError} when it is not */
export function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new FrameError('a message part is not an object');
  return value as Record<string, unknown>;
}

/** Reads a part that is a list. @throws {FrameError} when it is not */
export function list<Part>(value: unknown, partOf: (part: unknown) => Part): Part[] {
  if (!Array.isArray(value)) throw new FrameError('a message part is not a list');
  return value.map(partOf);
}

/** Reads a part that is text. @throws {FrameError} when it is not */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new FrameError('a message part is not text');
  return value;
}

/** Reads a part that is a count. @throws {FrameError} when it is not */
export function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new FrameError('a message part is not a count');
  return value as number;
}

/** Reads a part that is one of a closed set of words. @throws {FrameError} when it is not */
export function oneOf<Word extends string>(words: readonly Word[], value: unknown): Word {
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw new FrameError('a message part is not one of its words');
  return word;
}
