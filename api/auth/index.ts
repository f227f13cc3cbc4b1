/** The door of the authentication chapter: who calls. */
export { type LocalIssuer, type Mint, openLocalIssuer } from './local-issuer.ts';
export { type AuditScope, memberPattern, type Principal, type Role, roles } from './principal.ts';
export { KeysUnavailable, type TokenRefusal, TokenRefused } from './token-refused.ts';
export { openTokenVerifier, type TokenVerifier, type VerifierOptions } from './token-verifier.ts';
