import type { collaborations, privacy } from '../../proto/index.ts';
import { memberPattern } from '../auth/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, readDisplayName, record } from '../kitchen/index.ts';
import { openAccount } from '../store/index.ts';
import { collaborationAccount } from './accounts.ts';
import { readAbilities } from './to-message.ts';

/** Most members of one collaboration: every one must accept before anything of its data is used. */
const MAX_MEMBERS_COUNT = 50;
/** Largest epsilon a collaboration may set; the same cap as for owners, whose limits apply beside it. */
const MAX_COLLABORATION_EPSILON = 20;
/** Largest delta. */
const MAX_COLLABORATION_DELTA = 1e-5;

const PURPOSE = /^[a-z0-9_-]{1,64}$/;
const REGION = /^[A-Z]{2}$/;
/** Most regions: all there are, and room for those to come. */
const MAX_REGIONS_COUNT = 300;

/** Creates a collaboration and answers its id. The creator has accepted by creating it; all others are invited. */
export async function createCollaboration(
  kitchen: Kitchen,
  call: Call,
  request: collaborations.CreateCollaborationRequest,
): Promise<string> {
  const { member } = call.principal;
  const decision = kitchen.authorizer.authorize({
    principal: call.principal,
    nowMs: kitchen.nowMs(),
    action: 'create-collaboration',
  });
  if (!decision.allowed) throw new ServiceError('PERMISSION_DENIED', 'your role may not create collaborations');
  const displayName = readDisplayName(request.displayName);
  const members = readMembers(request, member);
  const budget = readBudget(request.budget, 'budget');
  const consumer = readBudget(request.consumerBudget, 'consumer_budget');
  const { purpose, regions } = readUse(request);
  const collaborationId = newId('col');
  const nowMs = kitchen.nowMs();
  await record(kitchen, {
    kind: 'collaboration-created',
    call,
    collaboration: collaborationId,
    subject: {
      members: members.map((m) => ({ member: m.member, abilities: [...m.abilities] })),
      budget: { ...budget },
      consumerBudget: { ...consumer },
      ...(purpose === '' ? {} : { purpose }),
      ...(regions.length === 0 ? {} : { regions: [...regions] }),
    },
  });
  // Together, so that they share one sync of the disk.
  await Promise.all(
    members.filter((m) => m.member !== member).map((m) => recordInvitation(kitchen, call, collaborationId, m.member)),
  );
  await kitchen.store.transaction(async (db) => {
    await db
      .insertInto('collaborations')
      .values({
        collaboration_id: collaborationId,
        display_name: displayName,
        creator: member,
        epsilon_limit: budget.epsilon,
        delta_limit: budget.delta,
        consumer_epsilon_limit: consumer.epsilon,
        consumer_delta_limit: consumer.delta,
        created_at_ms: nowMs,
        suspended_at_ms: null,
        purpose,
        regions: JSON.stringify(regions),
      })
      .execute();
    const rows = members.map((m) => ({
      collaboration_id: collaborationId,
      member: m.member,
      abilities: JSON.stringify(m.abilities),
      invited_at_ms: nowMs,
      accepted_at_ms: m.member === member ? nowMs : null,
    }));
    await db.insertInto('collaboration_members').values(rows).execute();
    const account = { level: 'collaboration' as const, owner: member, collaborationId, nowMs };
    await openAccount(db, {
      ...account,
      account: collaborationAccount(collaborationId),
      epsilonLimit: budget.epsilon,
      deltaLimit: budget.delta,
    });
  });
  return collaborationId;
}

// What members accept is what their rows are used for: another use is another collaboration, which they accept anew.
function readUse({ purpose, regions }: collaborations.CreateCollaborationRequest) {
  if (purpose !== '' && !PURPOSE.test(purpose)) {
    const letters = 'lower-case letters, digits, `_` and `-`';
    throw new ServiceError('INVALID_REQUEST', `\`purpose\` must be a word of at most 64 ${letters}`);
  }
  if (regions.length > MAX_REGIONS_COUNT || !regions.every((region) => REGION.test(region))) {
    throw new ServiceError('INVALID_REQUEST', '`regions` must be two upper-case letters each, for example `CN`');
  }
  return { purpose, regions: [...new Set(regions)].sort() };
}

function readMembers(request: collaborations.CreateCollaborationRequest, creator: string) {
  const members = request.members.map((m, index) => {
    if (!memberPattern.test(m.member)) {
      throw new ServiceError('INVALID_REQUEST', `\`members[${index}].member\` is not a member's name`);
    }
    const abilities = readAbilities(m.abilities, `members[${index}].abilities`);
    if (abilities.includes('template')) {
      throw new ServiceError(
        'INVALID_REQUEST',
        `\`members[${index}].abilities\` names \`template\`, which is for grants`,
      );
    }
    return { member: m.member, abilities };
  });
  const names = new Set(members.map((m) => m.member));
  if (names.size !== members.length) throw new ServiceError('INVALID_REQUEST', '`members` names a member twice');
  if (!names.has(creator)) throw new ServiceError('INVALID_REQUEST', '`members` must name the creator too');
  if (members.length > MAX_MEMBERS_COUNT) {
    throw new ServiceError('INVALID_REQUEST', `\`members\` has more than ${MAX_MEMBERS_COUNT}`);
  }
  return members;
}

function readBudget(cost: privacy.PrivacyCost | undefined, field: string): { epsilon: number; delta: number } {
  const { epsilon, delta } = cost ?? { epsilon: Number.NaN, delta: Number.NaN };
  const isGood = epsilon > 0 && epsilon <= MAX_COLLABORATION_EPSILON && delta > 0 && delta <= MAX_COLLABORATION_DELTA;
  if (!isGood) {
    const bounds = `an epsilon up to ${MAX_COLLABORATION_EPSILON} and a delta up to ${MAX_COLLABORATION_DELTA}`;
    throw new ServiceError('INVALID_REQUEST', `\`${field}\` must have ${bounds}, both over 0`);
  }
  return { epsilon, delta };
}

async function recordInvitation(kitchen: Kitchen, call: Call, collaboration: string, member: string): Promise<void> {
  await record(kitchen, { kind: 'member-invited', call, collaboration, subject: { member } });
}
