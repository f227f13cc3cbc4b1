// Who may read the log beside those whose token says so.

/** The right of an auditor to read a part of the log for a time. */
export type AuditGrantsTable = {
  grant_id: string;
  collaboration_id: string;
  grantor: string;
  auditor_member: string;
  /** Null for any auditor of that member. */
  auditor_principal: string | null;
  /** Entries from this time on; null from the beginning. */
  from_ms: number | null;
  /** Entries before this time; null to the end. */
  until_ms: number | null;
  /** 1 when records of decisions on what was asked for the grantor may be read too. */
  decisions: number;
  created_at_ms: number;
  expires_at_ms: number;
  revoked_at_ms: number | null;
};

/** The tables of this chapter by name. */
export type AuditTables = {
  audit_grants: AuditGrantsTable;
};
