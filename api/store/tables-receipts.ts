/** A key of receipts as the log announced it. */
export type ReceiptKeysTable = {
  /** Thumbprint of the public key (RFC 7638). */
  kid: string;
  /** The public half, base64url. */
  x: string;
  /** The key before it; null for the first. */
  replaces: string | null;
  /** 1 when the key before it was given up because somebody else may have it. */
  is_compromised: number;
  /** The entry that announced it. */
  leaf_index: number;
};

/** The receipt of a release or of an activation, as it was signed; never changed, never deleted. */
export type ReceiptsTable = {
  /** The question or the activation. */
  subject_id: string;
  collaboration_id: string;
  /** The entry that it is a receipt of. */
  leaf_index: number;
  /** In compact form. It has no value, no literal and no salt. */
  jws: string;
  made_at_ms: number;
};

/** The tables of receipts. */
export type ReceiptsTables = {
  receipt_keys: ReceiptKeysTable;
  receipts: ReceiptsTable;
};
