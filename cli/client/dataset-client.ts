import { datasets, uploads } from '../../proto/index.ts';
import { callServerStream, callUnary, transferDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';
import { isPassing, Patience } from './patience.ts';
import { required } from './required.ts';
import { sendWhole } from './send-whole.ts';
import type { UploadClient } from './upload-client.ts';
import { StreamSource } from './upload-source.ts';

const pageSize = 1000;

/** What a dataset is created from. */
type NewDataset = Pick<datasets.CreateDatasetRequest, 'displayName' | 'columns' | 'requestId'> &
  Partial<datasets.CreateDatasetRequest>;

/** What an upload in one go is. */
export interface WholeUpload {
  readonly datasetId: string;
  readonly format: datasets.FileFormat;
  /** The same id with the same bytes has its effect once a dataset. */
  readonly uploadId: string;
  readonly maxRejects: bigint;
}

/** Calls of the dataset chapter, each a promise. */
export class DatasetClient {
  readonly #connection: Connection;
  readonly #client: datasets.DatasetServiceClient;
  readonly #uploads: UploadClient;

  constructor(connection: Connection, uploads: UploadClient) {
    this.#uploads = uploads;
    this.#connection = connection;
    this.#client = new datasets.DatasetServiceClient(connection.address, connection.credentials);
  }

  /** Creates an empty dataset, for somebody's data unless it is said to be made up. */
  async create(request: NewDataset): Promise<datasets.Dataset> {
    const call = this.#client.createDataset.bind(this.#client);
    return required(
      (
        await callUnary(this.#connection, call, {
          synthetic: false,
          layout: undefined,
          tolerance: undefined,
          ...request,
        })
      ).dataset,
      'dataset',
    );
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

  /** Reads what is laid out of a dataset, or of all for the operator when none is named. */
  async layouts(datasetId = ''): Promise<datasets.Layout[]> {
    const call = this.#client.listLayouts.bind(this.#client);
    const all: datasets.Layout[] = [];
    let pageToken = '';
    do {
      const page = await callUnary(this.#connection, call, { datasetId, pageSize, pageToken });
      all.push(...page.layouts);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return all;
  }

  /**
   * Uploads bytes and publishes them as a new snapshot, in one go; an upload that is refused is thrown away.
   *
   * @param onSent is told the number of bytes of each chunk once the service has taken it
   */
  async upload(
    { datasetId, format, uploadId: name, maxRejects }: WholeUpload,
    file: AsyncIterable<Buffer>,
    onSent: (byteCount: number) => void,
  ): Promise<{ snapshot: datasets.Snapshot; rejects: datasets.RejectReport | undefined }> {
    const client = this.#uploads;
    const begun = await client.begin({ requestId: name && `${name}/${datasetId}`, datasetId });
    const { uploadId } = begun;
    let sent = 0;
    const onPosition = (position: number) => {
      onSent(Math.max(0, position - sent));
      sent = Math.max(position, sent);
    };
    const layout = { format, encoding: '', delimiter: '', quote: '', nullWords: [] };
    const terms = { mode: datasets.SnapshotMode.REPLACE, tolerance: { rows: maxRejects, share: 0 }, layout };
    try {
      await sendWhole(begun, { client, source: new StreamSource(file), patience: new Patience(0), onPosition });
      const { snapshot, rejects } = await client.publish({ uploadId, datasetId, ...terms });
      return { snapshot: required(snapshot, 'snapshot'), rejects };
    } catch (error) {
      // What may yet be gone on with stays, and so does what somebody else has published under the name.
      if (!isPassing(error) && begun.state !== uploads.UploadState.PUBLISHED) {
        await client.abandon(uploadId).catch(() => undefined);
      }
      throw error;
    }
  }

  /** Streams the bytes of one file of a snapshot back as they were uploaded; the first one unless another is named. */
  async *takeOut(datasetId: string, snapshotId: string, partIndex = 0): AsyncIterable<Uint8Array> {
    for await (const { chunk } of this.takeOutFile({ datasetId, snapshotId, partIndex, offset: 0n })) yield chunk;
  }

  /** Streams one file of a snapshot back: what it is, then its bytes from a place on. */
  takeOutFile(request: datasets.TakeOutSnapshotRequest): AsyncIterable<datasets.TakeOutSnapshotResponse> {
    const call = this.#client.takeOutSnapshot.bind(this.#client);
    return callServerStream(this.#connection, call, request, transferDeadlineMs);
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
