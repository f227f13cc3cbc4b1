// Receives deliveries that do not come over gRPC and hands them to the strategy engine beside it.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { collectFiles } from './file-drop.ts';
import { receiveFromNats } from './nats.ts';
import { takeByGrpc } from './take.ts';
import { createWebhookInbox } from './webhook.ts';

const usage = `usage: node examples/strategy-engine/inbox/main.ts --engine HOST:PORT and one of:
  --broker HOST:PORT --stream NAME [--durable NAME] [--seed FILE] [--broker-ca FILE]
  --listen HOST:PORT --secret FILE       signed messages over HTTP; put your own TLS in front
  --folder DIR --identity FILE --token-key FILE [--every SECONDS]
  --engine HOST:PORT    where the engine takes deliveries, over gRPC on this machine`;

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    broker: { type: 'string' },
    stream: { type: 'string' },
    durable: { type: 'string', default: 'strategy-engine' },
    seed: { type: 'string' },
    'broker-ca': { type: 'string' },
    listen: { type: 'string' },
    secret: { type: 'string' },
    folder: { type: 'string' },
    identity: { type: 'string' },
    'token-key': { type: 'string' },
    every: { type: 'string', default: '5' },
  },
});

const MS_PER_S = 1_000;
const read = (path: string): string => readFileSync(path, 'utf8').trim();

/** Starts what was asked for, and answers where it listens or what it watches, and how it ends. */
async function start(engine: string): Promise<{ readonly watching: string; stop(): Promise<void> }> {
  const { take, close } = takeByGrpc(engine);
  const { broker, stream, durable, seed, listen, secret, folder, identity, 'token-key': tokenKey } = values;
  if (broker !== undefined && stream !== undefined) {
    const ca = values['broker-ca'];
    const secrets = {
      ...(seed === undefined ? {} : { seed: read(seed) }),
      ...(ca === undefined ? {} : { ca: read(ca) }),
    };
    const reading = await receiveFromNats({ broker, stream, durable, ...secrets }, take);
    return { watching: stream, stop: () => reading.stop().finally(close) };
  }
  if (listen !== undefined && secret !== undefined) {
    const server = createWebhookInbox(read(secret), take);
    const [host = '', port] = listen.split(':');
    await new Promise<void>((resolve) => server.listen(Number(port), host, resolve));
    const stop = async (): Promise<void> => {
      server.closeIdleConnections();
      await new Promise((resolve) => server.close(resolve));
      close();
    };
    return { watching: `${host}:${(server.address() as AddressInfo).port}`, stop };
  }
  if (folder === undefined || identity === undefined || tokenKey === undefined) throw new Error(usage);
  const drop = { folder, identity: read(identity), tokenKey: Buffer.from(read(tokenKey), 'hex') };
  const collecting = collectUntilStopped(() => collectFiles(drop, take), Number(values.every) * MS_PER_S);
  return { watching: folder, stop: () => collecting.stop().finally(close) };
}

/** Collects again and again; a round that fails is told and followed by another. */
function collectUntilStopped(collect: () => Promise<number>, everyMs: number): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await collect().catch((error: unknown) => process.stderr.write(`nothing was collected: ${String(error)}\n`));
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, everyMs);
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      clearTimeout(timer);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

try {
  if (values.engine === undefined) throw new Error(usage);
  const { watching, stop } = await start(values.engine);
  process.stdout.write(`${JSON.stringify({ watching })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
