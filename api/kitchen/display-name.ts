import { ServiceError } from '../grpc/index.ts';

/** Longest name for people. */
const MAX_DISPLAY_NAME_CHARS = 200;

/** Reads a name for people. @throws {ServiceError} INVALID_REQUEST when it is empty or too long */
export function readDisplayName(text: string): string {
  if (text.trim() === '' || text.length > MAX_DISPLAY_NAME_CHARS) {
    throw new ServiceError('INVALID_REQUEST', `\`display_name\` must have 1 to ${MAX_DISPLAY_NAME_CHARS} characters`);
  }
  return text;
}
