// A question is explained and then submitted, a template is asked every morning: the same text, word for word. Its tree is
// the engine's answer to that text alone, so that a member that has had it read need not wait for a worker again.
import type { ParseResult, Wall } from '../../sandbox/index.ts';

/** Texts of one member: what its people work on in one hour. */
const MAX_KEPT_TREES_COUNT = 16;

/** Trees are thirty times as long as their texts: those of a member together stay under a few megabytes. */
const MAX_KEPT_SQL_CHARS = 8_192;

/** Literals may name people: no text stays in memory for long after it was asked. */
const MAX_KEPT_MS = 600_000;

interface KeptTree {
  readonly parsed: ParseResult;
  readonly untilMs: number;
}

/**
 * The trees of the texts that members have asked lately.
 *
 * Each member has its own: that a text is read faster would tell one member what another has asked, and an entry that is
 * gone would tell that others ask.
 */
export class KeptTrees {
  readonly #byMember = new Map<string, Map<string, KeptTree>>();
  readonly #nowMs: () => number;

  /** @param nowMs a clock that never runs backwards */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** The tree of a text that the member has asked lately. */
  find(member: string, sql: string): ParseResult | undefined {
    const kept = this.#byMember.get(member)?.get(sql);
    return kept !== undefined && kept.untilMs > this.#nowMs() ? kept.parsed : undefined;
  }

  /** Keeps a tree; the member's oldest one goes where there are too many. */
  keep(member: string, sql: string, parsed: ParseResult): void {
    this.#forgetOld();
    if (sql.length > MAX_KEPT_SQL_CHARS) return;
    const trees = this.#byMember.get(member) ?? new Map<string, KeptTree>();
    this.#byMember.set(member, trees);
    trees.delete(sql);
    trees.set(sql, { parsed, untilMs: this.#nowMs() + MAX_KEPT_MS });
    // Also where nobody asks anything more.
    setTimeout(() => this.#forgetOld(), MAX_KEPT_MS).unref();
    for (const [oldest] of trees) {
      if (trees.size <= MAX_KEPT_TREES_COUNT) break;
      trees.delete(oldest);
    }
  }

  #forgetOld(): void {
    const nowMs = this.#nowMs();
    for (const [member, trees] of this.#byMember) {
      for (const [sql, { untilMs }] of trees) if (untilMs <= nowMs) trees.delete(sql);
      if (trees.size === 0) this.#byMember.delete(member);
    }
  }
}

/** A reader that asks a worker for no tree that the same member has had lately. */
export function keepingTrees<Reader extends Pick<Wall, 'parse'>>(reader: Reader, kept = new KeptTrees()): Reader {
  const parse: Wall['parse'] = async (sql, limits) => {
    const { lane } = limits;
    const known = lane === undefined ? undefined : kept.find(lane, sql);
    if (known !== undefined) return known;
    const parsed = await reader.parse(sql, limits);
    if (lane !== undefined && parsed.ok) kept.keep(lane, sql, parsed);
    return parsed;
  };
  return { ...reader, parse };
}
