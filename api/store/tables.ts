// The control store, table by table. It holds names, rules, states and charges; rows of members, SQL and releases lie
// sealed. Times are milliseconds since 1970 UTC. Booleans do not exist in SQLite: a time that is null says `not yet`.
import type { Generated } from 'kysely';
import type { AuditTables } from './tables-audit.ts';
import type { DatasetTables } from './tables-datasets.ts';
import type { DeliveryTables } from './tables-deliveries.ts';
import type { DestinationTables } from './tables-destinations.ts';
import type { DetailsTables } from './tables-details.ts';
import type { KeysTables } from './tables-keys.ts';
import type { LayoutTables } from './tables-layouts.ts';
import type { ModelTables } from './tables-models.ts';
import type { PublicationTables } from './tables-publications.ts';
import type { ReceiptsTables } from './tables-receipts.ts';
import type { RightsTables } from './tables-rights.ts';
import type { SpineTables } from './tables-spine.ts';
import type { TagTables } from './tables-tags.ts';
import type { TemplatesTables } from './tables-templates.ts';

/** An agreement between members. */
export type CollaborationsTable = {
  collaboration_id: string;
  display_name: string;
  creator: string;
  /** Limits that accounts of this collaboration open with. */
  epsilon_limit: number;
  delta_limit: number;
  consumer_epsilon_limit: number;
  consumer_delta_limit: number;
  created_at_ms: number;
  suspended_at_ms: number | null;
  /** What the data is used for; empty when none was stated. */
  purpose: Generated<string>;
  /** Whose rows may be used: a JSON array of two-letter regions, empty for any. */
  regions: Generated<string>;
};

/** One party of a collaboration; `abilities` is a JSON array of names. */
export type CollaborationMembersTable = {
  collaboration_id: string;
  member: string;
  abilities: string;
  invited_at_ms: number;
  accepted_at_ms: number | null;
};

/** The right of an ISV to act for a member; `abilities` and `tables` are JSON arrays of names. */
export type GrantsTable = {
  grant_id: string;
  collaboration_id: string;
  grantor: string;
  grantee: string;
  abilities: string;
  tables: string;
  created_at_ms: number;
  expires_at_ms: number;
  revoked_at_ms: number | null;
};

/** A dataset as seen in one collaboration, with the rules in force. */
export type BindingsTable = {
  collaboration_id: string;
  owner: string;
  alias: string;
  dataset_id: string;
  rules_json: string;
  rules_digest: string;
  rules_version: number;
  bound_at_ms: number;
};

/** Every version of the rules of a binding, kept so that old decisions replay. */
export type RulesVersionsTable = {
  rules_digest: string;
  collaboration_id: string;
  owner: string;
  alias: string;
  rules_version: number;
  rules_json: string;
  set_at_ms: number;
};

/** Which of the equivalent programs counted a table for a question: follows from data, and is its owner's to read. */
export type CountingPathsTable = {
  path_id: Generated<number>;
  dataset_id: string;
  snapshot_id: string;
  collaboration_id: string;
  alias: string;
  query_id: string;
  choice_sealed: Uint8Array;
};

/** The three levels a charge is made at. */
export type AccountLevel = 'owner' | 'collaboration' | 'consumer';

/** A privacy budget: its limit and what was charged in all. The charge only ever grows. */
export type LedgerAccountsTable = {
  account: string;
  level: AccountLevel;
  /** The member who set the limit. */
  owner: string;
  /** Null for the account of a dataset's lineage, which spans collaborations. */
  collaboration_id: string | null;
  epsilon_limit: number;
  delta_limit: number;
  rho_charged: Generated<number>;
  delta_charged: Generated<number>;
  opened_at_ms: number;
  /** When the first exact release was made from it; null while there is none. Never unset. */
  exact_since_ms: Generated<number | null>;
};

/** A charge that the log has told of. */
type ToldChargesTable = {
  /** As in `ledger_events`. */
  subject: string;
};

/** One charge to one account; `mechanisms` is the JSON of what was charged for, so that an auditor adds up again. */
export type LedgerEventsTable = {
  event_id: Generated<number>;
  account: string;
  /** What was charged for, for example `question/<id>`; charged once an account. */
  subject: string;
  rho: number;
  delta: number;
  mechanisms: string;
  reserved_at_ms: number;
};

/** Where a question is in its life. */
export type QuestionState = 'running' | 'released' | 'run-failed' | 'cancelled';

/** A question that was admitted; its SQL is a detail of it. */
export type QuestionsTable = {
  query_id: string;
  collaboration_id: string;
  /** The member of the principal who asked. */
  asker: string;
  /** The member asked for; the asker itself but for an ISV. */
  acting_for: string;
  principal: string;
  epsilon: number;
  omit_intervals: number;
  /** How its release is protected. */
  mode: Generated<'private' | 'threshold'>;
  plan_digest: string;
  /** Tables touched, a JSON array of `<member>.<alias>`. */
  tables: string;
  price_epsilon: number;
  price_delta: number;
  price_rho: number;
  state: QuestionState;
  release_id: string | null;
  /** 1 when a stored release answered it at no charge. */
  is_stored: number;
  submitted_at_ms: number;
  ended_at_ms: number | null;
  leaf_index: number | null;
  /** The digest of the template that it was filled in from; null for one that was written. */
  template: Generated<string | null>;
};

