import { randomBytes } from 'node:crypto';
import type { DestinationKind } from '../store/index.ts';

/** Bytes of a webhook's secret: what Standard Webhooks asks for is 24 to 64. */
const WEBHOOK_SECRET_BYTES = 32;

/** What messages are signed with or what signs in at a broker, and what its other side is told of it, once. */
export interface Access {
  /** Kept sealed; null for a kind that needs none. */
  readonly secret: Uint8Array | null;
  /** Of a webhook: the same secret, as its verifiers take it. */
  readonly signingSecret: string;
  /** Of a broker: the public half alone. */
  readonly brokerUser: string;
}

/** Makes the secret that a kind of destination needs. */
export async function makeAccess(kind: DestinationKind): Promise<Access> {
  const none = { secret: null, signingSecret: '', brokerUser: '' };
  if (kind === 'webhook') {
    const secret = randomBytes(WEBHOOK_SECRET_BYTES);
    return { ...none, secret, signingSecret: `whsec_${secret.toString('base64')}` };
  }
  if (kind !== 'nats') return none;
  // Here and not at the start: few services have a broker, and its client is a hundred files.
  const { nkeys } = await import('@nats-io/transport-node');
  const secret = nkeys.createUser().getSeed();
  return { ...none, secret, brokerUser: nkeys.fromSeed(secret).getPublicKey() };
}
