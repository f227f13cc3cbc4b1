import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Principal, type Role, roles } from '../auth/index.ts';
import type { AuthorizationRequest, Authorizer, CollaborationFacts, GrantFacts } from './index.ts';
import { openAuthorizer } from './index.ts';
import { checkPolicies, mapPolicies } from './policy-set.ts';

let authorizer: Authorizer;
beforeAll(async () => {
  authorizer = await openAuthorizer();
});

const nowMs = Date.UTC(2026, 0, 1);
const everything = ['contribute', 'query', 'activate', 'audit'] as const;
const collaboration: CollaborationFacts = {
  collaborationId: 'c1',
  members: [
    { member: 'home', abilities: everything, hasAccepted: true },
    { member: 'acme', abilities: everything, hasAccepted: true },
    { member: 'late', abilities: everything, hasAccepted: false },
    { member: 'idle', abilities: [], hasAccepted: true },
    // An ISV invited with every ability still has none of its own.
    { member: 'tools', abilities: everything, hasAccepted: true },
  ],
};
const grant: GrantFacts = {
  collaborationId: 'c1',
  grantor: 'acme',
  grantee: 'tools',
  abilities: ['query', 'activate'],
  tables: ['home.events', 'acme.orders'],
  expiresAtMs: nowMs + 1,
  isRevoked: false,
};

function principalOf(role: Role, member = memberOf(role), collaborations: Principal['scopes']['collaborations'] = []) {
  return { principal: `${member}/${role}`, member, role, scopes: { collaborations } };
}

function memberOf(role: Role): string {
  if (role === 'operator' || role === 'platform') return 'home';
  if (role === 'brand') return 'acme';
  return role === 'isv' ? 'tools' : 'watch';
}

type Unsent = AuthorizationRequest extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'principal' | 'nowMs'>
    : never
  : never;

const allows = (principal: Principal, request: Unsent) =>
  authorizer.authorize({ principal, nowMs, ...request } as AuthorizationRequest).allowed;
const isVisible = (principal: Principal, request: Unsent) => {
  const decision = authorizer.authorize({ principal, nowMs, ...request } as AuthorizationRequest);
  return decision.allowed || decision.isVisible;
};

const own = (role: Role) => ({ owner: memberOf(role) });

