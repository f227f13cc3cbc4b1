import { FrameError } from '../../wire/frames.ts';
import { receive } from '../channel.ts';

/** Reads the code of the next function of a job. */
export function receiveCode(): Uint8Array {
  const message = receive();
  if (message.kind !== 'bytes') throw new FrameError('the code of a function was expected');
  return message.bytes;
}