/** A release that was made and charged; the same question on the same snapshots finds it by its key. */
export type ReleasesTable = {
  release_id: string;
  cache_key: string;
  collaboration_id: string;
  /** Path of the sealed file, relative to the data directory; empty where the release lies in this row. */
  sealed_path: string;
  /** SHA-256 of it as it is sealed, hex. */
  sealed_digest: string;
  /** The release itself, sealed, where it is small; null where it is a file. */
  sealed_bytes: Generated<Uint8Array | null>;
  byte_count: number;
  created_at_ms: number;
  /** When an end with it in it has shown to its consumer; null before that, and for good when there was none. */
  shown_at_ms: Generated<number | null>;
  /** What the run that made it took, sealed; null where nobody measured it. */
  cost_sealed: Generated<Uint8Array | null>;
};

/** A set of persons by definition; its SQL is a detail of it. */
export type AudiencesTable = {
  audience_id: string;
  collaboration_id: string;
  display_name: string;
  definer: string;
  owner: string;
  principal: string;
  plan_digest: string;
  tables: string;
  /** The scoring functions it was defined with, by digest: a JSON array. */
  functions: Generated<string>;
  /** 1 for a definition that was only sized. */
  is_draft: Generated<number>;
  created_at_ms: number;
  /** Counts up with every publication and withdrawal. */
  version: Generated<number>;
  /** The digest of the template that it was filled in from; null for one that was written. */
  template: Generated<string | null>;
};

/** A protected size that was released and charged, by the snapshots it was taken from. */
export type AudienceSizesTable = {
  audience_id: string;
  /** Names the release: definition, rules, snapshots and noise. */
  release_key: string;
  /** The same without the noise: a size of any price serves an activation. */
  definition_key: string;
  persons: number;
  ci95_low: number;
  ci95_high: number;
  epsilon: number;
  price_epsilon: number;
  price_delta: number;
  price_rho: number;
  released_at_ms: number;
};

/** Answers kept for calls that may be repeated: same member, method and id give the same answer. */
export type RequestsTable = {
  member: string;
  rpc: string;
  request_id: string;
  request_digest: string;
  response: Uint8Array;
  created_at_ms: number;
};

/** An aggregation of threshold mode, kept for ever: later ones are compared with it. */
export type ExactAggregationsTable = {
  entry_id: Generated<number>;
  collaboration_id: string;
  query_id: string;
  /** Names its release, which is one consumer's. */
  release_key: string;
  /** Names what was counted, over which snapshots, whoever asked. */
  aggregation_key: string;
  /** Lineages touched, a JSON array. */
  dataset_ids: string;
  /** What is counted, without persons or numbers; sealed, as its literals are the asker's. */
  groups_sealed: Uint8Array;
  /** 0 when it ended without a group that left, 1 when some did; null while nobody knows, which counts as 1. */
  has_left: number | null;
  recorded_at_ms: number;
};

/** Failed runs a member and day (UTC, `2026-01-31`): each tells one bit, so that they are counted and capped. */
export type FailuresPerDayTable = {
  member: string;
  day: string;
  failure_count: number;
};

/** A scoring function over all its versions: one name of one member in one collaboration. */
export type FunctionsTable = {
  function_id: string;
  collaboration_id: string;
  /** The member whose code it is. */
  member: string;
  name: string;
  /** For a service provider's function: the member it was submitted for; else the member itself. */
  submitted_for: string;
  created_at_ms: number;
  retired_at_ms: number | null;
};

/** One version of a scoring function; never changed, never deleted. */
export type FunctionVersionsTable = {
  function_id: string;
  version: number;
  /** SHA-256 over language, signature and code, hex. */
  digest: string;
  language: 'javascript' | 'wasm';
  /** Parameters and result as JSON. */
  signature: string;
  code_sealed: Uint8Array;
  code_bytes: number;
  submitted_at_ms: number;
  leaf_index: number;
};

/** Every table by its name. */
export type Tables = AuditTables &
  DatasetTables &
  DestinationTables &
  DeliveryTables &
  DetailsTables &
  KeysTables &
  LayoutTables &
  ModelTables &
  PublicationTables &
  SpineTables &
  ReceiptsTables &
  RightsTables &
  TagTables &
  TemplatesTables & {
    collaborations: CollaborationsTable;
    collaboration_members: CollaborationMembersTable;
    grants: GrantsTable;
    bindings: BindingsTable;
    rules_versions: RulesVersionsTable;
    counting_paths: CountingPathsTable;
    ledger_accounts: LedgerAccountsTable;
    ledger_events: LedgerEventsTable;
    told_charges: ToldChargesTable;
    exact_aggregations: ExactAggregationsTable;
    questions: QuestionsTable;
    releases: ReleasesTable;
    audiences: AudiencesTable;
    audience_sizes: AudienceSizesTable;
    requests: RequestsTable;
    failures_per_day: FailuresPerDayTable;
    functions: FunctionsTable;
    function_versions: FunctionVersionsTable;
  };
