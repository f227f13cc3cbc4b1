// Refusals belong in the audit log, but whoever is refused decides how often. So the first of a kind is passed on at
// once, its repetitions are counted and passed on as one when the window ends, and the number of kinds is bounded.
import type { TokenRefusal } from '../auth/index.ts';

/** A call that was refused before or by authorization. Nothing in it was sent by a stranger as text. */
export type Refusal =
  | {
      readonly kind: 'authentication-refused';
      readonly reason: TokenRefusal | 'missing-token';
      readonly action: string;
    }
  | {
      readonly kind: 'authorization-refused';
      readonly action: string;
      readonly principal: string;
      readonly member: string;
      /** `<kind>/<id>`; empty when nothing of that kind was found, or when many were merged. */
      readonly resource: string;
    };

/** One or more alike refusals. */
export type CountedRefusals = {
  readonly refusal: Refusal;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
};

/** Receives refusals for the audit log. */
export type OnRefusal = (refusals: CountedRefusals) => void | Promise<void>;

/** Counts refusals. */
export type RefusalTally = {
  readonly record: (refusal: Refusal, nowMs: number) => void;
  /** Passes on what is still counted. */
  readonly flush: () => void;
};

/** How long repetitions are counted before they are passed on. */
const TALLY_WINDOW_MS = 60_000;

/**
 * Kinds told apart within a window; those beyond are counted by member and action alone. Entries a window: twice this.
 */
export const MAX_KIND_COUNT = 50;

type Count = { refusal: Refusal; count: number; firstAtMs: number; lastAtMs: number };

/** Makes a tally. `pass` may fail: that is for its owner to log, and costs the caller nothing. */
export function makeRefusalTally(pass: OnRefusal, windowMs: number = TALLY_WINDOW_MS): RefusalTally {
  const counts = new Map<string, Count>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const waiting = [...counts.values()].filter((count) => count.count > 0);
    counts.clear();
    for (const count of waiting) void pass(count);
  };
  return {
    flush,
    record: (refusal, nowMs) => {
      timer ??= setTimeout(flush, windowMs).unref();
      const isFull = counts.size >= MAX_KIND_COUNT && !counts.has(JSON.stringify(refusal));
      const kind = isFull ? mergedKind(refusal) : refusal;
      const key = JSON.stringify(kind);
      const known = counts.get(key);
      if (known === undefined && !isFull) {
        counts.set(key, { refusal: kind, count: 0, firstAtMs: nowMs, lastAtMs: nowMs });
        void pass({ refusal: kind, count: 1, firstAtMs: nowMs, lastAtMs: nowMs });
        return;
      }
      const count = known ?? { refusal: kind, count: 0, firstAtMs: nowMs, lastAtMs: nowMs };
      if (count.count === 0) count.firstAtMs = nowMs;
      count.count += 1;
      count.lastAtMs = nowMs;
      counts.set(key, count);
    },
  };
}

// Actions and reasons are closed lists, so that merged kinds are few; only the principal must go as well.
function mergedKind(refusal: Refusal): Refusal {
  if (refusal.kind === 'authentication-refused') return refusal;
  return { ...refusal, principal: '', member: '', resource: '' };
}
