import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { publicationOf } from '../../test/support/deliveries.ts';
import { makeAccess } from './make-access.ts';
import { openWebhookSender } from './webhook-sender.ts';

const never = new AbortController().signal;
const script = new URL('../../test/outside/verify_webhook.py', import.meta.url).pathname;

it('messages to a webhook are good for the stock verifier, and not when a byte of them is another', async () => {
  const python = process.env.GALLEY_PEERS_PYTHON;
  if (python === undefined) throw new Error('set GALLEY_PEERS_PYTHON, or run `npm test -- api/destinations`');
  const messages: { headers: unknown; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const parts = await Array.fromAsync(request as AsyncIterable<Buffer>);
    if (request.method === 'POST') messages.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
  const { secret, signingSecret } = await makeAccess('webhook');
  const means = { secret: secret ?? new Uint8Array(), internalHosts: [], nowMs: Date.now };
  const sender = await openWebhookSender({ address, ca_certificate_pem: '' }, means, never);
  for (const part of publicationOf('aud-1', 1n, [Buffer.alloc(32, 1)])) await sender.send(part, never);
  await sender.close();
  server.close();

  const verdicts = (secretOfReader: string, change = (body: string) => body): readonly string[] => {
    const lines = messages.map(({ headers, body }) =>
      JSON.stringify({ secret: secretOfReader, headers, body: change(body) }),
    );
    return execFileSync(python, [script], { input: `${lines.join('\n')}\n` })
      .toString()
      .trim()
      .split('\n');
  };
  expect(messages).toHaveLength(3);
  expect(verdicts(signingSecret)).toEqual(Array(3).fill('verified'));
  expect(verdicts(signingSecret, (body) => body.replace('aud-1', 'aud-2'))).toEqual(Array(3).fill('refused'));
  expect(verdicts((await makeAccess('webhook')).signingSecret)).toEqual(Array(3).fill('refused'));
});