// Every action, asked by each role at its best: own member accepted with every ability, own dataset, standing grant,
// scope over the collaboration. The row says which roles may.
const table: { [action: string]: { may: string; ask: (role: Role) => object } } = {
  'create-collaboration': { may: 'operator platform brand', ask: () => ({}) },
  'create-dataset': { may: 'operator platform brand', ask: () => ({}) },
  'list-layouts': { may: 'operator', ask: () => ({}) },
  'list-datasets': { may: 'operator platform brand', ask: () => ({}) },
  'begin-upload': { may: 'operator platform brand', ask: () => ({}) },
  'list-uploads': { may: 'operator platform brand', ask: () => ({}) },
  'send-upload': { may: 'operator platform brand', ask: uploading },
  'read-upload': { may: 'operator platform brand', ask: uploading },
  'abandon-upload': { may: 'operator platform brand', ask: uploading },
  'opt-out': { may: 'operator platform brand', ask: () => ({}) },
  'read-opt-outs': { may: 'operator platform brand', ask: () => ({}) },
  'erase-persons': { may: 'operator platform brand', ask: () => ({}) },
  'erase-member': { may: 'operator platform brand', ask: () => ({}) },
  'read-erasure': { may: 'operator platform brand', ask: () => ({}) },
  'read-proof': { may: 'operator platform brand isv auditor', ask: () => ({}) },
  'stream-leaves': { may: '', ask: () => ({}) },
  'read-collaboration': { may: 'operator platform brand isv', ask: () => ({ collaboration, grants: [grant] }) },
  'accept-invitation': { may: 'operator platform brand isv', ask: () => ({ collaboration }) },
  'read-budget': { may: 'operator platform brand isv', ask: () => ({ collaboration, grants: [grant] }) },
  'explain-question': { may: 'operator platform brand isv', ask: asking },
  'submit-question': { may: 'operator platform brand isv', ask: asking },
  'report-match': { may: 'operator platform brand isv', ask: asking },
  'estimate-match': { may: 'operator platform brand isv', ask: asking },
  'list-questions': { may: 'operator platform brand isv', ask: () => ({ collaboration, grants: [grant] }) },
  'define-audience': { may: 'operator platform brand isv', ask: asking },
  'list-audiences': { may: 'operator platform brand isv', ask: () => ({ collaboration, grants: [grant] }) },
  'propose-destination': { may: 'operator platform', ask: () => ({ collaboration, grants: [grant] }) },
  'approve-destination': { may: 'operator platform brand', ask: () => ({ collaboration, grants: [grant] }) },
  'withdraw-approval': { may: 'operator platform brand', ask: () => ({ collaboration, grants: [grant] }) },
  'close-destination': { may: 'operator platform', ask: (role) => ({ collaboration, ...own(role) }) },
  'train-model': { may: 'operator platform brand isv', ask: asking },
  'list-models': { may: 'operator platform brand isv', ask: () => ({ collaboration, grants: [grant] }) },
  'read-model': { may: 'operator platform brand isv', ask: trained },
  'publish-tags': { may: 'operator platform brand', ask: () => ({ collaboration, grants: [grant] }) },
  'list-tags': { may: 'operator platform brand isv', ask: () => ({ collaboration, grants: [grant] }) },
  'list-destinations': { may: 'operator platform brand isv', ask: () => ({ collaboration, grants: [grant] }) },
  'submit-function': { may: 'operator platform brand isv', ask: asking },
  'list-functions': { may: 'operator platform brand isv auditor', ask: () => ({ collaboration, grants: [grant] }) },
  'publish-template': { may: 'operator platform brand isv', ask: () => ({ collaboration, grants: [grant] }) },
  'approve-template': { may: 'operator platform brand', ask: () => ({ collaboration, grants: [grant] }) },
  'withdraw-template-approval': { may: 'operator platform brand', ask: () => ({ collaboration, grants: [grant] }) },
  'read-template': { may: 'operator platform brand isv auditor', ask: () => ({ collaboration, grants: [grant] }) },
  'run-template': { may: 'operator platform brand isv', ask: asking },
  'explain-identity': { may: 'operator platform brand', ask: () => ({ collaboration }) },
  'read-function': { may: 'operator platform brand isv auditor', ask: submitted },
  'retire-function': { may: 'operator platform brand isv', ask: submitted },
  'read-log': { may: 'operator platform brand auditor', ask: () => ({ collaboration, grants: [grant] }) },
  'read-decision': { may: 'auditor', ask: () => ({ collaboration, grants: [grant] }) },
  'list-audit-grants': { may: 'operator platform brand auditor', ask: () => ({ collaboration }) },
  'grant-audit': { may: 'operator platform brand', ask: (role) => ({ collaboration, ...own(role) }) },
  'revoke-audit-grant': { may: 'operator platform brand', ask: (role) => ({ collaboration, ...own(role) }) },
  'bind-dataset': { may: 'operator platform brand', ask: (role) => ({ collaboration, ...own(role) }) },
  'set-rules': { may: 'operator platform brand', ask: (role) => ({ collaboration, ...own(role) }) },
  'set-identity-rules': { may: 'operator platform brand', ask: (role) => ({ collaboration, ...own(role) }) },
  'create-grant': { may: 'brand', ask: () => ({ collaboration, granted: ['query', 'activate'] }) },
  'revoke-grant': { may: 'brand', ask: (role) => ({ collaboration, ...own(role) }) },
  'read-dataset': { may: 'operator platform brand', ask: (role) => ({ dataset: { datasetId: 'd', ...own(role) } }) },
  'upload-snapshot': { may: 'operator platform brand', ask: (role) => ({ dataset: { datasetId: 'd', ...own(role) } }) },
  'take-out': { may: 'operator platform brand', ask: (role) => ({ dataset: { datasetId: 'd', ...own(role) } }) },
  'erase-dataset': { may: 'operator platform brand', ask: (role) => ({ dataset: { datasetId: 'd', ...own(role) } }) },
  'read-question': { may: 'operator platform brand isv', ask: asked },
  'cancel-question': { may: 'operator platform brand isv', ask: asked },
  'read-audience': { may: 'operator platform brand isv', ask: defined },
  'estimate-audience': { may: 'operator platform brand isv', ask: defined },
  'activate-audience': { may: 'operator platform brand isv', ask: defined },
  'revoke-audience': { may: 'operator platform brand isv', ask: defined },
};

