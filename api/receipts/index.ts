/** The door of receipts: what a release or an activation was, signed and bound by the log. */
export { announceOwnReceiptKey, announceReceiptKey } from './announce-key.ts';
export { bundleReceipt } from './bundle-receipt.ts';
export { contentDigest } from './content-digest.ts';
export { findReceipt, keepReceipt, signReceipt } from './keep-receipt.ts';
