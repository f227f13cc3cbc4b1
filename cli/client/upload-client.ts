import { uploads } from '../../proto/index.ts';
import { callClientStream, callServerStream, callUnary, transferDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

const pageSize = 1000;

// The contract allows 1 MiB a message; a quarter of it keeps progress smooth and memory small.
const chunkBytes = 256 * 1024;

// A look into the first rows may wait for a worker that reads somebody else's file.
const inspectDeadlineMs = 120_000;

// gRPC would wait up to two minutes before it looks again for a service that was away; `Patience` waits here.
const reconnectMs = 1000;

// A connection that somebody on the way has forgotten looks like one that is slow: it is asked, and then given up.
const keepaliveMs = 20_000;

/** What a file of a dataset is read and judged by. */
export type Terms = Pick<uploads.PublishUploadRequest, 'mode' | 'tolerance' | 'layout'>;

/** Is told how far a file has been read. */
export type OnProgress = (progress: uploads.UploadProgress) => void;

/** Calls of the upload chapter, each a promise. */
export class UploadClient {
  readonly #connection: Connection;
  readonly #client: uploads.UploadServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new uploads.UploadServiceClient(connection.address, connection.credentials, {
      'grpc.initial_reconnect_backoff_ms': reconnectMs,
      'grpc.max_reconnect_backoff_ms': reconnectMs,
      'grpc.keepalive_time_ms': keepaliveMs,
      'grpc.keepalive_timeout_ms': keepaliveMs,
    });
  }

  /** Begins an upload, or finds the one of that name. */
  async begin(
    request: Pick<uploads.BeginUploadRequest, 'requestId'> & Partial<uploads.BeginUploadRequest>,
  ): Promise<uploads.Upload> {
    const call = this.#client.beginUpload.bind(this.#client);
    const whole = { fileName: '', declaredBytes: 0n, sha256: new Uint8Array(), datasetId: '', ...request };
    return required((await callUnary(this.#connection, call, whole)).upload, 'upload');
  }

  /** Streams bytes in, the first of which stands at `offset` in the file. */
  async send(uploadId: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<uploads.Upload> {
    async function* messages(): AsyncIterable<uploads.SendUploadRequest> {
      yield { part: { $case: 'header', value: { uploadId, offset: BigInt(offset) } } };
      for await (const read of bytes) {
        for (let start = 0; start < read.length; start += chunkBytes) {
          yield { part: { $case: 'chunk', value: read.subarray(start, start + chunkBytes) } };
        }
      }
      yield { part: { $case: 'end', value: {} } };
    }
    const call = this.#client.sendUpload.bind(this.#client);
    const answer = await callClientStream(this.#connection, call, messages(), transferDeadlineMs);
    return required(answer.upload, 'upload');
  }

  /** Says that the file has been sent whole. */
  async complete(
    request: uploads.CompleteUploadRequest,
    onProgress: OnProgress = () => undefined,
  ): Promise<uploads.Upload> {
    const call = this.#client.completeUpload.bind(this.#client);
    let upload: uploads.Upload | undefined;
    for await (const { part } of callServerStream(this.#connection, call, request, transferDeadlineMs)) {
      if (part?.$case === 'progress') onProgress(part.value);
      else if (part?.$case === 'upload') upload = part.value;
    }
    return required(upload, 'upload');
  }

  /** Reads one upload. */
  async get(uploadId: string): Promise<uploads.Upload> {
    const call = this.#client.getUpload.bind(this.#client);
    return required((await callUnary(this.#connection, call, { uploadId })).upload, 'upload');
  }

  /** Reads all uploads of the caller's member, newest first. */
  async list(): Promise<uploads.Upload[]> {
    const call = this.#client.listUploads.bind(this.#client);
    const all: uploads.Upload[] = [];
    let pageToken = '';
    do {
      const page = await callUnary(this.#connection, call, { pageSize, pageToken });
      all.push(...page.uploads);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return all;
  }

  /** Finds out what a file seems to be. */
  async inspect(request: uploads.InspectUploadRequest): Promise<uploads.InspectUploadResponse> {
    const call = this.#client.inspectUpload.bind(this.#client);
    return await callUnary(this.#connection, call, request, inspectDeadlineMs);
  }

  /** Tries what publishing would do. */
  async check(
    request: uploads.CheckUploadRequest,
    onProgress: OnProgress = () => undefined,
  ): Promise<uploads.UploadOutcome> {
    const call = this.#client.checkUpload.bind(this.#client);
    let outcome: uploads.UploadOutcome | undefined;
    for await (const { part } of callServerStream(this.#connection, call, request, transferDeadlineMs)) {
      if (part?.$case === 'progress') onProgress(part.value);
      else if (part?.$case === 'outcome') outcome = part.value;
    }
    return required(outcome, 'outcome');
  }

  /**
   * Makes a snapshot of an upload.
   *
   * @param on is told of progress, and of what was left out until a file was refused
   */
  async publish(
    request: uploads.PublishUploadRequest,
    on: {
      readonly progress?: OnProgress;
      readonly refused?: (rejects: uploads.PublishedUpload['rejects']) => void;
    } = {},
  ): Promise<uploads.PublishedUpload> {
    const call = this.#client.publishUpload.bind(this.#client);
    let published: uploads.PublishedUpload | undefined;
    for await (const { part } of callServerStream(this.#connection, call, request, transferDeadlineMs)) {
      if (part?.$case === 'progress') on.progress?.(part.value);
      else if (part?.$case === 'refused') on.refused?.(part.value);
      else if (part?.$case === 'published') published = part.value;
    }
    return required(published, 'published');
  }

  /** Throws an upload away. */
  async abandon(uploadId: string): Promise<void> {
    const call = this.#client.abandonUpload.bind(this.#client);
    await callUnary(this.#connection, call, { uploadId });
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
