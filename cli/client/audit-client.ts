import { audit } from '../../proto/index.ts';
import { callServerStream, callUnary, transferDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

const pageSize = 1000;

/** Which entries to read; empty strings mean all. */
export interface EntryRequest {
  readonly collaborationId: string;
  readonly kind: string;
  readonly fromIndex: bigint;
  /** More to narrow it by. */
  readonly filter?: Partial<audit.EntryFilter>;
}

/** Which entries to have as a file. */
export interface ExportRequest {
  readonly filter: Partial<audit.EntryFilter>;
  readonly format: audit.ExportFormat;
  readonly fromIndex: bigint;
  /** 0 for the size that the log has at the call. */
  readonly untilIndex: bigint;
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
  async *entries({ filter, ...request }: EntryRequest): AsyncIterable<audit.Entry> {
    const call = this.#client.listEntries.bind(this.#client);
    const { collaborationId, kind } = request;
    let { fromIndex } = request;
    let untilIndex: bigint | undefined;
    do {
      const page = await callUnary(this.#connection, call, {
        fromIndex,
        pageSize,
        collaborationId,
        kind,
        filter: filter === undefined ? undefined : audit.EntryFilter.fromPartial(filter),
      });
      untilIndex ??= page.treeSize;
      const end = untilIndex;
      yield* page.entries.filter((entry) => entry.leafIndex < end);
      if (page.nextIndex <= fromIndex) return;
      fromIndex = page.nextIndex;
    } while (fromIndex < untilIndex);
  }

  /** Streams leaves in order, up to but without `untilIndex`. */
  async *leaves(untilIndex: bigint, fromIndex = 0n): AsyncIterable<Uint8Array> {
    const call = this.#client.streamLeaves.bind(this.#client);
    const range = { fromIndex, untilIndex };
    for await (const { leaf } of callServerStream(this.#connection, call, range, transferDeadlineMs)) yield leaf;
  }

  /** Has entries written as a file; pieces of it, each with how far it goes. */
  exportEntries({ filter, ...request }: ExportRequest): AsyncIterable<audit.ExportEntriesResponse> {
    const call = this.#client.exportEntries.bind(this.#client);
    const whole = { ...request, filter: audit.EntryFilter.fromPartial(filter) };
    return callServerStream(this.#connection, call, whole, transferDeadlineMs);
  }

  /** Reads the proof that a smaller tree is the beginning of a larger one. */
  async consistencyProof(firstSize: bigint, secondSize: bigint): Promise<readonly Uint8Array[]> {
    const call = this.#client.getConsistencyProof.bind(this.#client);
    return (await callUnary(this.#connection, call, { firstSize, secondSize })).hashes;
  }

  /** Lets an auditor read the entries of a collaboration for a time. */
  async grant(request: audit.GrantAuditRequest): Promise<audit.AuditGrant> {
    const { grant } = await callUnary(this.#connection, this.#client.grantAudit.bind(this.#client), request);
    return required(grant, 'grant');
  }

  /** Takes such a grant back. */
  async revokeGrant(grantId: string): Promise<audit.AuditGrant> {
    const call = this.#client.revokeAuditGrant.bind(this.#client);
    return required((await callUnary(this.#connection, call, { grantId })).grant, 'grant');
  }

  /** Lists the grants of a collaboration, ended ones included. */
  async grants(collaborationId: string): Promise<readonly audit.AuditGrant[]> {
    const call = this.#client.listAuditGrants.bind(this.#client);
    return (await callUnary(this.#connection, call, { collaborationId })).grants;
  }

  /** Reads the newest signed checkpoint with the log's public key. */
  checkpoint(): Promise<audit.GetCheckpointResponse> {
    return callUnary(this.#connection, this.#client.getCheckpoint.bind(this.#client), {});
  }

  /** Reads the receipt of a release or an activation, with all that verifies it. */
  receipt(subjectId: string): Promise<audit.GetReceiptResponse> {
    return callUnary(this.#connection, this.#client.getReceipt.bind(this.#client), { subjectId });
  }

  /** Reads every key that ever signed for the log and its receipts. */
  keys(): Promise<audit.GetLogKeysResponse> {
    return callUnary(this.#connection, this.#client.getLogKeys.bind(this.#client), {});
  }

  /** Reads rules by the digest that the log names them by. */
  rules(collaborationId: string, rulesDigest: string): Promise<audit.ReadRulesResponse> {
    const request = { collaborationId, rulesDigest };
    return callUnary(this.#connection, this.#client.readRules.bind(this.#client), request);
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
