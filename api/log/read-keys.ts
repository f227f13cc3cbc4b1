import { formatKeyHistory } from '../../audit/index.ts';
import type { audit } from '../../proto/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** Every key that ever signed for the log and its receipts, with the proof of each change. */
export async function readKeys({ logKeys, store }: Kitchen): Promise<audit.GetLogKeysResponse> {
  const announced = await store.db.selectFrom('receipt_keys').selectAll().orderBy('leaf_index').execute();
  const later = logKeys.handovers.map(({ leaf, leafIndex, note }) => {
    const { subject } = JSON.parse(Buffer.from(leaf).toString()) as { subject: { to: string } };
    return { verifierKey: subject.to, leafIndex: BigInt(leafIndex), handover: note };
  });
  return {
    logKeys: [{ verifierKey: logKeys.firstKey, leafIndex: 0n, handover: '' }, ...later],
    receiptKeys: announced.map(({ kid, x, leaf_index }) => ({
      jwk: JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x, kid }),
      leafIndex: BigInt(leaf_index),
    })),
    history: formatKeyHistory(logKeys),
  };
}
