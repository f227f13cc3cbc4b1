import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { strategy } from '../../proto/index.ts';
import { AudienceStore } from './audience-store.ts';
import { decideContent, readContentRules } from './content-rules.ts';
import { createDecisionEndpoint } from './decision-endpoint.ts';
import { type EngineOptions, parseEngineOptions } from './engine-options.ts';
import { membershipToken } from './membership-token.ts';
import { publicationHandlers } from './publication-handlers.ts';

async function run(options: EngineOptions): Promise<void> {
  const rules = readContentRules(options.contentPath);
  const store = new AudienceStore(options.dataDirectory);

  const grpc = new Server();
  grpc.addService(strategy.StrategyEngineServiceService, publicationHandlers(store, options.identifier));
  const port = await bind(grpc, options);

  const http = createDecisionEndpoint(options.identifier, (scene, memberId) => {
    const key = options.tokenKey();
    if (key === undefined) return 'no-token-key';
    const audiences = store.audiencesOf(membershipToken(key, options.identifier, memberId));
    return decideContent(rules, scene, audiences) ?? 'unknown-scene';
  });
  await new Promise<void>((resolve) => http.listen(options.httpPort, options.httpHost, resolve));

  const host = options.listen.slice(0, options.listen.lastIndexOf(':'));
  const httpPort = (http.address() as AddressInfo).port;
  process.stdout.write(
    `${JSON.stringify({ listening: `${host}:${port}`, http: `http://${options.httpHost}:${httpPort}` })}\n`,
  );

  const stop = (): void => {
    http.close();
    grpc.tryShutdown(() => {
      store.close();
      process.exit(0);
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function bind(server: Server, { listen, tls }: EngineOptions): Promise<number> {
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }]);
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

try {
  await run(parseEngineOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
