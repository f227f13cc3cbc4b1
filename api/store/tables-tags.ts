/** What an owner lets others select persons by, in one collaboration: its newest catalogue as a whole. */
export type TagCataloguesTable = {
  collaboration_id: string;
  owner: string;
  /** A JSON array. */
  tags: string;
  published_at_ms: number;
};

/** The tables of tags. */
export type TagTables = {
  tag_catalogues: TagCataloguesTable;
};
