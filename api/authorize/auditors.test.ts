import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal, Role } from '../auth/index.ts';
import { type AuditGrantFacts, type Authorizer, type CollaborationFacts, openAuthorizer } from './index.ts';

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
  ],
};

const principalOf = (
  role: Role,
  member: string,
  collaborations: Principal['scopes']['collaborations'] = [],
): Principal => {
  return { principal: `${member}/${role}`, member, role, scopes: { collaborations } };
};
type Asked = Parameters<Authorizer['authorize']>[0];
const decide = (principal: Principal, request: object) =>
  authorizer.authorize({ principal, nowMs, ...request } as Asked);
const allows = (principal: Principal, request: object) => decide(principal, request).allowed;

describe('a grant to an auditor', () => {
  const auditGrant: AuditGrantFacts = {
    collaborationId: 'c1',
    grantor: 'acme',
    auditorMember: 'watch',
    decisions: true,
    expiresAtMs: nowMs + 1,
    isRevoked: false,
  };
  const auditor = principalOf('auditor', 'watch');
  const reads = (who: Principal, fields: Partial<AuditGrantFacts> = {}, of = collaboration) =>
    allows(who, { action: 'read-log', collaboration: of, auditGrant: { ...auditGrant, ...fields } });
  const decides = (actingFor: string, fields: Partial<AuditGrantFacts> = {}) =>
    allows(auditor, { action: 'read-decision', collaboration, actingFor, auditGrant: { ...auditGrant, ...fields } });

  it('lets the auditor it names read its collaboration, until it ends', () => {
    expect(reads(auditor)).toBe(true);
    expect(reads(auditor, { auditorPrincipal: auditor.principal })).toBe(true);
    expect(reads(auditor, { auditorPrincipal: 'another' })).toBe(false);
    expect(reads(auditor, { auditorMember: 'other' })).toBe(false);
    expect(reads(auditor, { expiresAtMs: nowMs })).toBe(false);
    expect(reads(auditor, { isRevoked: true })).toBe(false);
    expect(reads(auditor, { grantor: 'late' })).toBe(false);
    expect(reads(auditor, { collaborationId: 'c2' })).toBe(false);
    expect(decide(auditor, { action: 'read-budget', collaboration, auditGrant })).toMatchObject({ isVisible: true });
  });

  it('makes an auditor of nobody who is none', () => {
    for (const role of ['operator', 'platform', 'brand', 'isv'] as const) {
      expect(reads(principalOf(role, 'watch'))).toBe(false);
    }
  });

  it('opens records of what was asked for its grantor, and of nobody else', () => {
    expect(decides('acme')).toBe(true);
    expect(decides('home')).toBe(false);
    expect(decides('acme', { decisions: false })).toBe(false);
    expect(decides('acme', { expiresAtMs: nowMs })).toBe(false);
    expect(allows(auditor, { action: 'stream-leaves' })).toBe(false);
  });

  it('is given by the creator and by members with the ability, and taken back by its grantor', () => {
    const may = (member: string, owner: string, action: 'grant-audit' | 'revoke-audit-grant') =>
      allows(principalOf('brand', member), { action, collaboration, owner });
    expect(may('acme', 'home', 'grant-audit')).toBe(true);
    expect(may('idle', 'home', 'grant-audit')).toBe(false);
    expect(may('idle', 'idle', 'grant-audit')).toBe(true);
    expect(may('late', 'late', 'grant-audit')).toBe(false);
    expect(may('acme', 'home', 'revoke-audit-grant')).toBe(false);
    expect(allows(principalOf('brand', 'idle'), { action: 'list-audit-grants', collaboration })).toBe(true);
    expect(allows(principalOf('brand', 'late'), { action: 'list-audit-grants', collaboration })).toBe(false);
  });
});

describe('an auditor', () => {
  it('reads the log of its scope and nothing else', () => {
    const auditor = principalOf('auditor', 'watch', ['c1']);
    const elsewhere = { ...collaboration, collaborationId: 'c2' };
    expect(allows(auditor, { action: 'read-log', collaboration })).toBe(true);
    expect(allows(auditor, { action: 'read-log', collaboration: elsewhere })).toBe(false);
    expect(decide(auditor, { action: 'read-log', collaboration: elsewhere })).toMatchObject({ isVisible: false });
    expect(allows(auditor, { action: 'stream-leaves' })).toBe(false);
  });

  it('streams every leaf only with a scope of all', () => {
    expect(allows(principalOf('auditor', 'watch', 'all'), { action: 'stream-leaves' })).toBe(true);
    expect(allows(principalOf('brand', 'acme', 'all'), { action: 'stream-leaves' })).toBe(false);
  });

  it('has no rights by the member it belongs to', () => {
    const inside = principalOf('auditor', 'acme');
    expect(allows(inside, { action: 'read-collaboration', collaboration })).toBe(false);
    expect(allows(inside, { action: 'read-log', collaboration })).toBe(false);
  });
});