function asking(role: Role) {
  return { collaboration, grants: [grant], tables: ['home.events'], ...(role === 'isv' ? { actingFor: 'acme' } : {}) };
}

function uploading(role: Role) {
  return { upload: { uploadId: 'u', member: memberOf(role) } };
}

function asked(role: Role) {
  const actingFor = role === 'isv' ? 'acme' : memberOf(role);
  return { collaboration, grants: [grant], question: { asker: memberOf(role), actingFor } };
}

function defined(role: Role) {
  const owner = role === 'isv' ? 'acme' : memberOf(role);
  return { collaboration, grants: [grant], audience: { audienceId: 'a', definer: memberOf(role), owner } };
}

function trained(role: Role) {
  const owner = role === 'isv' ? 'acme' : memberOf(role);
  return { collaboration, grants: [grant], model: { modelId: 'm', definer: memberOf(role), owner } };
}

function submitted(role: Role) {
  const submittedFor = role === 'isv' ? 'acme' : memberOf(role);
  const scoringFunction = { functionId: 'f', submitter: memberOf(role), submittedFor };
  return { collaboration, grants: [grant], scoringFunction };
}

describe('the table of actions and roles', () => {
  it.each(Object.entries(table))('%s', (action, { may, ask }) => {
    const allowed = roles.filter((role) =>
      allows(principalOf(role, memberOf(role), role === 'auditor' ? ['c1'] : []), { action, ...ask(role) } as Unsent),
    );
    expect(allowed.join(' ')).toBe(may);
  });

  it('holds every action of the schema', async () => {
    const schema = await readFile(new URL('./galley.cedarschema', import.meta.url), 'utf8');
    const named = [...schema.matchAll(/^action ([\s\S]*?)appliesTo/gm)].flatMap((found) =>
      found[1]?.match(/[a-z-]{2,}/g),
    );
    expect(new Set(named)).toEqual(new Set([...Object.keys(table), 'know-of']));
  });

  it('gives an outsider nothing but proofs and things of its own, and hides the rest', () => {
    for (const [action, { ask }] of Object.entries(table)) {
      // What is asked of the service as a whole is about the caller's own member.
      const isOutside = Object.keys(ask('brand')).length > 0;
      if (!isOutside) continue;
      for (const role of roles) {
        const request = { action, ...ask(role) } as Unsent;
        expect(allows(principalOf(role, 'stranger'), request)).toBe(false);
        if (action !== 'stream-leaves') expect(isVisible(principalOf(role, 'stranger'), request)).toBe(false);
      }
    }
  });
});

