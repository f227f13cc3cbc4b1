import type { AppendedEntry, AuditLog, EntryBody, KeyHistory } from '../../audit/index.ts';
import type { DecidingCode, RandomBits } from '../../policies/index.ts';
import type { Wall } from '../../sandbox/index.ts';
import type { Authorizer } from '../authorize/index.ts';
import type { Config } from '../config/index.ts';
import type { Call, OperatorLog } from '../grpc/index.ts';
import type { ReceiptKey } from '../keys/index.ts';
import type { Store } from '../store/index.ts';
import type { Vault } from '../vault/index.ts';
import type { Changes } from './changes.ts';

/** Everything a flow works with. What is not in here, a flow cannot touch. */
export interface Kitchen {
  readonly config: Config;
  readonly store: Store;
  readonly vault: Vault;
  /** Where data is worked on. */
  readonly wall: Wall;
  /** Places of their own for what holds no data: a question is read, and refused, however busy the others are. */
  readonly reader: Pick<Wall, 'parse' | 'compose' | 'refill'>;
  /** Places of their own for uploads, which last as long as their senders like. */
  readonly receiver: Pick<Wall, 'ingest' | 'inspect'>;
  /** A place of its own for what is made of tables in the background: no question waits for it. */
  readonly maker: Wall;
  /** Tells of changes that derived tables follow. */
  readonly changes: Changes;
  readonly log: AuditLog;
  /** Settled when the log takes nothing more. */
  readonly logFailed: Promise<void>;
  /** The public half of the log's key, in the note format. */
  readonly logVerifierKey: string;
  /** Every key that ever signed for the log. */
  readonly logKeys: KeyHistory;
  /** Signs receipts. */
  readonly receiptKey: ReceiptKey;
  /** Which code decides here. */
  readonly code: DecidingCode;
  readonly authorizer: Authorizer;
  readonly operatorLog: OperatorLog;
  readonly bits: RandomBits;
  readonly nowMs: () => number;
}

/** An entry as a flow tells it. */
export type ToldEntry = Pick<EntryBody, 'kind' | 'subject'> & {
  readonly call: Pick<Call, 'principal'> | null;
  readonly collaboration: string | null;
};

/** Appends an entry in the name of a caller; durable when this returns. Answers its place. */
export async function record(kitchen: Kitchen, entry: ToldEntry): Promise<number> {
  return (await recordPlaced(kitchen, entry)).leafIndex;
}

/** Appends an entry as `record` does, and answers its place, its hash and the size of the log. */
export async function recordPlaced(kitchen: Kitchen, entry: ToldEntry): Promise<AppendedEntry> {
  const { kind, subject, call, collaboration } = entry;
  const actor = call && { principal: call.principal.principal, member: call.principal.member };
  const at = new Date(kitchen.nowMs()).toISOString();
  return await kitchen.log.append({ kind, at, actor, collaboration, subject });
}
