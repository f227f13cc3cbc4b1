import { audit } from '../../proto/index.ts';
import { callServerStream, callUnary, transferDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';

const pageSize = 1000;

/** Which entries to read; empty strings mean all. */
export interface EntryFilter {
  readonly collaborationId: string;
  readonly kind: string;
  readonly fromIndex: bigint;
}

/** The record of a decision, and where the log has its digest. */
export interface KeptDecision {
  /** JSON, in UTF-8. */
  readonly record: Uint8Array;
  /** Stands before the record in the digest. */
  readonly salt: Uint8Array;
  /** Its entry stands here or later. */
  readonly fromIndex: bigint;
  readonly collaborationId: string;
}

/** Calls of the audit chapter, each a promise. */
export class AuditClient {
  readonly #connection: Connection;
  readonly #client: audit.AuditServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new audit.AuditServiceClient(connection.address, connection.credentials);
  }

  /**
   * Reads entries in the order of the log, page by page, up to the size the log had at the first page.
   *
   * Each read is itself logged, so that a reader who went on to the moving end would never arrive.
   */
  async *entries(filter: EntryFilter): AsyncIterable<audit.Entry> {
    const call = this.#client.listEntries.bind(this.#client);
    const { collaborationId, kind } = filter;
    let fromIndex = filter.fromIndex;
    let untilIndex: bigint | undefined;
    do {
      const page = await callUnary(this.#connection, call, { fromIndex, pageSize, collaborationId, kind });
      untilIndex ??= page.treeSize;
      const end = untilIndex;
      yield* page.entries.filter((entry) => entry.leafIndex < end);
      if (page.nextIndex <= fromIndex) return;
      fromIndex = page.nextIndex;
    } while (fromIndex < untilIndex);
  }

  /** Streams leaves in order, from 0 up to but without `untilIndex`. */
  async *leaves(untilIndex: bigint): AsyncIterable<Uint8Array> {
    const call = this.#client.streamLeaves.bind(this.#client);
    const range = { fromIndex: 0n, untilIndex };
    for await (const { leaf } of callServerStream(this.#connection, call, range, transferDeadlineMs)) yield leaf;
  }

  /** Reads the newest signed checkpoint with the log's public key. */
  checkpoint(): Promise<audit.GetCheckpointResponse> {
    return callUnary(this.#connection, this.#client.getCheckpoint.bind(this.#client), {});
  }

  /** Reads the record of a decision: what it was made from. */
  async decision(queryId: string): Promise<KeptDecision> {
    const call = this.#client.readDecision.bind(this.#client);
    const pieces: audit.ReadDecisionResponse[] = [];
    for await (const piece of callServerStream(this.#connection, call, { queryId }, transferDeadlineMs)) {
      pieces.push(piece);
    }
    const [first] = pieces;
    return {
      record: Buffer.concat(pieces.map((piece) => piece.record)),
      salt: first?.salt ?? new Uint8Array(),
      fromIndex: first?.fromIndex ?? 0n,
      collaborationId: first?.collaborationId ?? '',
    };
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
