/** How a destination is reached, as the store writes it. */
export type DestinationKind = 'strategy-engine' | 'nats' | 'webhook' | 'file-drop';

/** A place that audiences may be published to, with the terms in force. */
export type DestinationsTable = {
  destination_id: string;
  collaboration_id: string;
  owner: string;
  address: string;
  ca_certificate_pem: string;
  identifier: string;
  key_sealed: Uint8Array;
  created_at_ms: number;
  kind: DestinationKind;
  /** Empty only for a destination from before there were terms: it takes nothing until its owner proposes some. */
  purpose: string;
  min_size: number;
  /** A JSON array of members; empty for every member that may activate. */
  allowed_members: string;
  /** Days; 0 for no end. */
  retention_days: number;
  /** Of a file drop: who can open its files. */
  recipient: string;
  /** What approvals name; empty like the purpose. */
  terms_digest: string;
  /** What messages are signed with, or what signs in at a broker; null where neither is needed. */
  access_sealed: Uint8Array | null;
  closed_at_ms: number | null;
};

/** A member's approval of terms; gone when it is withdrawn, worth nothing when the terms have changed. */
export type DestinationApprovalsTable = {
  collaboration_id: string;
  destination_id: string;
  member: string;
  terms_digest: string;
  approved_at_ms: number;
};

/** Tables of destinations. */
export type DestinationTables = {
  destinations: DestinationsTable;
  destination_approvals: DestinationApprovalsTable;
};
