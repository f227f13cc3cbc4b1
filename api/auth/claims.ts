import type { JWTPayload } from 'jose';
import { type AuditScope, memberPattern, type Principal, type Role, roles } from './principal.ts';
import { TokenRefused } from './token-refused.ts';

/** Claims without which no token is taken. `exp` is among them: a token that never ends cannot be lost safely. */
export const requiredClaims = ['iss', 'aud', 'exp', 'iat', 'sub', 'member', 'role'];

/** The longest `sub`: room for a URL, no room to fill the log. */
const MAX_SUBJECT_CHARS = 255;

/** The most collaborations one auditor's token names; an auditor of more uses `*`. */
const MAX_SCOPE_COUNT = 256;

/** The longest name of a collaboration in a scope. */
const MAX_SCOPE_CHARS = 128;

/** Reads who calls from verified claims. @throws {TokenRefused} `bad-claim` */
export function readPrincipal(claims: JWTPayload): Principal {
  return {
    principal: readSubject(claims.sub),
    member: readMember(claims.member),
    role: readRole(claims.role),
    scopes: { collaborations: readScope(claims.collaborations) },
  };
}

function readSubject(value: unknown): string {
  // Printable only: the subject is written to the log and to terminals.
  const isSubject = typeof value === 'string' && value.length <= MAX_SUBJECT_CHARS && /^[\x21-\x7e]+$/.test(value);
  if (!isSubject) throw new TokenRefused('bad-claim');
  return value;
}

function readMember(value: unknown): string {
  if (typeof value !== 'string' || !memberPattern.test(value)) throw new TokenRefused('bad-claim');
  return value;
}

function readRole(value: unknown): Role {
  const role = roles.find((known) => known === value);
  if (role === undefined) throw new TokenRefused('bad-claim');
  return role;
}

function readScope(value: unknown): AuditScope {
  if (value === undefined) return [];
  if (value === '*') return 'all';
  const isName = (name: unknown) => typeof name === 'string' && name.length > 0 && name.length <= MAX_SCOPE_CHARS;
  const isScope = Array.isArray(value) && value.length <= MAX_SCOPE_COUNT && value.every(isName);
  if (!isScope) throw new TokenRefused('bad-claim');
  return value;
}
