import { createHash } from 'node:crypto';
import { datasets } from '../../proto/index.ts';
import { callClientStream, callServerStream, callUnary, transferDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

const pageSize = 1000;

// The contract allows 1 MiB a message; a quarter of it keeps progress smooth and memory small.
const chunkBytes = 256 * 1024;

/** What a dataset is created from. */
type NewDataset = Omit<datasets.CreateDatasetRequest, 'synthetic'> & { readonly synthetic?: boolean };

/** Calls of the dataset chapter, each a promise. */
export class DatasetClient {
  readonly #connection: Connection;
  readonly #client: datasets.DatasetServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new datasets.DatasetServiceClient(connection.address, connection.credentials);
  }

  /** Creates an empty dataset, for somebody's data unless it is said to be made up. */
  async create(request: NewDataset): Promise<datasets.Dataset> {
    const call = this.#client.createDataset.bind(this.#client);
    return required((await callUnary(this.#connection, call, { synthetic: false, ...request })).dataset, 'dataset');
  }

  /** Reads one dataset. */
  async get(datasetId: string): Promise<datasets.Dataset> {
    const call = this.#client.getDataset.bind(this.#client);
    return required((await callUnary(this.#connection, call, { datasetId })).dataset, 'dataset');
  }

  /** Reads all datasets of the caller's member. */
  async list(): Promise<datasets.Dataset[]> {
    const call = this.#client.listDatasets.bind(this.#client);
    const all: datasets.Dataset[] = [];
    let pageToken = '';
    do {
      const page = await callUnary(this.#connection, call, { pageSize, pageToken });
      all.push(...page.datasets);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return all;
  }

  /** Reads how a dataset was counted, newest first; one page. */
  async countingPaths(datasetId: string): Promise<datasets.CountingPath[]> {
    const call = this.#client.listCountingPaths.bind(this.#client);
    return (await callUnary(this.#connection, call, { datasetId, pageSize, pageToken: '' })).paths;
  }

  /**
   * Streams a file up as a new snapshot.
   *
   * @param onSent is told the number of bytes of each chunk once the service has taken it
   */
  async upload(
    header: datasets.UploadHeader,
    file: AsyncIterable<Buffer>,
    onSent: (byteCount: number) => void,
  ): Promise<{ snapshot: datasets.Snapshot; rejects: datasets.RejectReport | undefined }> {
    async function* messages(): AsyncIterable<datasets.UploadSnapshotRequest> {
      const hash = createHash('sha256');
      let byteCount = 0n;
      yield { part: { $case: 'header', value: header } };
      for await (const read of file) {
        for (let start = 0; start < read.length; start += chunkBytes) {
          const chunk = read.subarray(start, start + chunkBytes);
          yield { part: { $case: 'chunk', value: chunk } };
          hash.update(chunk);
          byteCount += BigInt(chunk.length);
          onSent(chunk.length);
        }
      }
      yield { part: { $case: 'end', value: { byteCount, sha256: hash.digest() } } };
    }
    const call = this.#client.uploadSnapshot.bind(this.#client);
    const answer = await callClientStream(this.#connection, call, messages(), transferDeadlineMs);
    return { snapshot: required(answer.snapshot, 'snapshot'), rejects: answer.rejects };
  }

  /** Streams the bytes of a snapshot back as they were uploaded. */
  async *takeOut(datasetId: string, snapshotId: string): AsyncIterable<Uint8Array> {
    const call = this.#client.takeOutSnapshot.bind(this.#client);
    for await (const { chunk } of callServerStream(
      this.#connection,
      call,
      { datasetId, snapshotId },
      transferDeadlineMs,
    )) {
      yield chunk;
    }
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
