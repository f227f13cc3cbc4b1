import type { Generated } from 'kysely';

/** Where an activation is. */
export type ActivationState = 'accepted' | 'delivered' | 'revoking' | 'revoked';

/** Why what a destination has is withdrawn. */
export type WithdrawalReason = 'revoked' | 'expired' | 'erased';

/** One publication of an audience to one destination. */
export type ActivationsTable = {
  activation_id: string;
  audience_id: string;
  destination_id: string;
  collaboration_id: string;
  version: number;
  /** Who activated it: before each attempt the decision is made again, by their rights of then. */
  principal: string;
  member: string;
  role: string;
  /** The snapshots whose protected size was released, which alone are delivered: JSON, dataset to snapshot. */
  snapshots: string;
  /** The same with what counted of each: JSON, dataset to content; null for those of before this was kept. */
  contents: Generated<string | null>;
  /**
   * What counted of each when it was last accepted, by itself or by a refresh, whether or not that was sent; null where the
   * next refresh is paid for in any case.
   */
  asked_contents: Generated<string | null>;
  /** The protected size it was accepted by. */
  persons: number;
  state: ActivationState;
  /** Why it was first held back; null when it never was. */
  held_back_reason: string | null;
  /** What is shown of the destination's receipt. */
  receipt: string;
  attempt_count: Generated<number>;
  /** 1 while what the destination has must be replaced, or withdrawn when that is refused. */
  is_replacement: Generated<number>;
  next_attempt_at_ms: number | null;
  accepted_at_ms: number;
  delivered_at_ms: number | null;
  revoked_at_ms: number | null;
  leaf_index: number | null;
  /** What a later version sends. */
  mode: Generated<'full' | 'delta'>;
  refresh_every_ms: Generated<number | null>;
  next_refresh_at_ms: Generated<number | null>;
  /** When the latest refresh was accepted. */
  refreshed_at_ms: Generated<number | null>;
  /** Why its schedule ended; null while it has not. */
  stopped_reason: Generated<string | null>;
  /** When it ends by itself. */
  expires_at_ms: Generated<number | null>;
  /** When what is there must be forgotten by the destination's terms, unless it is refreshed. */
  forget_at_ms: Generated<number | null>;
  /** How deniable membership is; null when members are exact. */
  blur_epsilon: Generated<number | null>;
  withdrawal_reason: Generated<WithdrawalReason>;
  /** JSON of the refresh that is to be sent or held back; null while there is none. Shown to nobody. */
  pending_refresh: Generated<string | null>;
};

/** What is sent, or was and is in force, under one version of an activation; its lists are files. */
type SpoolsTable = {
  activation_id: string;
  version: number;
  kind: 'full' | 'delta';
  /** Of a delta: the version it changes. */
  base_version: number | null;
  batch_count: number;
  /** SHA-256 over its batches, hex. */
  digest: string;
  state: 'made' | 'in-force';
  /** The destination's, as it is shown; empty before it is in force. */
  receipt: string;
  made_at_ms: number;
};

/** What was told of the persons of a lineage at the destinations of one platform: once for each throw of coins. */
type BlurredPublicationsTable = {
  dataset_id: string;
  /** Who runs the destination. */
  platform: string;
  /** Names the coins: the same ones tell nothing twice. */
  coins: string;
  epsilon: number;
  accepted_at_ms: number;
};

/** Tables of deliveries. */
export type DeliveryTables = {
  blurred_publications: BlurredPublicationsTable;
  activations: ActivationsTable;
  spools: SpoolsTable;
};
