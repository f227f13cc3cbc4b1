import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { destinations } from '../../../proto/index.ts';
import type { Choices } from '../../fuzz/choices.ts';
import { LoneEngine } from '../../support/lone-engine.ts';
import { NatsBroker } from '../../support/nats-broker.ts';
import { ServiceProcess } from '../../support/service-process.ts';
import { Weather } from './weather.ts';

/** How an audience gets to the engine: straight, through weather, or over a broker. */
export const WAYS = ['straight', 'weather', 'broker'] as const;
/** One of them. */
export type WayName = (typeof WAYS)[number];

/** Something that can be killed and started again on what it has stored. */
export interface Mortal {
  readonly die: () => Promise<void>;
  readonly rise: () => Promise<void>;
}

/** A way to an engine, with all who may die on it. */
export interface Way extends AsyncDisposable {
  readonly engine: LoneEngine;
  /** How the service finds it. */
  readonly terms: Partial<destinations.DestinationTerms>;
  readonly mortals: Readonly<Record<string, Mortal>>;
  /** Lets the service in, once it has said who it is. */
  readonly letIn: (proposed: destinations.ProposeDestinationResponse) => Promise<void>;
  /** True where the destination's word means that a broker has it: the engine has it a little later. */
  readonly isBehind: boolean;
  /** Ends what disturbs, and waits for what is still on its way. */
  readonly calm: () => Promise<void>;
}

/** Opens a way, with an engine at its end. */
export async function openWay(name: WayName, directory: string, choices: Choices): Promise<Way> {
  await using opened = new AsyncDisposableStack();
  const engine = opened.use(await LoneEngine.open(join(directory, 'shop')));
  if (name === 'broker') return await overBroker(opened.move(), engine, directory);
  const weather = name === 'weather' ? opened.use(await Weather.open(engine.address, choices)) : undefined;
  const owned = opened.move();
  return {
    engine,
    terms: { address: weather?.address ?? engine.address },
    mortals: { engine },
    letIn: async () => undefined,
    isBehind: false,
    calm: async () => await weather?.calm(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const inboxMain = new URL('../../../examples/strategy-engine/inbox/main.ts', import.meta.url);
const STREAM = 'AUDIENCES';
const SUBJECT = 'galley.audiences';

async function overBroker(opened: AsyncDisposableStack, engine: LoneEngine, directory: string): Promise<Way> {
  const user = nkeys.createUser();
  const seedPath = join(directory, 'engine-seed');
  const broker = opened.use(await NatsBroker.open({ users: [user.getPublicKey()] }));
  await broker.addStream(STREAM, SUBJECT, user.getSeed());
  writeFileSync(seedPath, user.getSeed(), { mode: 0o600 });
  const place = ['--broker', `127.0.0.1:${broker.port}`, '--stream', STREAM, '--seed', seedPath];
  const args = ['--engine', engine.address, ...place];
  const start = () => ServiceProcess.start(inboxMain, args, join(directory, 'inbox.log'));
  let inbox = await start();
  opened.defer(() => void inbox.end('SIGKILL'));
  return {
    engine,
    terms: { kind: destinations.DestinationKind.NATS, address: `nats://127.0.0.1:${broker.port}/${SUBJECT}` },
    mortals: {
      engine,
      broker: { die: () => broker.kill(), rise: () => broker.start() },
      inbox: {
        die: async () => void (await inbox.end('SIGKILL')),
        rise: async () => {
          inbox = await start();
        },
      },
    },
    letIn: ({ brokerUser }) => broker.allow(brokerUser),
    isBehind: true,
    calm: async () => undefined,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
