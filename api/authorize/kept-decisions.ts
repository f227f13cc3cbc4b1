// A question asks five times whether its caller may, of facts that seldom change, and each answer takes Cedar a millisecond.
// The answer follows from the facts alone: the same facts have the same answer, and any other fact is another key.

/** Decisions of one principal: what it does in a working day, several times over. */
const MAX_KEPT_DECISIONS_COUNT = 64;

/** Principals at once; the one that came first goes. */
const MAX_PRINCIPALS_COUNT = 256;

/**
 * Decisions by all the facts they were made from.
 *
 * Each principal has its own: one that is still kept tells nobody what others ask.
 */
export class KeptDecisions {
  readonly #byPrincipal = new Map<string, Map<string, boolean>>();

  /**
   * Gives the decision on some facts; `decide` makes it where it is not kept. One that throws is not kept.
   *
   * @param facts all that the decision follows from, as text
   */
  decision(principal: string, facts: string, decide: () => boolean): boolean {
    const known = this.#byPrincipal.get(principal)?.get(facts);
    if (known !== undefined) return known;
    const decided = decide();
    const decisions = this.#byPrincipal.get(principal) ?? new Map<string, boolean>();
    this.#byPrincipal.set(principal, decisions);
    decisions.set(facts, decided);
    dropOldest(decisions, MAX_KEPT_DECISIONS_COUNT);
    dropOldest(this.#byPrincipal, MAX_PRINCIPALS_COUNT);
    return decided;
  }
}

function dropOldest(map: Map<string, unknown>, maxCount: number): void {
  for (const [oldest] of map) {
    if (map.size <= maxCount) return;
    map.delete(oldest);
  }
}
