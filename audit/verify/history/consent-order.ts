import { type Agreements, tablesNamed } from './agreements.ts';
import { broken, type HistoryCheck, type PlacedEntry, timeOf, UNDER_WAY_MS } from './subject.ts';

/** Entries after which data of tables is worked on. */
const USES: ReadonlySet<string> = new Set(['question-admitted', 'audience-defined', 'match-begun', 'match-reported']);

/** Nobody's table is used before its owner has bound it and accepted, nor under rules that were not in force. */
export class ConsentOrder implements HistoryCheck {
  readonly #agreements: Agreements;

  constructor(agreements: Agreements) {
    this.#agreements = agreements;
  }

  accept(placed: PlacedEntry): void {
    const { kind, collaboration } = placed.entry;
    if (!USES.has(kind)) return;
    for (const { name, rules } of tablesNamed(placed)) {
      const table = this.#agreements.table(collaboration, name);
      if (table === undefined) throw broken('TABLE_NOT_BOUND', 'table was used that its owner had not bound', placed);
      if (!this.#agreements.hasAccepted(collaboration, table.owner)) {
        throw broken('OWNER_NOT_ACCEPTED', 'table was used whose owner had not accepted the collaboration', placed);
      }
      if (rules === undefined) continue;
      const version = table.rules.get(rules);
      // New rules are logged before they are in force, and a question may be on its way through the old ones.
      const isInForce = version?.replacedAtMs === undefined || timeOf(placed) <= version.replacedAtMs + UNDER_WAY_MS;
      if (version === undefined || !isInForce) {
        throw broken('RULES_NOT_IN_FORCE', 'table was used under rules that were not in force', placed);
      }
    }
  }
}
