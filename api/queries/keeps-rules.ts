import type { queries } from '../../proto/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { prepare } from './prepare.ts';

/**
 * Whether a question breaks no rule now, from declared facts alone. Whoever asks several in somebody's name asks this of
 * all of them first: one that is refused after others were charged has been paid for by nobody's fault.
 *
 * @throws {ServiceError} whatever a question is refused with that is not held against the rules at all
 */
export async function keepsRules(kitchen: Kitchen, call: Call, question: queries.Question): Promise<boolean> {
  return (await prepare(kitchen, call, 'submit-question', question)).ok;
}
