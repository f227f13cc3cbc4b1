/** A template that was published in a collaboration, as it was signed; never changed, never deleted. */
export type TemplatesTable = {
  collaboration_id: string;
  /** SHA-256 of the document: its name. */
  digest: string;
  /** The member that published it. */
  author: string;
  name: string;
  version: string;
  kind: 'sql' | 'audience' | 'effect';
  title: string;
  /** The document: its words are its author's, and may name persons. */
  document_sealed: Uint8Array;
  /** A compact JWS over the digest. */
  signature: string;
  /** A JWK as JSON. */
  public_key: string;
  /** The thumbprint of that key (RFC 7638). */
  signer: string;
  published_at_ms: number;
};

/** That a member has approved a template, also one that comes with Galley; gone when it takes the approval back. */
export type TemplateApprovalsTable = {
  collaboration_id: string;
  digest: string;
  member: string;
  principal: string;
  approved_at_ms: number;
};

/** The tables of templates. */
export type TemplatesTables = {
  templates: TemplatesTable;
  template_approvals: TemplateApprovalsTable;
};
