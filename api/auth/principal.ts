/** What kind of person or program stands behind a token. */
export type Role = 'operator' | 'platform' | 'brand' | 'isv' | 'auditor';

/** Every role, in the order of the documentation. */
export const roles: readonly Role[] = ['operator', 'platform', 'brand', 'isv', 'auditor'];

/** What an auditor may read: named collaborations, or `all` of them, which includes every leaf of the log. */
export type AuditScope = 'all' | readonly string[];

/** Who calls, as a verified token says. */
export type Principal = {
  /** The token's `sub`; unique under its issuer. */
  readonly principal: string;
  /** The member it belongs to. */
  readonly member: string;
  readonly role: Role;
  /** Read for auditors only; empty when the token names none. */
  readonly scopes: { readonly collaborations: AuditScope };
};

/** The form of a member's name, in tokens and in SQL. */
export const memberPattern = /^[a-z][a-z0-9-]{1,62}$/;
