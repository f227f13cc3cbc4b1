import { openKept } from '../details/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { SeedAudience } from '../models/index.ts';
import { admitToAudience } from './audience-record.ts';

/**
 * Opens an audience that a model learns from: its words, for whoever may have its size.
 *
 * @throws {ServiceError} NOT_FOUND, PERMISSION_DENIED or RECORD_ERASED
 */
export async function readSeed(kitchen: Kitchen, call: Call, audienceId: string): Promise<SeedAudience> {
  const { row } = await admitToAudience(kitchen, call, 'estimate-audience', audienceId);
  const { content } = await openKept(kitchen, { kind: 'definition', subjectId: row.audience_id });
  const tables = JSON.parse(row.tables) as string[];
  return { collaborationId: row.collaboration_id, owner: row.owner, tables, sql: Buffer.from(content).toString() };
}
