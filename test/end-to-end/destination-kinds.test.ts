// The same audience by three ways that are not gRPC, over the service that ships: each other side has exactly the members,
// by codes of its own, and loses them when they are withdrawn.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { collectFiles } from '../../examples/strategy-engine/inbox/file-drop.ts';
import { receiveFromNats } from '../../examples/strategy-engine/inbox/nats.ts';
import { createWebhookInbox } from '../../examples/strategy-engine/inbox/webhook.ts';
import { membershipToken } from '../../examples/strategy-engine/membership-token.ts';
import { StoreWriter, type Take } from '../../examples/strategy-engine/store-writer.ts';
import { destinations, type strategy } from '../../proto/index.ts';
import { NatsBroker } from '../support/nats-broker.ts';
import { destinationTerms } from '../support/service-destinations.ts';
import { matched } from '../support/service-people.ts';
import { joined } from '../support/service-questions.ts';
import { cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

const { NATS, WEBHOOK, FILE_DROP } = destinations.DestinationKind;
const NAMES = ['stream', 'hook', 'files'];
const WAIT = { timeout: 60_000, interval: 100 };
const womens = matched.filter(({ mailing }) => mailing.arm === 'womens').map(({ outcome }) => outcome.email);

let stage: ServiceStage;
let collaborationId: string;
let audienceId: string;
let drop: string;

beforeAll(async () => {
  stage = await ServiceStage.open({ destinations: { dropDirectory: 'drop' } });
  drop = join(stage.directory, 'drop');
  mkdirSync(join(drop, 'shop'), { recursive: true });
  const audience = { minSize: 200, destinations: NAMES.map((name) => `${cast.platform.member}/${name}`) };
  ({ collaborationId } = await setTable(stage, {
    outcomesRules: { audience: { ...audience, columns: ['visit', 'city'] } },
    mailingsRules: { audience: { ...audience, columns: ['arm', 'tier'] } },
  }));
  const definition = { definition: undefined, onBehalfOf: '', requestId: randomUUID(), displayName: 'mailed' };
  const sql = `select m.email ${joined} where m.arm = 'womens'`;
  ({ audienceId } = await stage.as('brand').audiences.define({ ...definition, collaborationId, sql }));
});

afterAll(() => stage[Symbol.asyncDispose]());

/** An engine's store, with all that it was handed. */
class Other implements AsyncDisposable {
  readonly parts: strategy.Envelope[] = [];
  readonly #writer: StoreWriter;

  private constructor(writer: StoreWriter) {
    this.#writer = writer;
  }

  static async open(): Promise<Other> {
    const directory = mkdtempSync(join(stage.directory, 'engine-'));
    return new Other(await StoreWriter.open({ directory, identifier: 'email' }));
  }

  readonly take: Take = async (envelope) => {
    const answer = await this.#writer.take(envelope);
    this.parts.push(envelope);
    return answer;
  };

  has(part: 'commit' | 'withdrawal'): boolean {
    return this.parts.some((envelope) => envelope.part?.$case === part);
  }

  /** The codes it was handed, in the spelling of the engine. */
  tokens(): ReadonlySet<string> {
    const added = this.parts.flatMap(({ part }) => (part?.$case === 'batch' ? [Buffer.from(part.value.added)] : []));
    const all = Buffer.concat(added);
    return new Set(Array.from({ length: all.length / 16 }, (_, n) => all.toString('base64url', n * 16, n * 16 + 16)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
  }
}

/** Proposes, approves and activates; answers what the platform was shown. */
async function publishTo(destinationId: string, proposed: destinations.ProposeDestinationResponse): Promise<Buffer> {
  const termsDigest = proposed.destination?.termsDigest ?? '';
  await stage.as('brand').destinations.approve({ collaborationId, destinationId, termsDigest });
  await stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
  return Buffer.from(proposed.tokenKey);
}

const propose = (destinationId: string, terms: Partial<destinations.DestinationTerms>) =>
  stage.as('platform').destinations.propose({ collaborationId, destinationId, terms: destinationTerms(terms) });

/** Waits until the members are there, then withdraws them and waits for that. */
async function expectPublished(destinationId: string, other: Other, key: Buffer, look = async () => {}): Promise<void> {
  const seen = async (part: 'commit' | 'withdrawal'): Promise<void> => {
    await look();
    expect(other.has(part)).toBe(true);
  };
  await vi.waitFor(() => seen('commit'), WAIT);
  expect(other.tokens()).toEqual(new Set(womens.map((email) => membershipToken(key, 'email', email))));
  await stage.as('brand').audiences.revoke(audienceId, destinationId);
  await vi.waitFor(() => seen('withdrawal'), WAIT);
}

describe('an audience reaches', () => {
  it('a stream of a broker, and whoever reads it', async () => {
    const reader = nkeys.createUser();
    const seed = new TextDecoder().decode(reader.getSeed());
    await using broker = await NatsBroker.open({ users: [reader.getPublicKey()] });
    const address = `nats://127.0.0.1:${broker.port}/galley.audiences`;
    const proposed = await propose('stream', { kind: NATS, address });
    await broker.allow(proposed.brokerUser);
    await broker.addStream('AUDIENCES', 'galley.audiences', reader.getSeed());
    const key = await publishTo('stream', proposed);
    await using other = await Other.open();
    const inbox = { broker: `127.0.0.1:${broker.port}`, stream: 'AUDIENCES', durable: 'engine', seed };
    const reading = await receiveFromNats(inbox, other.take);
    await expectPublished('stream', other, key);
    await reading.stop();
  });

  it('a webhook, by signed messages', async () => {
    await using other = await Other.open();
    let inbox: Server | undefined;
    // The secret is known only once the destination is proposed, and the address only once something listens there.
    const proxy = createServer((request, response) => inbox?.emit('request', request, response));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/audiences`;
    const proposed = await propose('hook', { kind: WEBHOOK, address });
    inbox = createWebhookInbox(proposed.signingSecret, other.take);
    const key = await publishTo('hook', proposed);
    await expectPublished('hook', other, key);
    proxy.closeAllConnections();
    proxy.close();
  });

  it('a folder, in files that its collector alone can open', async () => {
    const identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    const proposed = await propose('files', { kind: FILE_DROP, address: 'shop', recipient });
    const key = await publishTo('files', proposed);
    await using other = await Other.open();
    const collect = async (): Promise<void> => {
      await collectFiles({ folder: join(drop, 'shop'), identity, tokenKey: key }, other.take);
    };
    await expectPublished('files', other, key, collect);
  });
});
