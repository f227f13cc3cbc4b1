// Takes parts of deliveries as signed messages (https://www.standardwebhooks.com) over HTTP.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { strategy } from '../../../proto/index.ts';
import type { Take } from '../store-writer.ts';
import { isRefused } from './take.ts';

/** Most bytes of a message: a batch of 256 KiB as base64, and what is around it. */
const MESSAGE_MAX_BYTES = 1_048_576;

/** A server that takes messages signed with a secret, `whsec_…`; whoever starts it listens and closes. */
export function createWebhookInbox(secret: string, take: Take): Server {
  const webhook = new Webhook(secret);
  return createServer((request, response) => {
    answer(webhook, take, request).then(
      ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
}

interface Answer {
  readonly status: number;
  readonly body?: string;
}

async function answer(webhook: Webhook, take: Take, request: IncomingMessage): Promise<Answer> {
  const text = await readText(request);
  if (request.method !== 'POST') return { status: 204 };
  if (text === null) return { status: 413 };
  try {
    const headers = request.headers as Record<string, string>;
    const envelope = strategy.Envelope.fromJSON(webhook.verify(text, headers));
    return { status: 200, body: JSON.stringify(strategy.DeliverResponse.toJSON(await take(envelope))) };
  } catch (error) {
    if (error instanceof WebhookVerificationError) return { status: 401 };
    return { status: isRefused(error) ? 422 : 503 };
  }
}

/** The body of a request; null when it is too long, of which the rest is read and thrown away. */
async function readText(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= MESSAGE_MAX_BYTES) parts.push(part);
  }
  return size > MESSAGE_MAX_BYTES ? null : Buffer.concat(parts).toString();
}
