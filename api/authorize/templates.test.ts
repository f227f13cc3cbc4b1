// What a grant of the ability `template` opens: approved templates with values, and nothing beside them.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../auth/index.ts';
import { type Authorizer, openAuthorizer } from './authorizer.ts';
import type { AuthorizationRequest, GrantFacts } from './request.ts';

const nowMs = 1_000_000;
let authorizer: Authorizer;

beforeAll(async () => {
  authorizer = await openAuthorizer();
});

const isv: Principal = { principal: 'tools/su', member: 'tools', role: 'isv', scopes: { collaborations: [] } };
const collaboration = {
  collaborationId: 'c1',
  members: [{ member: 'acme', abilities: ['query', 'activate'], hasAccepted: true }],
} as const;
const grant: GrantFacts = {
  collaborationId: 'c1',
  grantor: 'acme',
  grantee: 'tools',
  abilities: ['template'],
  tables: ['acme.orders'],
  expiresAtMs: nowMs + 1,
  isRevoked: false,
};
const asked = { collaboration, actingFor: 'acme', tables: ['acme.orders'], grants: [grant] } as const;

const allows = (request: object): boolean =>
  authorizer.authorize({ principal: isv, nowMs, ...request } as AuthorizationRequest).allowed;

describe('a grant of templates alone', () => {
  it.each(['explain-question', 'submit-question', 'define-audience'])('opens %s for what was filled in', (action) => {
    expect(allows({ ...asked, action, isByTemplate: true })).toBe(true);
    expect(allows({ ...asked, action, isByTemplate: false })).toBe(false);
    expect(allows({ ...asked, action })).toBe(false);
    expect(allows({ ...asked, action, isByTemplate: true, tables: ['acme.secrets'] })).toBe(false);
    expect(allows({ ...asked, action, isByTemplate: true, actingFor: 'home' })).toBe(false);
    const revoked = [{ ...grant, isRevoked: true }];
    expect(allows({ ...asked, action, isByTemplate: true, grants: revoked })).toBe(false);
    const weak = { ...collaboration, members: [{ member: 'acme', abilities: [], hasAccepted: true }] };
    expect(allows({ ...asked, action, isByTemplate: true, collaboration: weak })).toBe(false);
  });

  it.each(['report-match', 'estimate-match', 'submit-function'])('does not open %s', (action) => {
    expect(allows({ ...asked, action, isByTemplate: true })).toBe(false);
  });

  it('opens the answers to what was filled in, and no others', () => {
    const question = { asker: 'tools', actingFor: 'acme', isByTemplate: true };
    const read = { ...asked, action: 'read-question' };
    expect(allows({ ...read, question })).toBe(true);
    expect(allows({ ...read, question: { ...question, isByTemplate: false } })).toBe(false);
    expect(allows({ ...read, question: { ...question, asker: 'others' } })).toBe(false);
  });

  it('lets the size of an audience be looked at, and not the audience be activated', () => {
    const audience = { audienceId: 'a', definer: 'tools', owner: 'acme', isByTemplate: true };
    expect(allows({ ...asked, action: 'estimate-audience', audience })).toBe(true);
    expect(allows({ ...asked, action: 'activate-audience', audience })).toBe(false);
    expect(allows({ ...asked, action: 'revoke-audience', audience })).toBe(false);
    const written = { ...audience, isByTemplate: false };
    expect(allows({ ...asked, action: 'estimate-audience', audience: written })).toBe(false);
  });
});
