import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { strategy } from '../../proto/index.ts';
import { DestinationFailed } from './destination-failed.ts';
import type { DestinationRow } from './destination-record.ts';
import type { DestinationSender } from './destination-sender.ts';
import { readWebhookAddress, type WebhookAddress } from './destination-url.ts';
import { guardedLookup, mayConnect } from './guarded-lookup.ts';
import { oneWayAnswer, partName } from './part-name.ts';

/** Longest time for one message: what Standard Webhooks advises at most, for a commit that makes the other side sort. */
const PART_DEADLINE_MS = 30_000;
/** Waits before a message is sent again; after the last, the outbox makes another attempt later. */
const RETRY_WAITS_MS = [250, 1_000, 4_000];
/** Longest wait that an answer may ask for. */
const MAX_RETRY_AFTER_MS = 10_000;
/** Most bytes of an answer: three small fields. */
const MAX_ANSWER_BYTES = 16_384;
/** Answers after which the same message may be taken: too many, and doors that are about to open. */
const RETRIED: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** What a webhook is reached with. */
export interface WebhookMeans {
  readonly secret: Uint8Array;
  readonly internalHosts: readonly string[];
  readonly nowMs: () => number;
}

/** Makes ready to send to a webhook; each message connects by itself or goes over the connection of the one before. */
export async function openWebhookSender(
  { address, ca_certificate_pem: ca }: Pick<DestinationRow, 'address' | 'ca_certificate_pem'>,
  means: WebhookMeans,
  signal: AbortSignal,
): Promise<DestinationSender> {
  const parsed = readWebhookAddress(address);
  if (parsed === null) throw new DestinationFailed('destination-unreachable', 'INVALID_ADDRESS');
  // A literal address is never looked up.
  if (isIP(parsed.host) !== 0 && !mayConnect(parsed.host, parsed.host, means.internalHosts)) {
    throw new DestinationFailed('destination-unreachable', 'INTERNAL_ADDRESS');
  }
  const sender = new WebhookSender(parsed, ca, means);
  try {
    await sender.reach(signal);
    return sender;
  } catch (cause) {
    await sender.close();
    throw cause;
  }
}

class WebhookSender implements DestinationSender {
  readonly #address: WebhookAddress;
  readonly #options: RequestOptions;
  readonly #agent: HttpAgent;
  readonly #webhook: Webhook;
  readonly #nowMs: () => number;

  constructor(address: WebhookAddress, ca: string, { secret, internalHosts, nowMs }: WebhookMeans) {
    this.#address = address;
    const tls = ca === '' ? {} : { ca };
    this.#agent = address.isTls ? new HttpsAgent({ keepAlive: true, ...tls }) : new HttpAgent({ keepAlive: true });
    this.#options = { agent: this.#agent, lookup: guardedLookup(internalHosts) };
    this.#webhook = new Webhook(Buffer.from(secret).toString('base64'));
    this.#nowMs = nowMs;
  }

  /** Knocks, so that nobody's data is touched for a door that is shut; whatever is answered will do. */
  async reach(signal: AbortSignal): Promise<void> {
    await this.#exchange({ method: 'OPTIONS' }, '', signal).catch((cause: unknown) => {
      throw cause instanceof DestinationFailed
        ? cause
        : new DestinationFailed('destination-unreachable', codeOf(cause));
    });
  }

  async send(envelope: strategy.Envelope, signal: AbortSignal): Promise<strategy.DeliverResponse> {
    const body = JSON.stringify(strategy.Envelope.toJSON(envelope));
    for (const waitMs of [...RETRY_WAITS_MS, null]) {
      const answer = await this.#post(partName(envelope), body, signal).catch(codeUnlessFailed);
      if (typeof answer !== 'string' && answer.status >= 200 && answer.status < 300)
        return readAnswer(envelope, answer);
      const mayWait = waitMs !== null && !signal.aborted && (typeof answer === 'string' || RETRIED.has(answer.status));
      if (!mayWait) throw new DestinationFailed('destination-failed', statusOf(answer));
      await sleep(Math.max(waitMs, typeof answer === 'string' ? 0 : answer.retryAfterMs), null, { signal }).catch(
        () => {
          throw new DestinationFailed('destination-failed', 'CANCELLED');
        },
      );
    }
    throw new DestinationFailed('destination-failed', 'UNKNOWN');
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }

  /** Signed anew each time: a signature is good for minutes only. */
  async #post(id: string, body: string, signal: AbortSignal): Promise<Answer> {
    const at = new Date(this.#nowMs());
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'webhook-id': id,
      'webhook-timestamp': Math.floor(at.getTime() / 1_000),
      'webhook-signature': this.#webhook.sign(id, at, body),
      'user-agent': 'galley',
    };
    return await this.#exchange({ method: 'POST', headers }, body, signal);
  }

  /** One exchange. A redirection is an answer like any other: where it points was approved by nobody. */
  async #exchange(asked: RequestOptions, body: string, signal: AbortSignal): Promise<Answer> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PART_DEADLINE_MS)]);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const ask = this.#address.isTls ? httpsRequest : httpRequest;
    const request = ask(this.#address.url, { ...this.#options, ...asked, signal: limit }, resolve);
    request.once('error', reject);
    request.end(body);
    const response = await promise;
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > MAX_ANSWER_BYTES) throw new DestinationFailed('destination-failed', 'ANSWER_TOO_LONG');
      parts.push(part);
    }
    const retryAfterMs = Number(response.headers['retry-after'] ?? 0) * 1_000;
    return {
      status: response.statusCode ?? 0,
      text: Buffer.concat(parts).toString(),
      retryAfterMs: Number.isFinite(retryAfterMs) ? Math.min(Math.max(0, retryAfterMs), MAX_RETRY_AFTER_MS) : 0,
    };
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number;
}

/** A door that answers nothing has taken the message; what it says, it says in the contract's words. */
function readAnswer(envelope: strategy.Envelope, { text }: Answer): strategy.DeliverResponse {
  if (text.trim() === '') return oneWayAnswer(envelope);
  try {
    const answer = strategy.DeliverResponse.fromJSON(JSON.parse(text));
    // JSON has numbers that no batch has.
    const isIndex = Number.isSafeInteger(answer.nextBatch) && answer.nextBatch >= 0;
    if (isIndex && answer.outcome > strategy.DeliveryOutcome.UNSPECIFIED) return answer;
  } catch {
    // Not JSON: its words are nobody's here.
  }
  throw new DestinationFailed('destination-failed', 'ANSWER_UNREADABLE');
}

function statusOf(answer: Answer | string): string {
  return typeof answer === 'string' ? answer : `HTTP_${answer.status}`;
}

/** What failed for good stays so; a connection that broke is made again. */
function codeUnlessFailed(cause: unknown): string {
  if (cause instanceof DestinationFailed) throw cause;
  return codeOf(cause);
}

/** The code of a failed connection: a word of Node's or of OpenSSL's closed lists. */
function codeOf(cause: unknown): string {
  if (cause instanceof DestinationFailed) return cause.status;
  const code = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.name) : '';
  return /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : 'UNKNOWN';
}
