import { createServer, type IncomingMessage, type Server } from 'node:http';
import { decisions } from '../../proto/index.ts';
import { TOKEN_BYTES } from './check-envelope.ts';
import type { ShopDoor } from './decision-handlers.ts';
import { EngineRefusal } from './engine-refusal.ts';

/** A thousand events fit; more is not a request of the shop. */
const BODY_MAX_BYTES = 1_048_576;

/** The shop's door over HTTP, which takes persons by their identifier too. */
export interface HttpDoor extends ShopDoor {
  /** The name under which a person is given, beside `token`. */
  readonly identifier: string;
  /** The token of a person, or undefined while there is no key. */
  readonly tokenOf: (memberId: string) => Uint8Array | undefined;
  /** Forgets what a person saw and did. */
  readonly forget: (token: Uint8Array) => Promise<number>;
  /** What the engine counts, as text that Prometheus reads. */
  readonly metrics: () => string;
}

interface Answer {
  readonly code: number;
  readonly body: object | string;
}

/**
 * Serves the shop over plain HTTP, for loopback only: here the shop and its engine share a machine.
 *
 * `POST /decide {"scene", "token" or the identifier}`, `POST /events {"events": [{"id", "token" or the identifier,
 * "kind", "scene", "strategy", "at", "value"}]}`, `POST /forget {"token" or the identifier}`, `GET /health`, `GET /metrics`.
 */
export function createDecisionEndpoint(door: HttpDoor): Server {
  return createServer((request, response) => {
    void answered(request, door).then(({ code, body }) => {
      const isText = typeof body === 'string';
      // A body that was too long is not read to its end: nothing more can come over that connection.
      if (code !== 200) response.setHeader('connection', 'close');
      response.writeHead(code, { 'content-type': isText ? 'text/plain; version=0.0.4' : 'application/json' });
      response.end(isText ? body : `${JSON.stringify(body)}\n`);
    });
  });
}

async function answered(request: IncomingMessage, door: HttpDoor): Promise<Answer> {
  try {
    return await answer(request, door);
  } catch (error) {
    if (error instanceof EngineRefusal) return { code: 400, body: { error: error.message } };
    if (error instanceof NoKey) return { code: 503, body: { error: 'the token key is not there yet' } };
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return { code: 500, body: { error: 'the engine could not do it; its log says why' } };
  }
}

/** Thrown when a person is given by its identifier and there is no key to make its token. */
class NoKey extends Error {}

async function answer(request: IncomingMessage, door: HttpDoor): Promise<Answer> {
  const { url, method } = request;
  if (url === '/health' && method === 'GET') return { code: 200, body: { healthy: true } };
  if (url === '/metrics' && method === 'GET') return { code: 200, body: door.metrics() };
  if (url !== '/decide' && url !== '/events' && url !== '/forget')
    return { code: 404, body: { error: 'the addresses are /decide, /events, /forget, /health and /metrics' } };
  if (method !== 'POST') return { code: 405, body: { error: 'the only method is POST' } };
  const body = await readBody(request);
  if (url === '/decide') return decide(body, door);
  if (url === '/events') return { code: 200, body: await record(body, door) };
  return { code: 200, body: { forgotten: await door.forget(tokenIn(body, 'the body', door)) } };
}

function decide(body: Fields, door: HttpDoor): Answer {
  const scene = textIn(body, 'scene', 'the body');
  const decision = door.decide(tokenIn(body, 'the body', door), scene);
  if (decision === undefined) return { code: 404, body: { error: 'no such scene in the strategy file' } };
  const { content, strategy, audience, arm, heldOut } = decision;
  const isDefault = strategy === '';
  const names = isDefault ? { audience: null, strategy: null, arm: null } : { audience, strategy, arm };
  return { code: 200, body: { content, ...names, heldOut } };
}

async function record(body: Fields, door: HttpDoor): Promise<object> {
  if (!Array.isArray(body.events)) throw refused('the body must hold a list `events`');
  const events = body.events.map((value: unknown, index) => {
    const place = `event ${index}`;
    const fields = fieldsOf(value, place);
    const kinds: Record<string, decisions.EventKind> = {
      exposure: decisions.EventKind.EXPOSURE,
      conversion: decisions.EventKind.CONVERSION,
    };
    return decisions.Event.create({
      eventId: textIn(fields, 'id', place),
      token: tokenIn(fields, place, door),
      kind: kinds[textIn(fields, 'kind', place)] ?? decisions.EventKind.UNSPECIFIED,
      scene: fields.scene === undefined ? '' : textIn(fields, 'scene', place),
      strategy: fields.strategy === undefined ? '' : textIn(fields, 'strategy', place),
      atMs: fields.at === undefined ? 0n : momentIn(fields, place),
      value: fields.value === undefined ? 0 : Number(fields.value),
    });
  });
  const { recordedCount, repeatedCount } = await door.record(events);
  return { recorded: recordedCount, repeated: repeatedCount };
}

type Fields = Readonly<Record<string, unknown>>;

function tokenIn(fields: Fields, place: string, { identifier, tokenOf }: HttpDoor): Uint8Array {
  const { token } = fields;
  const memberId = fields[identifier];
  if (typeof token === 'string') {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== TOKEN_BYTES) throw refused(`\`token\` of ${place} must be ${TOKEN_BYTES} bytes in base64url`);
    return bytes;
  }
  if (typeof memberId !== 'string') throw refused(`${place} must hold the text \`token\` or \`${identifier}\``);
  const made = tokenOf(memberId);
  if (made === undefined) throw new NoKey();
  return made;
}

function textIn(fields: Fields, name: string, place: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw refused(`${place} must hold the text \`${name}\``);
  return value;
}

function momentIn(fields: Fields, place: string): bigint {
  const ms = Date.parse(textIn(fields, 'at', place));
  if (Number.isNaN(ms)) throw refused(`\`at\` of ${place} must be a moment as \`2026-11-20T08:00:00Z\``);
  return BigInt(ms);
}

function fieldsOf(value: unknown, place: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(`${place} is not an object`);
  return value as Fields;
}

async function readBody(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > BODY_MAX_BYTES) throw refused(`the body must have ${BODY_MAX_BYTES} bytes at most`);
    chunks.push(chunk);
  }
  try {
    return fieldsOf(JSON.parse(Buffer.concat(chunks).toString('utf8')), 'the body');
  } catch {
    throw refused('the body is not a JSON object');
  }
}

function refused(message: string): EngineRefusal {
  return new EngineRefusal('INVALID_ARGUMENT', message);
}
