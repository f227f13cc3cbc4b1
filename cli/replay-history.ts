import { type DecidedAgain, digestOfRecord, type ReplayRules } from './audit-replay.ts';
import type { GalleyClient } from './client/index.ts';
import { isServiceError, readRefusal } from './refusal.ts';

/** How a replay can end. */
export type ReplayOutcome =
  /** The recorded inputs give the recorded decision. */
  | 'identical'
  /** The very rules that decided give another decision now, or nobody knows which rules decided. */
  | 'differs'
  /** Other rules than those that decided give another decision: nothing is shown either way. */
  | 'other-code'
  /** An erasure removed what it needs. */
  | 'erased'
  /** The record is not the one that the entry binds, or no entry binds it. */
  | 'unbound'
  /** The service has no record, or none that can be read, where an entry binds one. */
  | 'missing';

/** One decision of the history, made again or not. */
export interface Replayed extends Partial<DecidedAgain> {
  readonly outcome: ReplayOutcome;
  /** The question, audience, size, activation, refresh or match. */
  readonly subject: string;
  /** The entry that binds the record; `null` when none does. */
  readonly leafIndex: number | null;
  /** The entry of the erasure, where one removed the record; `null` while it is under way. */
  readonly erasedBy?: number | null;
}

/** The calls of a client that a replay makes. */
export interface ReplayClient {
  readonly audit: Pick<GalleyClient['audit'], 'entries' | 'decision'>;
}

/** Which part of the history. */
export interface ReplayRange {
  /** Empty for all that the auditor may see. */
  readonly collaborationId: string;
  readonly fromIndex: bigint;
}

/** An entry that binds the record of a decision. */
interface BindingEntry {
  readonly subject: string;
  readonly digest: string;
  readonly leafIndex: number;
  /** When it was written, in milliseconds since 1970. */
  readonly atMs: number;
}

/** The charge and the end of one decision both bind its record, and stand as far apart as others come between them. */
const REMEMBERED_COUNT = 4_096;

/** A decision that was on its way while what it touches was erased is told of after the erasure, but not later than so. */
const UNDER_WAY_MS = 900_000;

/** Records that are asked for at once: enough that reading and deciding do not wait for each other. */
const IN_FLIGHT_COUNT = 8;

/** The fields of an entry that name what a decision was about, the narrowest first. */
const SUBJECT_FIELDS = ['question', 'refresh', 'size', 'activation', 'match', 'audience'] as const;

const ERASURE_KINDS: readonly string[] = ['person-erased', 'dataset-erased', 'member-erased'];

/**
 * Decides again on every decision of the history, in order of the log; each read of a record is itself logged.
 *
 * The entries lead and the records follow: a decision whose record the service keeps back is found as missing, and one
 * that was exchanged as unbound.
 */
export async function* replayHistory(
  client: ReplayClient,
  rules: ReplayRules,
  range: ReplayRange,
  onLookedAt: (leafIndex: number) => void = () => undefined,
): AsyncGenerator<Replayed, void> {
  const erasures = new Erasures(client);
  const waiting: Promise<Replayed>[] = [];
  const seen = new Set<string>();
  for await (const entry of client.audit.entries({ ...range, kind: '' })) {
    const { leafIndex } = entry;
    const binding = bindingOf(entry);
    onLookedAt(Number(leafIndex));
    if (binding === null || seen.has(binding.digest)) continue;
    seen.add(binding.digest);
    for (const oldest of seen) {
      if (seen.size <= REMEMBERED_COUNT) break;
      seen.delete(oldest);
    }
    const replaying = replayBound(client, rules, binding, erasures);
    // Its failure is thrown when it is its turn, and not before anybody waits for it.
    replaying.catch(() => undefined);
    waiting.push(replaying);
    const [first] = waiting;
    if (waiting.length < IN_FLIGHT_COUNT || first === undefined) continue;
    yield await first;
    waiting.shift();
  }
  for (const replaying of waiting) yield await replaying;
}

/** Decides again on one decision: of an entry, by its place, or of a question or another thing, by its id. */
export async function replayOne(client: ReplayClient, rules: ReplayRules, what: string): Promise<Replayed> {
  if (!/^\d+$/.test(what)) return await replaySubject(client, rules, what);
  const entry = await entryAt(client, Number(what));
  if (entry === null) throw new Error(`there is no entry ${what} that you may read`);
  const binding = bindingOf(entry);
  if (binding === null) throw new Error(`entry ${what} is \`${entry.kind}\` and binds no decision`);
  return await replayBound(client, rules, binding);
}

async function replaySubject(client: ReplayClient, rules: ReplayRules, subject: string): Promise<Replayed> {
  const kept = await recordOf(client, subject);
  // What is said first of a name that nobody knows is that nobody knows it.
  if (kept.state === 'missing') throw kept.cause;
  if (kept.state === 'erased')
    return await new Erasures(client).outcome({ subject, leafIndex: null, atMs: 0, ...kept });
  const digest = digestOfRecord(kept);
  const { collaborationId, fromIndex } = kept;
  for await (const entry of client.audit.entries({ collaborationId, kind: '', fromIndex })) {
    const binding = bindingOf(entry);
    if (binding?.digest === digest && binding.subject === subject) return await judge(rules, binding, kept);
  }
  return {
    ...(await judge(rules, { subject, digest, leafIndex: -1, atMs: 0 }, kept)),
    outcome: 'unbound',
    leafIndex: null,
  };
}

