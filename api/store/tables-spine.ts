/** How the members of a collaboration tell who is one person; without a row the default rules hold. */
export type IdentityRulesTable = {
  collaboration_id: string;
  rules_json: string;
  /** SHA-256 of the document, hex. */
  rules_digest: string;
  /** Counts up from 1; the default rules are version 0. */
  rules_version: number;
  set_at_ms: number;
};

/** What the rows of a part are named by in one collaboration, before the spine. Files by name, beside those of persons. */
export type NodeColumnsTable = {
  collaboration_id: string;
  part_id: string;
  nodes_file: string;
  /** Which identifiers stood together, and which alone; null where rows have one identifier only. */
  links_file: string | null;
  singles_file: string | null;
  /** SHA-256 of the column of nodes, hex. */
  column_digest: string;
  made_at_ms: number;
};

/** The spine in force in a collaboration. */
export type SpinesTable = {
  collaboration_id: string;
  /** Counts up from 1. */
  version: number;
  /** Names what it was resolved from: rules, members and parts. */
  inputs_digest: string;
  /** For each member, the file of who is called otherwise than by its own node: JSON, names by member. */
  entries: string;
  made_at_ms: number;
};

/** The tables of the spine by their names. */
export type SpineTables = {
  identity_rules: IdentityRulesTable;
  node_columns: NodeColumnsTable;
  spines: SpinesTable;
};