describe('a member', () => {
  const ask = { action: 'submit-question', collaboration } as const;

  it('may only look at an invitation that it has not accepted', () => {
    const late = principalOf('brand', 'late');
    expect(allows(late, { action: 'read-collaboration', collaboration })).toBe(true);
    expect(allows(late, { action: 'accept-invitation', collaboration })).toBe(true);
    expect(allows(late, ask)).toBe(false);
    expect(allows(late, { action: 'bind-dataset', collaboration, owner: 'late' })).toBe(false);
    expect(allows(late, { action: 'read-log', collaboration })).toBe(false);
  });

  it('does nothing that it has no ability for, though it belongs', () => {
    const idle = principalOf('brand', 'idle');
    expect(allows(idle, ask)).toBe(false);
    expect(isVisible(idle, ask)).toBe(true);
    expect(allows(idle, { action: 'bind-dataset', collaboration, owner: 'idle' })).toBe(false);
    expect(allows(idle, { action: 'define-audience', collaboration })).toBe(false);
    expect(allows(idle, { action: 'read-log', collaboration })).toBe(false);
    expect(allows(idle, { action: 'create-grant', collaboration, granted: ['query'] })).toBe(false);
    expect(allows(idle, { action: 'read-budget', collaboration })).toBe(true);
  });

  it('never acts for another one', () => {
    expect(allows(principalOf('brand'), { ...ask, actingFor: 'home' })).toBe(false);
    expect(allows(principalOf('brand'), { ...ask, actingFor: 'acme' })).toBe(true);
  });

  it('binds, takes out and reads nothing of another one, be it the operator', () => {
    const dataset = { datasetId: 'd', owner: 'acme' };
    for (const role of ['operator', 'platform'] as const) {
      for (const action of ['read-dataset', 'upload-snapshot', 'take-out', 'erase-dataset'] as const) {
        expect(allows(principalOf(role), { action, dataset })).toBe(false);
        expect(isVisible(principalOf(role), { action, dataset })).toBe(false);
      }
      for (const action of ['send-upload', 'read-upload', 'abandon-upload'] as const) {
        const upload = { uploadId: 'u', member: 'acme' };
        expect(allows(principalOf(role), { action, upload })).toBe(false);
        expect(isVisible(principalOf(role), { action, upload })).toBe(false);
      }
      expect(allows(principalOf(role), { action: 'set-rules', collaboration, owner: 'acme' })).toBe(false);
      const question = { asker: 'acme', actingFor: 'acme' };
      expect(allows(principalOf(role), { action: 'read-question', collaboration, question })).toBe(false);
      const audience = { audienceId: 'a', definer: 'acme', owner: 'acme' };
      expect(allows(principalOf(role), { action: 'read-audience', collaboration, audience })).toBe(false);
    }
  });

  it('grants nothing that cannot be granted', () => {
    expect(allows(principalOf('brand'), { action: 'create-grant', collaboration, granted: ['contribute'] })).toBe(
      false,
    );
    expect(allows(principalOf('brand'), { action: 'create-grant', collaboration, granted: ['query', 'audit'] })).toBe(
      false,
    );
  });

  it('reads what was asked for it', () => {
    const question = { asker: 'tools', actingFor: 'acme' };
    expect(allows(principalOf('brand'), { action: 'read-question', collaboration, question })).toBe(true);
  });
});

