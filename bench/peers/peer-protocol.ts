// A line of JSON each way: the question goes in with the first, a run is asked for with each further one, and what
// comes back is told apart by its fields. What does not have them is an error of ours, and of no peer.
import { PEER_BOUNDS, type PeerMeasure, type PeerQuestion } from './peer-questions.ts';

/** A group as it was released: its keys, and what was measured of it; `null` where nothing came of it. */
export type AnsweredGroup = { readonly key: readonly string[] } & {
  readonly [measure in PeerMeasure]?: number | null;
};

/** What a side says: that it has loaded, that it cannot answer, or an answer. */
export type PeerReply =
  | { readonly kind: 'loaded'; readonly version: string; readonly loadSeconds: number }
  | { readonly kind: 'refused'; readonly version: string; readonly why: string }
  | {
      readonly kind: 'answered';
      readonly seconds: number;
      readonly peakMemoryMib: number;
      readonly groups: readonly AnsweredGroup[];
      /** Our side alone: how it was counted. */
      readonly path: string | null;
    };

/** Where the rows lie that everybody answers over. */
export interface PeerTables {
  readonly rows: number;
  /** Parquet, for the peers; columns and order as they were handed in. */
  readonly events: string;
  readonly members: string;
}

/** The first line: the question, the bounds and what a peer's own choice is. */
export function printAsked(
  question: PeerQuestion,
  tables: PeerTables,
  options: Readonly<Record<string, string>>,
): string {
  return JSON.stringify({ ...options, question: question.name, ...tables, ...PEER_BOUNDS });
}

/**
 * Reads a line that a side has written.
 *
 * @throws {Error} when it is no reply
 */
export function readReply(line: string): PeerReply {
  const fields: unknown = JSON.parse(line);
  if (typeof fields !== 'object' || fields === null) throw new Error('a reply of a peer is no object');
  const { version, loadSeconds, why, seconds, peakMemoryMib, groups, path } = fields as Record<string, unknown>;
  if (typeof version === 'string' && typeof why === 'string') return { kind: 'refused', version, why };
  if (typeof version === 'string' && isTime(loadSeconds)) return { kind: 'loaded', version, loadSeconds };
  if (isTime(seconds) && isTime(peakMemoryMib) && Array.isArray(groups)) {
    return {
      kind: 'answered',
      seconds,
      peakMemoryMib,
      groups: groups.map(readGroup),
      path: typeof path === 'string' ? path : null,
    };
  }
  throw new Error('a reply of a peer has neither its load, nor a reason, nor an answer');
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function readGroup(group: unknown): AnsweredGroup {
  const { key, ...measures } = (group ?? {}) as Record<string, unknown>;
  const values = Object.values(measures);
  const hasKey = Array.isArray(key) && key.every((part) => typeof part === 'string');
  if (!hasKey || !values.every((value) => value === null || Number.isFinite(value))) {
    throw new Error('a group of a peer has no keys of text, or a measure that is no number');
  }
  return { key, ...measures } as AnsweredGroup;
}
