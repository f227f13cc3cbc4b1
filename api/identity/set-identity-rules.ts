import { type IdentityRules, readIdentityRules } from '../../policies/index.ts';
import type { identity } from '../../proto/index.ts';
import { collaborationAccount, factsOf, readCollaboration } from '../collaborations/index.ts';
import { forgetPersons, type IdentityInForce, identityInForce, inTurn } from '../datasets/index.ts';
import { accessRefused, type Call, notFound, ServiceError } from '../grpc/index.ts';
import { digestOf, type Kitchen, record } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';

/** Longest document: every kind that may be listed, with room. */
const MAX_RULES_BYTES = 16_384;

/**
 * Sets how the members of a collaboration tell who is one person.
 *
 * Only before anything was charged: a charge is for what one unit of privacy adds, and with other rules somebody who was
 * one unit yesterday would be two today, and pay twice for what was promised once.
 *
 * @throws {ServiceError} CONFLICT after the first charge, INVALID_REQUEST with every fault of the document
 */
export async function setIdentityRules(
  kitchen: Kitchen,
  call: Call,
  request: identity.SetIdentityRulesRequest,
): Promise<IdentityInForce> {
  const { collaborationId } = request;
  await admitCreator(kitchen, call, collaborationId);
  const rules = rulesOf(request.rulesJson);
  // In turn with the spine, which must not be made of the one rules with the other's nodes.
  return await inTurn(`spine/${collaborationId}`, async () => {
    await assertUncharged(kitchen.store.db, collaborationId);
    const { version } = await identityInForce(kitchen, collaborationId);
    const json = JSON.stringify(rules);
    const next = { rules, digest: digestOf(json), version: version + 1 };
    const subject = {
      rulesDigest: next.digest,
      rulesVersion: next.version,
      rules: { ...rules, priority: [...rules.priority] },
    };
    await record(kitchen, { kind: 'identity-rules-set', call, collaboration: collaborationId, subject });
    await kitchen.store.transaction(async (db) => {
      // Once more, in the step that counts: a question may have been charged since.
      await assertUncharged(db, collaborationId);
      await putRules(db, { collaborationId, json, nowMs: kitchen.nowMs(), ...next });
      await forgetPersons(db, collaborationId);
    });
    kitchen.changes.note(collaborationId);
    return next;
  });
}

async function admitCreator(kitchen: Kitchen, call: Call, collaborationId: string): Promise<void> {
  const collaboration = await readCollaboration(kitchen, collaborationId);
  if (collaboration === undefined) throw notFound('collaboration');
  const decision = kitchen.authorizer.authorize({
    principal: call.principal,
    nowMs: kitchen.nowMs(),
    action: 'set-identity-rules',
    collaboration: factsOf(collaboration),
    owner: collaboration.row.creator,
  });
  if (decision.allowed) return;
  throw accessRefused({ thing: 'collaboration', id: collaborationId, isVisible: decision.isVisible });
}

function rulesOf(rulesJson: string): IdentityRules {
  if (Buffer.byteLength(rulesJson) > MAX_RULES_BYTES) {
    throw new ServiceError('INVALID_REQUEST', `\`rules_json\` is longer than ${MAX_RULES_BYTES} bytes`);
  }
  const read = readIdentityRules(parsed(rulesJson));
  if (read.ok) return read.rules;
  const [first] = read.faults;
  const more = read.faults.length > 1 ? ` (and ${read.faults.length - 1} more)` : '';
  const fields = read.faults.map((f) => ({ path: `rules_json${f.path}`, message: f.message }));
  const message = `the identity rules are refused: \`${first?.path || '/'}\` ${first?.message ?? ''}${more}`;
  throw new ServiceError('INVALID_REQUEST', message, { fields });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('INVALID_REQUEST', '`rules_json` is not JSON');
  }
}

async function assertUncharged(db: Database, collaborationId: string): Promise<void> {
  const charged = await db
    .selectFrom('ledger_events')
    .select('event_id')
    .where('account', '=', collaborationAccount(collaborationId))
    .limit(1)
    .executeTakeFirst();
  if (charged === undefined) return;
  const message = 'who is one person is settled with the first charge; create another collaboration for other rules';
  throw new ServiceError('CONFLICT', message);
}

async function putRules(
  db: Database,
  of: { collaborationId: string; json: string; digest: string; version: number; nowMs: number },
): Promise<void> {
  const values = { rules_json: of.json, rules_digest: of.digest, rules_version: of.version, set_at_ms: of.nowMs };
  await db
    .insertInto('identity_rules')
    .values({ collaboration_id: of.collaborationId, ...values })
    .onConflict((conflict) => conflict.column('collaboration_id').doUpdateSet(values))
    .execute();
}
