import type { AuditLog, EntryBody } from '../../audit/index.ts';
import type { RandomBits } from '../../policies/index.ts';
import type { Wall } from '../../sandbox/index.ts';
import type { Authorizer } from '../authorize/index.ts';
import type { Config } from '../config/index.ts';
import type { Call, OperatorLog } from '../grpc/index.ts';
import type { Store } from '../store/index.ts';
import type { Vault } from '../vault/index.ts';

/** Everything a flow works with. What is not in here, a flow cannot touch. */
export interface Kitchen {
  readonly config: Config;
  readonly store: Store;
  readonly vault: Vault;
  /** Where data is worked on. */
  readonly wall: Wall;
  /** Places of their own for what holds no data: a question is read, and refused, however busy the others are. */
  readonly reader: Pick<Wall, 'parse' | 'compose'>;
  /** Places of their own for uploads, which last as long as their senders like. */
  readonly receiver: Pick<Wall, 'ingest' | 'inspect'>;
  readonly log: AuditLog;
  /** The public half of the log's key, in the note format. */
  readonly logVerifierKey: string;
  readonly authorizer: Authorizer;
  readonly operatorLog: OperatorLog;
  readonly bits: RandomBits;
  readonly nowMs: () => number;
}

/** Appends an entry in the name of a caller; durable when this returns. */
export async function record(
  kitchen: Kitchen,
  entry: Pick<EntryBody, 'kind' | 'subject'> & { call: Pick<Call, 'principal'> | null; collaboration: string | null },
): Promise<number> {
  const { kind, subject, call, collaboration } = entry;
  const actor = call && { principal: call.principal.principal, member: call.principal.member };
  const at = new Date(kitchen.nowMs()).toISOString();
  const { leafIndex } = await kitchen.log.append({ kind, at, actor, collaboration, subject });
  return leafIndex;
}