describe('an ISV', () => {
  const isv = principalOf('isv');
  const ask = { action: 'submit-question', collaboration, actingFor: 'acme', tables: ['acme.orders'] } as const;

  it('acts for the brand that granted it', () => {
    expect(allows(isv, { ...ask, grants: [grant] })).toBe(true);
  });

  it.each<[string, Partial<GrantFacts>]>([
    ['was revoked', { isRevoked: true }],
    ['has expired', { expiresAtMs: nowMs }],
    ['is another collaboration’s', { collaborationId: 'c2' }],
    ['was given to another ISV', { grantee: 'other' }],
    ['was given by another brand', { grantor: 'home' }],
    ['was given by one who has not accepted', { grantor: 'late' }],
    ['has not the ability', { abilities: ['activate'] }],
    ['has not the table', { tables: ['home.events'] }],
  ])('is refused when its grant %s', (_, change) => {
    const actingFor = change.grantor === 'late' ? 'late' : 'acme';
    expect(allows(isv, { ...ask, actingFor, grants: [{ ...grant, ...change }] })).toBe(false);
  });

  it('is refused without a grant, and without saying for whom', () => {
    expect(allows(isv, ask)).toBe(false);
    const { actingFor: _, ...nameless } = ask;
    expect(allows(isv, { ...nameless, grants: [grant] })).toBe(false);
    expect(allows(isv, { ...ask, actingFor: 'tools' })).toBe(false);
  });

  it('does not add two grants together', () => {
    const halves = [
      { ...grant, tables: ['home.events'] },
      { ...grant, tables: ['acme.orders'] },
    ];
    expect(allows(isv, { ...ask, tables: ['home.events', 'acme.orders'], grants: halves })).toBe(false);
    expect(allows(isv, { ...ask, tables: ['acme.orders'], grants: halves })).toBe(true);
  });

  it('has no ability that its grantor lost', () => {
    const members = collaboration.members.map((entry) => ({ ...entry, abilities: ['contribute'] as const }));
    expect(allows(isv, { ...ask, collaboration: { ...collaboration, members }, grants: [grant] })).toBe(false);
  });

  it('cannot read what it asked once the grant is revoked, nor what others asked', () => {
    const read = { action: 'read-question', collaboration } as const;
    const question = { asker: 'tools', actingFor: 'acme' };
    expect(allows(isv, { ...read, question, grants: [grant] })).toBe(true);
    expect(allows(isv, { ...read, question, grants: [{ ...grant, isRevoked: true }] })).toBe(false);
    expect(allows(isv, { ...read, question: { ...question, asker: 'acme' }, grants: [grant] })).toBe(false);
  });

  it('knows of the collaboration when it merely touched a table too many', () => {
    expect(isVisible(isv, { ...ask, tables: ['home.secrets'], grants: [grant] })).toBe(true);
    const uninvited = { ...collaboration, members: collaboration.members.slice(0, 2) };
    expect(isVisible(isv, { ...ask, collaboration: uninvited, tables: ['home.secrets'], grants: [grant] })).toBe(true);
    expect(isVisible(isv, { ...ask, collaboration: uninvited, grants: [{ ...grant, isRevoked: true }] })).toBe(false);
  });
});

describe('a scoring function', () => {
  const functions = { action: 'retire-function', collaboration } as const;
  const byTools = { functionId: 'f', submitter: 'tools', submittedFor: 'acme' };

  it('is retired by its submitter and by the member it came for, and by nobody else', () => {
    expect(allows(principalOf('isv'), { ...functions, scoringFunction: byTools, grants: [grant] })).toBe(true);
    expect(allows(principalOf('brand'), { ...functions, scoringFunction: byTools })).toBe(true);
    for (const role of ['operator', 'platform', 'auditor'] as const) {
      expect(allows(principalOf(role), { ...functions, scoringFunction: byTools })).toBe(false);
    }
    const acmes = { functionId: 'f', submitter: 'acme', submittedFor: 'acme' };
    expect(allows(principalOf('isv'), { ...functions, scoringFunction: acmes, grants: [grant] })).toBe(false);
  });

  it('is hidden from the service providers of other brands, and from its own once the grant has ended', () => {
    const read = { action: 'read-function', collaboration, scoringFunction: byTools } as const;
    const other = { ...grant, grantor: 'home', grantee: 'other' };
    expect(isVisible(principalOf('isv', 'other'), { ...read, grants: [other] })).toBe(false);
    expect(isVisible(principalOf('isv'), { ...read, grants: [{ ...grant, isRevoked: true }] })).toBe(false);
    expect(isVisible(principalOf('isv'), { ...read, grants: [grant] })).toBe(true);
  });

  it('is submitted for the grantor alone, and by members for themselves', () => {
    const submit = { action: 'submit-function', collaboration, grants: [grant] } as const;
    expect(allows(principalOf('isv'), { ...submit, actingFor: 'acme' })).toBe(true);
    expect(allows(principalOf('isv'), { ...submit, actingFor: 'home' })).toBe(false);
    expect(allows(principalOf('isv'), submit)).toBe(false);
    expect(allows(principalOf('brand'), { ...submit, actingFor: 'home' })).toBe(false);
    expect(allows(principalOf('brand', 'late'), { ...submit, actingFor: 'late' })).toBe(false);
  });
});

