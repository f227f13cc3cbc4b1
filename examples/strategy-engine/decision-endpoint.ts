import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Decision } from './content-rules.ts';

// A scene and an identifier fit many times over; more is not a decision request.
const maxBodyBytes = 4096;

/** Why no decision is given. */
export type NoDecision = 'unknown-scene' | 'no-token-key';

/** Decides for one person in one scene. */
export type Decide = (scene: string, memberId: string) => Decision | NoDecision;

/**
 * The engine's own door to the shop: `POST /decide {"scene": "…", "<identifier>": "…"}`, answered with
 * `{"audience": …, "content": …}`. Plain HTTP, for loopback only: here the shop and its engine share a machine.
 */
export function createDecisionEndpoint(identifier: string, decide: Decide): Server {
  return createServer((request, response) => {
    answer(request, identifier, decide).then(
      ({ code, body }) => reply(response, code, body),
      () => reply(response, 400, { error: 'the body is not a JSON object of at most 4096 bytes' }),
    );
  });
}

async function answer(
  request: IncomingMessage,
  identifier: string,
  decide: Decide,
): Promise<{ code: number; body: object }> {
  if (request.url !== '/decide') return { code: 404, body: { error: 'the only address is `/decide`' } };
  if (request.method !== 'POST') return { code: 405, body: { error: 'the only method is POST' } };
  const body = JSON.parse(await readBody(request)) as Record<string, unknown> | null;
  const scene = body?.scene;
  const memberId = body?.[identifier];
  if (typeof scene !== 'string' || typeof memberId !== 'string') {
    return { code: 400, body: { error: `the body must hold the texts \`scene\` and \`${identifier}\`` } };
  }
  const decision = decide(scene, memberId);
  if (decision === 'unknown-scene') return { code: 404, body: { error: 'no such scene in the content rules' } };
  if (decision === 'no-token-key') return { code: 503, body: { error: 'the token key is not there yet' } };
  return { code: 200, body: { audience: decision.audience, content: decision.content } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > maxBodyBytes) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
