// The definitions of RFC 6962, section 2.1, written down as they stand there: recursive, on lists of leaves, with
// nothing shared with the product. For tests only: it is slow, and that is its point.

import { createHash } from 'node:crypto';

const sha256 = (...parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** MTH(D[n]) of section 2.1. */
export function oracleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), ...leaves);
  const k = split(leaves.length);
  return sha256(Buffer.of(1), oracleRoot(leaves.slice(0, k)), oracleRoot(leaves.slice(k)));
}

/** PATH(m, D[n]) of section 2.1.1. */
export function oraclePath(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...oraclePath(m, leaves.slice(0, k)), oracleRoot(leaves.slice(k))]
    : [...oraclePath(m - k, leaves.slice(k)), oracleRoot(leaves.slice(0, k))];
}

/** PROOF(m, D[n]) of section 2.1.2, for 0 < m <= n. */
export function oracleProof(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return subproof(m, leaves, true);
}

function subproof(m: number, leaves: readonly Uint8Array[], isWhole: boolean): Uint8Array[] {
  if (m === leaves.length) return isWhole ? [] : [oracleRoot(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), isWhole), oracleRoot(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), oracleRoot(leaves.slice(0, k))];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
