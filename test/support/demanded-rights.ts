import { digestIdentifier, type IdentifierKind } from '../../identity/index.ts';
import type { rights } from '../../proto/index.ts';
import { ask } from './service-questions.ts';
import type { Actor } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';

const WAIT_MS = 60_000;
const POLL_MS = 100;

/** Identifiers of one kind as a request carries them. */
export function named(kind: IdentifierKind, ...values: string[]): rights.IdentifierDigests[] {
  return [{ kind, digests: values.map((value) => digestIdentifier(kind, value, 'CN') ?? Buffer.alloc(0)) }];
}

/** Waits until an erasure is done. @throws when it is not, a minute later */
export async function awaitErasure(stage: ServiceStage, actor: Actor, begun: rights.Erasure): Promise<rights.Erasure> {
  const endsAtMs = Date.now() + WAIT_MS;
  let erasure = begun;
  while (!erasure.isDone) {
    if (Date.now() > endsAtMs) throw new Error('the erasure is not done', { cause: stage.operatorLog() });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    erasure = await stage.as(actor).rights.getErasure(erasure.erasureId);
  }
  return erasure;
}

/** How many persons of a table are counted, with as little noise as its rules permit. */
export async function countPersons(
  stage: ServiceStage,
  actor: Actor,
  of: { readonly collaborationId: string; readonly sql: string; readonly epsilon?: number },
): Promise<number> {
  const { rows } = await ask(stage, actor, of.collaborationId, of.sql, { epsilon: of.epsilon ?? 2 });
  return Number(Object.values(rows[0] ?? {})[0]);
}
