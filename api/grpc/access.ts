// To an outsider a thing that exists and a thing that does not must look the same, or names can be probed: both answers
// are made here, from the same words.
import { ServiceError } from './service-error.ts';

/** What can be looked up by a name. */
export type Thing =
  | 'collaboration'
  | 'dataset'
  | 'upload'
  | 'snapshot'
  | 'question'
  | 'audience'
  | 'model'
  | 'function'
  | 'template'
  | 'destination'
  | 'grant'
  | 'erasure'
  | 'receipt'
  | 'table';

/** The answer for a thing that is not there. The name asked for is not echoed. */
export function notFound(thing: Thing): ServiceError {
  return new ServiceError('NOT_FOUND', sentenceOf(thing));
}

/**
 * The answer for a thing that is there and refused: PERMISSION_DENIED to those who may know of it, and to all others
 * the very error of `notFound`. Either is counted for the audit log under `<thing>/<id>`.
 */
export function accessRefused(refused: { thing: Thing; id: string; isVisible: boolean }): ServiceError {
  const { thing, id, isVisible } = refused;
  const details = { refusedResource: `${thing}/${id}` };
  if (!isVisible) return new ServiceError('NOT_FOUND', sentenceOf(thing), details);
  return new ServiceError('PERMISSION_DENIED', `this ${thing} does not permit that to you`, details);
}

function sentenceOf(thing: Thing): string {
  return `there is no ${thing} of that name that you may see`;
}
