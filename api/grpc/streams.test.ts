import { type ClientReadableStream, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { matching, queries, uploads } from '../../proto/index.ts';
import { ServiceError } from './index.ts';
import { bearer, clientOf, errorOf, startWorld, type World } from './testdata/grpc-world.ts';

describe('a stream of answers', () => {
  const readAll = async (stream: ClientReadableStream<queries.ReadReleaseResponse>) => {
    const chunks: Uint8Array[] = [];
    for await (const message of stream) chunks.push((message as queries.ReadReleaseResponse).arrowIpc);
    return chunks;
  };
  const chunk = (byte: number) => ({ arrowIpc: new Uint8Array(65_536).fill(byte) });

  it('arrives whole and in order', async () => {
    const world = await startWorld({
      read: async function* () {
        for (let at = 0; at < 100; at += 1) yield chunk(at);
      },
    });
    const client = clientOf(queries.QueryServiceClient, world);
    const chunks = await readAll(client.readRelease({ queryId: 'q' }, bearer(world.token)));
    expect(chunks.map((bytes) => bytes[0])).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  it('is not made faster than it is read, and stops when the reader goes away', async () => {
    let [made, isClosed] = [0, false];
    const world = await startWorld({
      read: async function* () {
        try {
          for (; made < 10_000; made += 1) yield chunk(made);
        } finally {
          isClosed = true;
        }
      },
    });
    const client = clientOf(queries.QueryServiceClient, world);
    const stream = client.readRelease({ queryId: 'q' }, bearer(world.token));
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('data', resolve));
    stream.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(made).toBeLessThan(1_000);
    stream.cancel();
    await expect.poll(() => isClosed).toBe(true);
  });

  it('ends with its error after what was sent', async () => {
    const world = await startWorld({
      read: async function* () {
        yield chunk(1);
        throw new ServiceError('RUN_FAILED', 'the run failed');
      },
    });
    const client = clientOf(queries.QueryServiceClient, world);
    const error = await errorOf(readAll(client.readRelease({ queryId: 'q' }, bearer(world.token))));
    expect(error).toMatchObject({ code: status.UNKNOWN, reason: 'RUN_FAILED' });
  });

  it('is refused without a token', async () => {
    const world = await startWorld();
    const client = clientOf(queries.QueryServiceClient, world);
    expect((await errorOf(readAll(client.readRelease({ queryId: 'q' })))).code).toBe(status.UNAUTHENTICATED);
  });
});

describe('a stream of requests', () => {
  const part = (byte: number): uploads.SendUploadRequest => ({
    part: { $case: 'chunk', value: new Uint8Array(1000).fill(byte) },
  });
  const upload = (world: World, token = world.token) => {
    const client = clientOf(uploads.UploadServiceClient, world);
    const { promise, resolve, reject } = Promise.withResolvers<uploads.SendUploadResponse>();
    const stream = client.sendUpload(bearer(token), (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
    stream.on('error', () => {});
    return { stream, promise };
  };
  const empty: uploads.SendUploadResponse = { upload: undefined };

  it('is read to its end and answered', async () => {
    let count = 0;
    const world = await startWorld({
      upload: async (requests) => {
        for await (const _ of requests) count += 1;
        return empty;
      },
    });
    const { stream, promise } = upload(world);
    for (let at = 0; at < 50; at += 1) stream.write(part(at));
    stream.end();
    await promise;
    expect(count).toBe(50);
  });

  it('can be refused before its end', async () => {
    const world = await startWorld({
      upload: async (requests) => {
        for await (const _ of requests) throw new ServiceError('UPLOAD_REFUSED', 'the first row is none');
        return empty;
      },
    });
    const { stream, promise } = upload(world);
    stream.write(part(1));
    expect(await errorOf(promise)).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'UPLOAD_REFUSED' });
  });

  it('that breaks off does not look like one that ended', async () => {
    let settle: (outcome: string) => void = () => {};
    let begin = () => {};
    const world = await startWorld({
      upload: async (requests) => {
        try {
          for await (const _ of requests) begin();
          settle('ended');
        } catch {
          settle('broken');
        }
        return empty;
      },
    });
    // Several times, for a stream that is reset looks ended for a moment, now shorter and now longer.
    for (let run = 0; run < 10; run += 1) {
      const outcome = new Promise<string>((resolve) => {
        settle = resolve;
      });
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const { stream, promise } = upload(world);
      promise.catch(() => {});
      stream.write(part(1));
      await begun;
      stream.cancel();
      expect(await outcome).toBe('broken');
    }
  });

  it('is refused without a good token, and nothing is read', async () => {
    let isRead = false;
    const world = await startWorld({
      upload: async () => {
        isRead = true;
        return empty;
      },
    });
    const { stream, promise } = upload(world, 'scrap');
    stream.write(part(1));
    expect((await errorOf(promise)).code).toBe(status.UNAUTHENTICATED);
    expect(isRead).toBe(false);
  });
});

describe('streams of both ways', () => {
  const said = (byte: number): matching.EstimateMatchRequest => ({
    part: { $case: 'own', value: Buffer.alloc(1000, byte) },
  });
  const step = (done: number): matching.EstimateMatchResponse => ({
    part: { $case: 'progress', value: { done: BigInt(done), total: 9n } },
  });
  const talk = (world: World, token = world.token) =>
    clientOf(matching.MatchServiceClient, world).estimateMatch(bearer(token));

  it('answer each request in turn, and end when the service does', async () => {
    const world = await startWorld({
      talk: async function* (requests) {
        let count = 0;
        for await (const _ of requests) {
          count += 1;
          yield step(count);
          if (count === 3) return;
        }
      },
    });
    const stream = talk(world);
    const answers: number[] = [];
    stream.write(said(1));
    for await (const { part } of stream as AsyncIterable<matching.EstimateMatchResponse>) {
      answers.push(part?.$case === 'progress' ? Number(part.value.done) : -1);
      stream.write(said(answers.length));
    }
    expect(answers).toEqual([1, 2, 3]);
  });

  it('wake whoever waits for a request when the client goes away', async () => {
    let [isWaiting, isClosed] = [false, false];
    const world = await startWorld({
      talk: async function* (requests) {
        try {
          yield step(1);
          isWaiting = true;
          for await (const _ of requests) yield step(2);
        } finally {
          isClosed = true;
        }
      },
    });
    const stream = talk(world);
    stream.on('error', () => {});
    stream.resume();
    await expect.poll(() => isWaiting).toBe(true);
    stream.cancel();
    await expect.poll(() => isClosed).toBe(true);
  });

  it('end with an error in the middle, after what was said', async () => {
    const world = await startWorld({
      talk: async function* () {
        yield step(1);
        throw new ServiceError('RUN_FAILED', 'the match was not finished');
      },
    });
    const error = await errorOf(Array.fromAsync(talk(world) as AsyncIterable<unknown>));
    expect(error).toMatchObject({ code: status.UNKNOWN, reason: 'RUN_FAILED' });
  });

  it('are refused without a good token', async () => {
    const world = await startWorld();
    const error = await errorOf(Array.fromAsync(talk(world, 'scrap') as AsyncIterable<unknown>));
    expect(error.code).toBe(status.UNAUTHENTICATED);
  });
});
