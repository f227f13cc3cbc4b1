import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { receiveFromNats } from '../../examples/strategy-engine/inbox/nats.ts';
import { StoreWriter } from '../../examples/strategy-engine/store-writer.ts';
import { strategy } from '../../proto/index.ts';
import { makeTestCertificates } from '../../test/fixtures/tls/test-certificates.ts';
import { publicationOf, withdrawalOf } from '../../test/support/deliveries.ts';
import { NatsBroker } from '../../test/support/nats-broker.ts';
import { DestinationFailed } from './destination-failed.ts';
import { makeAccess } from './make-access.ts';
import { openNatsSender } from './nats-sender.ts';

const { KEPT, DONE, NEEDS_FULL } = strategy.DeliveryOutcome;
const never = new AbortController().signal;
const directory = mkdtempSync(join(tmpdir(), 'galley-nats-test-'));
const { secret, brokerUser } = await makeAccess('nats');
const seed = secret ?? new Uint8Array();
const engineUser = nkeys.createUser();

let broker: NatsBroker;
const destination = () => ({ address: `nats://127.0.0.1:${broker.port}/galley.audiences`, ca_certificate_pem: '' });

beforeAll(async () => {
  broker = await NatsBroker.open({ users: [brokerUser, engineUser.getPublicKey()] });
  await broker.addStream('AUDIENCES', 'galley.audiences', engineUser.getSeed());
});

afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function failureOf(work: Promise<unknown>): Promise<DestinationFailed> {
  const failure = await work.catch((cause: unknown) => cause);
  if (failure instanceof DestinationFailed) return failure;
  return expect.fail(`the broker did not fail: ${String(failure)}`);
}

const tokens = (count: number, fill: number): Uint8Array => Buffer.alloc(16 * count, fill);

describe('a NATS broker', () => {
  it('keeps each part once, however often it is sent, and the engine that reads it has all of them', async () => {
    const parts = [...publicationOf('aud-1', 1n, [tokens(3, 1), tokens(2, 2)]), withdrawalOf('aud-1', 2n)];
    const sender = await openNatsSender(destination(), seed, never);
    const outcomes: number[] = [];
    for (const part of [...parts, ...parts]) outcomes.push((await sender.send(part, never)).outcome);
    await sender.close();
    expect(outcomes.slice(0, 5)).toEqual([KEPT, KEPT, KEPT, DONE, DONE]);
    expect(await broker.messageCount('AUDIENCES', engineUser.getSeed())).toBe(parts.length);

    await using engine = await openEngine();
    await vi.waitFor(() => expect(engine.outcomes).toHaveLength(parts.length), { timeout: 45_000, interval: 50 });
    expect(engine.outcomes).toEqual([KEPT, KEPT, KEPT, DONE, DONE]);
  });

  it('that dies takes what it acknowledged over into its next life', { timeout: 200_000 }, async () => {
    const parts = publicationOf('aud-2', 1n, [tokens(4, 3), tokens(4, 4)]);
    const sender = await openNatsSender(destination(), seed, never);
    for (const part of parts.slice(0, 2)) await sender.send(part, never);
    await broker.kill();
    const lost = await failureOf(sender.send(parts[2] as strategy.Envelope, never));
    expect(lost).toMatchObject({ reason: 'destination-failed' });
    await sender.close();
    expect(await failureOf(openNatsSender(destination(), seed, never))).toMatchObject({
      reason: 'destination-unreachable',
    });
    await broker.start();
    const again = await openNatsSender(destination(), seed, never);
    for (const part of parts) await again.send(part, never);
    await again.close();
    await using engine = await openEngine();
    // A broker that is killed before it has written down that a part was taken hands it out again after a minute, and
    // nothing before it.
    await vi.waitFor(() => expect(engine.outcomes.at(-1)).toBe(DONE), { timeout: 150_000, interval: 50 });
  });

  it('is asked for whole publications alone, as nothing comes back from its readers', async () => {
    const [begin] = publicationOf('aud-3', 2n, []);
    const part = begin?.part?.$case === 'begin' ? begin.part.value : strategy.PublicationBegin.create();
    const delta = { ...part, kind: strategy.PublicationKind.DELTA, baseVersion: 1n };
    const sender = await openNatsSender(destination(), seed, never);
    const before = await broker.messageCount('AUDIENCES', engineUser.getSeed());
    const answer = await sender.send(
      { audienceId: 'aud-3', version: 2n, part: { $case: 'begin', value: delta } },
      never,
    );
    expect(answer.outcome).toBe(NEEDS_FULL);
    expect(await broker.messageCount('AUDIENCES', engineUser.getSeed())).toBe(before);
    await sender.close();
  });

  it('lets nobody in by another key, and has a stream of the subject or refuses', async () => {
    expect(await failureOf(openNatsSender(destination(), nkeys.createUser().getSeed(), never))).toMatchObject({
      reason: 'destination-unreachable',
    });
    const nowhere = { ...destination(), address: `nats://127.0.0.1:${broker.port}/nobody.listens` };
    const sender = await openNatsSender(nowhere, seed, never);
    expect(await failureOf(sender.send(withdrawalOf('aud-4', 1n), never))).toMatchObject({
      reason: 'destination-failed',
    });
    await sender.close();
  });

  it('is spoken to over TLS where the terms say so, or not at all', async () => {
    const plain = { address: `tls://127.0.0.1:${broker.port}/galley.audiences`, ca_certificate_pem: 'x' };
    expect(await failureOf(openNatsSender(plain, seed, never))).toMatchObject({ reason: 'destination-unreachable' });
    const files = await makeTestCertificates(directory);
    const tls = { certFile: files.serverCertFile, keyFile: files.serverKeyFile };
    await using secured = await NatsBroker.open({ users: [brokerUser], tls });
    const address = `tls://localhost:${secured.port}/galley.audiences`;
    const ca = readFileSync(files.caFile, 'utf8');
    await (await openNatsSender({ address, ca_certificate_pem: ca }, seed, never)).close();
    const other = await makeTestCertificates(join(directory, 'other'));
    const strange = { address, ca_certificate_pem: readFileSync(other.caFile, 'utf8') };
    expect(await failureOf(openNatsSender(strange, seed, never))).toMatchObject({ reason: 'destination-unreachable' });
  });
});

/** The reference engine's store, reading the stream as the reference inbox does. */
async function openEngine(): Promise<AsyncDisposable & { readonly outcomes: readonly number[] }> {
  const outcomes: number[] = [];
  const writer = await StoreWriter.open({ directory: mkdtempSync(join(directory, 'engine-')), identifier: 'email' });
  const inbox = { broker: `127.0.0.1:${broker.port}`, stream: 'AUDIENCES', durable: 'engine' };
  const reading = await receiveFromNats(
    { ...inbox, seed: new TextDecoder().decode(engineUser.getSeed()) },
    async (envelope) => {
      const answer = await writer.take(envelope);
      outcomes.push(answer.outcome);
      return answer;
    },
  );
  const dispose = async (): Promise<void> => {
    await reading.stop();
    await writer.close();
  };
  return { outcomes, [Symbol.asyncDispose]: dispose };
}
