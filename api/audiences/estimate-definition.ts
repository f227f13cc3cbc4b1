import type { audiences } from '../../proto/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type AudienceRecord, admitToAudience } from './audience-record.ts';
import { admitToDefine, type DefiningRequest, defineAudience } from './define-audience.ts';
import { estimateAudience, type SizedAudience } from './estimate-audience.ts';

/** A definition that is only to be sized. */
export interface EstimatedDefinition extends DefiningRequest {
  readonly definition: audiences.Definition;
  /** 0 for the one that a size has when nobody names one. */
  readonly epsilon: number;
}

/**
 * Releases the protected size of a definition that nothing has been made of.
 *
 * It takes the road of every size: the same rules, the same price, and the same stored release when an audience is made of
 * it later.
 */
export async function estimateDefinition(
  kitchen: Kitchen,
  call: Call,
  { epsilon, ...request }: EstimatedDefinition,
): Promise<SizedAudience> {
  return await estimateAudience(kitchen, call, await draftOf(kitchen, call, request), epsilon);
}

/** A definition as an audience that can be sized, once every owner permits it; nothing was charged. */
export async function draftOf(
  kitchen: Kitchen,
  call: Call,
  request: Omit<EstimatedDefinition, 'epsilon'>,
): Promise<AudienceRecord> {
  const collaboration = await admitToDefine(kitchen, call, request);
  const remember = async () => {};
  const draft = { ...request, displayName: '', isDraft: true };
  const id = await defineAudience(kitchen, call, draft, { collaboration, remember });
  return await admitToAudience(kitchen, call, 'estimate-audience', id);
}
