import type { AuditorKnowledge, VerifiedAudit } from './auditor/verify-source.ts';
import type { GalleyClient } from './client/index.ts';

export type { AuditorKnowledge, VerifiedAudit } from './auditor/verify-source.ts';

/**
 * Verifies the log of a running service, believing nothing it computed.
 *
 * The verifier is the one the service ships, but runs on the auditor's machine; the checkpoints the auditor kept from
 * earlier visits show a log that was rolled back or forked since.
 *
 * @throws {Error} with the code of the first broken promise
 */
export async function verifyAudit(client: GalleyClient, known: AuditorKnowledge): Promise<VerifiedAudit> {
  // Loaded here and now: no other command needs the verifier, and no other file of the CLI may reach beyond the
  // contract.
  const { serviceSource } = await import('./auditor/log-source.ts');
  const { verifySource } = await import('./auditor/verify-source.ts');
  return await verifySource(await serviceSource(client), known);
}