async function replayBound(
  client: ReplayClient,
  rules: ReplayRules,
  binding: BindingEntry,
  erasures: Erasures = new Erasures(client),
): Promise<Replayed> {
  const { subject, leafIndex, atMs } = binding;
  const kept = await recordOf(client, subject);
  if (kept.state === 'missing') return { outcome: 'missing', subject, leafIndex };
  if (kept.state === 'erased') return await erasures.outcome({ subject, leafIndex, atMs, ...kept });
  return await judge(rules, binding, kept);
}

async function judge(rules: ReplayRules, { subject, digest, leafIndex }: BindingEntry, kept: Kept): Promise<Replayed> {
  if (digestOfRecord(kept) !== digest) return { outcome: 'unbound', subject, leafIndex };
  try {
    const again = await rules.decideAgain(kept);
    return { ...again, outcome: outcomeOf(again), subject, leafIndex };
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof SyntaxError)) throw cause;
    return { outcome: 'missing', subject, leafIndex };
  }
}

function outcomeOf({ differences, isSameCode, code }: DecidedAgain): ReplayOutcome {
  if (differences.length === 0) return 'identical';
  return code !== null && !isSameCode ? 'other-code' : 'differs';
}

/** What is said to be erased. */
interface SaidErased {
  readonly subject: string;
  readonly leafIndex: number | null;
  /** When the decision was told of; 0 where nobody knows. */
  readonly atMs: number;
  /** The entry that is said to tell of the erasure; `null` while it is under way. */
  readonly erasedBy: number | null;
}

/**
 * That something was erased is believed where the log tells of an erasure, and not of one long before the decision, or does
 * not show the auditor that place. Of one that is said to be under way it tells nothing yet: whoever keeps a record back
 * could say so for ever, so that it is missing until there is an entry.
 */
class Erasures {
  readonly #client: ReplayClient;
  /** One erasure takes many records along: its entry is read once. */
  readonly #untilMs = new Map<number, Promise<number>>();

  constructor(client: ReplayClient) {
    this.#client = client;
  }

  async outcome({ subject, leafIndex, atMs, erasedBy }: SaidErased): Promise<Replayed> {
    const isTold = erasedBy !== null && atMs <= (await this.#tookAlongUntil(erasedBy));
    return { outcome: isTold ? 'erased' : 'missing', subject, leafIndex, erasedBy };
  }

  /** The latest time of a decision that the erasure of an entry can have taken along. */
  #tookAlongUntil(leafIndex: number): Promise<number> {
    const reading = this.#untilMs.get(leafIndex) ?? entryAt(this.#client, leafIndex).then(tookAlongUntil);
    this.#untilMs.set(leafIndex, reading);
    return reading;
  }
}

function tookAlongUntil(entry: LoggedEntry | null): number {
  if (entry === null) return Number.POSITIVE_INFINITY;
  // What the leaf says: the service can write any kind beside it.
  const { at, kind } = factsOf(entry);
  return ERASURE_KINDS.includes(kind) ? Date.parse(at) + UNDER_WAY_MS : Number.NEGATIVE_INFINITY;
}

type Kept = Awaited<ReturnType<GalleyClient['audit']['decision']>>;
type RecordState =
  | ({ readonly state: 'kept' } & Kept)
  | { readonly state: 'erased'; readonly erasedBy: number | null }
  | { readonly state: 'missing'; readonly cause: unknown };

async function recordOf(client: ReplayClient, subject: string): Promise<RecordState> {
  try {
    return { state: 'kept', ...(await client.audit.decision(subject)) };
  } catch (cause) {
    if (!isServiceError(cause)) throw cause;
    const { reason, metadata } = readRefusal(cause);
    if (reason === 'NOT_FOUND') return { state: 'missing', cause };
    if (reason !== 'RECORD_ERASED') throw cause;
    return { state: 'erased', erasedBy: metadata.leafIndex === undefined ? null : Number(metadata.leafIndex) };
  }
}

type LoggedEntry = { readonly leafIndex: bigint; readonly kind: string; readonly leaf: Uint8Array };

async function entryAt(client: ReplayClient, leafIndex: number): Promise<LoggedEntry | null> {
  const entries = client.audit.entries({ collaborationId: '', kind: '', fromIndex: BigInt(leafIndex) });
  for await (const entry of entries) return Number(entry.leafIndex) === leafIndex ? entry : null;
  return null;
}

function bindingOf({ leaf, leafIndex }: LoggedEntry): BindingEntry | null {
  const { at, subject } = factsOf({ leaf });
  const field = SUBJECT_FIELDS.find((name) => typeof subject?.[name] === 'string');
  if (subject === undefined || field === undefined || typeof subject.decision !== 'string') return null;
  return {
    subject: String(subject[field]),
    digest: subject.decision,
    leafIndex: Number(leafIndex),
    atMs: Date.parse(at),
  };
}

interface LeafFacts {
  readonly at: string;
  readonly kind: string;
  readonly subject?: Record<string, unknown>;
}

function factsOf({ leaf }: Pick<LoggedEntry, 'leaf'>): LeafFacts {
  return JSON.parse(Buffer.from(leaf).toString()) as LeafFacts;
}
