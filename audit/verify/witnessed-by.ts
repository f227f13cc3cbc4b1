import { cosignedAt, parseNote, parseWitnessKey } from '../checkpoint/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';

/** Who must have cosigned. */
export interface Witnesses {
  /** Their public keys, as the auditor knows them. */
  readonly keys: readonly string[];
  /** How many of them must have seen one and the same tree. */
  readonly quorum: number;
}

/** A tree that enough witnesses have seen. */
export interface WitnessedNote {
  readonly treeSize: number;
  readonly cosignatures: readonly Cosignature[];
}

/** A witness, and when it signed. */
export interface Cosignature {
  readonly witness: string;
  readonly atSeconds: number;
}

/**
 * The largest of some trees that enough witnesses have cosigned; null when none are asked for.
 *
 * @throws {LogVerificationError} `COSIGNATURES_MISSING` when no tree has enough, `COSIGNATURE_WRONG` when a line only
 *   says that it is of one of them, `VERIFIER_KEY_MALFORMED`
 */
export function witnessedBy(
  trees: readonly { readonly treeSize: number; readonly note: string }[],
  witnesses: Witnesses | undefined,
): WitnessedNote | null {
  if (witnesses === undefined) return null;
  const { quorum } = witnesses;
  const keys = witnesses.keys.map(parseWitnessKey);
  let best: WitnessedNote | undefined;
  for (const { treeSize, note } of trees) {
    const parsed = parseNote(note);
    const found = new Map<string, Cosignature>();
    for (const key of keys) {
      const atSeconds = cosignedAt(parsed, key);
      // Told apart by key and not by name: one key under two names is still one witness.
      if (atSeconds !== undefined) found.set(Buffer.from(key.rawKey).toString('hex'), { witness: key.name, atSeconds });
    }
    if (found.size >= quorum && treeSize >= (best?.treeSize ?? 0))
      best = { treeSize, cosignatures: [...found.values()] };
  }
  if (best !== undefined) return best;
  const message = `no checkpoint has cosignatures of ${quorum} of the ${keys.length} witnesses that you named`;
  throw new LogVerificationError('COSIGNATURES_MISSING', message);
}
