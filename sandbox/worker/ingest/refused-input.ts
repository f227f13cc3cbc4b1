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
