import { destinations } from '../../proto/index.ts';
import type { ServiceStage } from './service-stage.ts';

/** Terms that permit much; a test says what it wants otherwise. */
export function destinationTerms(fields: Partial<destinations.DestinationTerms> = {}): destinations.DestinationTerms {
  return {
    kind: destinations.DestinationKind.STRATEGY_ENGINE,
    address: '127.0.0.1:1',
    caCertificatePem: '',
    identifier: 'email',
    purpose: 'shop-front',
    minSize: 0n,
    allowedMembers: [],
    retentionDays: 0,
    recipient: '',
    ...fields,
  };
}

/** Which destination is registered, and on which terms. */
export interface Registered {
  readonly collaborationId: string;
  readonly destinationId: string;
  readonly terms: Partial<destinations.DestinationTerms>;
}

/** Has the platform propose a destination and the brand approve it; answers what was shown to the platform, once. */
export async function registerDestination(
  stage: ServiceStage,
  { collaborationId, destinationId, terms }: Registered,
): Promise<destinations.ProposeDestinationResponse> {
  const request = { collaborationId, destinationId, terms: destinationTerms(terms) };
  const proposed = await stage.as('platform').destinations.propose(request);
  const termsDigest = proposed.destination?.termsDigest ?? '';
  await stage.as('brand').destinations.approve({ collaborationId, destinationId, termsDigest });
  return proposed;
}
