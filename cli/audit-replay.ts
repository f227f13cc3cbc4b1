import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OWN_CHECKOUT, rulesDigest } from './auditor/rules-digest.ts';

/** The rules as a replay needs them, of this checkout or of another. */
type RulesModule = Pick<typeof import('../policies/index.ts'), 'readDecisionRecord' | 'replayDecision'>;

/** What an auditor got of a decision. */
export interface GivenRecord {
  /** JSON, in UTF-8. */
  readonly record: Uint8Array;
  /** Stands before the record in the digest. */
  readonly salt: Uint8Array;
}

/** A decision that was made again from its record. */
export interface DecidedAgain {
  /** What it is about: `question`, `audience`, `audience-size`, `activation` or `match`. */
  readonly about: string;
  /** `admitted`, `refused` or `budget-spent`, as the record says. */
  readonly decided: string;
  /** Where the decision that follows from the recorded inputs differs from the recorded one; empty when identical. */
  readonly differences: readonly string[];
  /** The code that decided, as the record says; `null` in records from before it was told. */
  readonly code: { readonly version: string; readonly engine: string; readonly rules: string } | null;
  /** Whether the rules that decided again are, to the last byte, those that the record names. */
  readonly isSameCode: boolean;
  readonly record: unknown;
}

/** The digest that the log has of a record. */
export function digestOfRecord({ salt, record }: GivenRecord): string {
  return createHash('sha256').update(salt).update(record).digest('hex');
}

/**
 * The rules that decide again: this checkout's own, and those of other checkouts for what they decided.
 *
 * Which rules decided stands in each record, as a digest of their sources. What is loaded from another checkout is held
 * against that digest first: only what a record names is ever run for it.
 */
export class ReplayRules {
  readonly #own: string;
  readonly #checkouts: ReadonlyMap<string, string>;
  readonly #loaded = new Map<string, Promise<RulesModule>>();

  private constructor(own: string, checkouts: ReadonlyMap<string, string>) {
    this.#own = own;
    this.#checkouts = checkouts;
  }

  /** Reads which rules there are, without running any. @throws {Error} when a folder holds no checkout */
  static async of(otherCheckouts: readonly string[]): Promise<ReplayRules> {
    const own = await rulesDigest(OWN_CHECKOUT);
    const checkouts = new Map<string, string>();
    for (const checkout of otherCheckouts.map((path) => resolve(path))) {
      checkouts.set(await digestOrRefuse(checkout), checkout);
    }
    return new ReplayRules(own, checkouts);
  }

  /**
   * Decides again from a record, by the rules that it names where they are here, else by this checkout's own.
   *
   * @throws {TypeError} when the record is of no version that those rules know
   */
  async decideAgain({ record }: GivenRecord): Promise<DecidedAgain> {
    const text = Buffer.from(record).toString();
    const named = namedRules(text);
    const digest = named !== null && this.#checkouts.has(named) ? named : this.#own;
    const { readDecisionRecord, replayDecision } = await this.#load(digest);
    const read = readDecisionRecord(text);
    const { differences } = replayDecision(read);
    return {
      about: read.about,
      decided: read.decision.kind,
      differences,
      code: read.code ?? null,
      isSameCode: named === digest,
      record: read,
    };
  }

  #load(digest: string): Promise<RulesModule> {
    const loading = this.#loaded.get(digest) ?? this.#import(digest);
    this.#loaded.set(digest, loading);
    return loading;
  }

  async #import(digest: string): Promise<RulesModule> {
    const checkout = this.#checkouts.get(digest);
    // Loaded here and now: no other command needs the rules, and no other file of the CLI may reach them.
    if (checkout === undefined) return await import('../policies/index.ts');
    return (await import(pathToFileURL(join(checkout, 'policies/index.ts')).href)) as RulesModule;
  }
}

async function digestOrRefuse(checkout: string): Promise<string> {
  try {
    return await rulesDigest(checkout);
  } catch (cause) {
    throw new Error(`\`${checkout}\` holds no checkout with rules in policies/`, { cause });
  }
}

function namedRules(text: string): string | null {
  const { code } = JSON.parse(text) as { code?: { rules?: unknown } };
  return typeof code?.rules === 'string' ? code.rules : null;
}
