export { formatReceiptBundle, parseReceiptBundle, type ReceiptBundle, type ReceiptSalts } from './receipt-bundle.ts';
export {
  RECEIPT_ALGORITHM,
  RECEIPT_TYPE,
  type ReceiptClaims,
  type ReceiptStatement,
  saltedDigest,
  statementDigest,
} from './receipt-claims.ts';
export { type ReceiptJwk, receiptKeyId } from './receipt-keys.ts';
export { type VerifiedReceipt, type VerifyReceiptOptions, verifyReceipt } from './verify-receipt.ts';