describe('what is suspended', () => {
  const suspended = { ...collaboration, isSuspended: true };

  it('stands still, whoever asks, while reading and withdrawing go on', () => {
    const brand = principalOf('brand');
    const audience = { audienceId: 'a', definer: 'acme', owner: 'acme' };
    expect(allows(brand, { action: 'submit-question', collaboration: suspended })).toBe(false);
    expect(allows(brand, { action: 'bind-dataset', collaboration: suspended, owner: 'acme' })).toBe(false);
    expect(allows(brand, { action: 'activate-audience', collaboration: suspended, audience })).toBe(false);
    expect(allows(brand, { action: 'revoke-audience', collaboration: suspended, audience })).toBe(true);
    expect(allows(brand, { action: 'submit-function', collaboration: suspended })).toBe(false);
    const scoringFunction = { functionId: 'f', submitter: 'acme', submittedFor: 'acme' };
    expect(allows(brand, { action: 'retire-function', collaboration: suspended, scoringFunction })).toBe(true);
    expect(allows(brand, { action: 'revoke-grant', collaboration: suspended, owner: 'acme' })).toBe(true);
    expect(allows(brand, { action: 'read-log', collaboration: suspended })).toBe(true);
    const question = { asker: 'acme', actingFor: 'acme' };
    expect(allows(brand, { action: 'read-question', collaboration: suspended, question })).toBe(false);
  });

  it('takes no new snapshot in, and lets its owner take out', () => {
    const dataset = { datasetId: 'd', owner: 'acme', isSuspended: true };
    expect(allows(principalOf('brand'), { action: 'upload-snapshot', dataset })).toBe(false);
    expect(allows(principalOf('brand'), { action: 'take-out', dataset })).toBe(true);
  });
});

describe('the policies', () => {
  it('fit their schema as they ship', async () => {
    const [schema, text] = await Promise.all(
      ['galley.cedarschema', 'galley.cedar'].map((name) => readFile(new URL(`./${name}`, import.meta.url), 'utf8')),
    );
    const policies = mapPolicies(text as string);
    expect(Object.keys(policies)).toContain('data-owners-create');
    expect(Object.keys(policies)).toHaveLength((text as string).match(/^(?:permit|forbid)\b/gm)?.length ?? -1);
    checkPolicies(schema as string, policies);
  });

  it('are refused when one does not fit the schema, has no name, or one name stands twice', async () => {
    const schema = await readFile(new URL('./galley.cedarschema', import.meta.url), 'utf8');
    const typo =
      '@id("typo") permit (principal, action == Action::"take-out", resource is Dataset) when { resource.ovner == principal.member };';
    expect(() => checkPolicies(schema, mapPolicies(typo))).toThrow(/`typo`.*ovner/s);
    const role = '@id("role") permit (principal in Role::"bradn", action, resource);';
    expect(() => checkPolicies(schema, mapPolicies(role))).toThrow(/bradn/);
    expect(() => mapPolicies('permit (principal, action, resource);')).toThrow(/no `@id`/);
    expect(() => mapPolicies(`${typo}${typo}`)).toThrow(/two policies/);
    const nameless = '@id("named") forbid (principal, action, resource);\npermit (principal, action, resource);';
    expect(() => checkPolicies(schema, mapPolicies(nameless))).toThrow(/named|policy/);
  });

  it('cannot be moved by names that look like Cedar', () => {
    const sly = principalOf('brand', 'acme');
    const request = { action: 'submit-question', collaboration, actingFor: 'x" || true || "' } as const;
    expect(allows({ ...sly, principal: '"; permit(principal,action,resource);' }, request)).toBe(false);
  });
});
