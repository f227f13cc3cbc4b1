import type { InputRefusal } from '../../wire/reasons.ts';

/** Thrown when an upload as a whole is refused. */
export class RefusedInput extends Error {
  override name = 'RefusedInput';
  readonly reason: InputRefusal;

  constructor(reason: InputRefusal) {
    super(`the upload is refused: ${reason}`);
    this.reason = reason;
  }
}

/** Refuses a file that contradicts itself. */
export function refuseUnreadable(): never {
  throw new RefusedInput('unreadable');
}

// What the language and the decompressors say when memory or stack is at its end.
const OUT_OF_MEMORY = /allocat|Z_MEM_ERROR|Maximum call stack/i;

/** Gives the reason of whatever a reader tripped over; the text of an error quotes the file and goes nowhere. */
export function refusalOf(error: unknown): RefusedInput {
  if (error instanceof RefusedInput) return error;
  // The limit on memory makes an allocation fail; the file asked for it, whatever the reader did wrong.
  const { code, message } = error as { code?: unknown; message?: unknown };
  const isOutOfMemory = OUT_OF_MEMORY.test(`${code} ${message}`);
  return new RefusedInput(isOutOfMemory ? 'needs-too-much' : 'unreadable');
}
