import type { ReleaseMode } from '../../policies/index.ts';
import { queries } from '../../proto/index.ts';
import { ServiceError } from '../grpc/index.ts';

const MODES: ReadonlyMap<queries.ReleaseMode, ReleaseMode> = new Map([
  [queries.ReleaseMode.UNSPECIFIED, 'private'],
  [queries.ReleaseMode.PRIVATE, 'private'],
  [queries.ReleaseMode.THRESHOLD, 'threshold'],
]);

/** Reads how a question wants its release protected. @throws {ServiceError} INVALID_REQUEST for a mode nobody named */
export function readMode(mode: queries.ReleaseMode): ReleaseMode {
  const read = MODES.get(mode);
  if (read === undefined) throw new ServiceError('INVALID_REQUEST', '`mode` is not one that is known');
  return read;
}

/** A mode as a message. */
export function modeMessage(mode: ReleaseMode): queries.ReleaseMode {
  return mode === 'threshold' ? queries.ReleaseMode.THRESHOLD : queries.ReleaseMode.PRIVATE;
}
