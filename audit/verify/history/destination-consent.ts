import { type Agreements, actingForOf, tablesNamed } from './agreements.ts';
import { broken, type HistoryCheck, nameOf, type PlacedEntry, textOf, timeOf, UNDER_WAY_MS } from './subject.ts';

interface Approval {
  readonly terms: string;
  /** When it was taken back, or the terms became others; what was under way may still be told of for a while. */
  endedAtMs: number | undefined;
}

interface Destination {
  readonly owner: string;
  terms: string;
  closedAtMs: number | undefined;
  /** By member; the newest of each. */
  readonly approvals: Map<string, Approval>;
}

/**
 * Nobody's persons are published to a destination on terms that it has not approved: not those of the members whose
 * tables are read, nor in the name of one; and nothing to one that is closed.
 *
 * Destinations that were registered before there were terms are held to none.
 */
export class DestinationConsent implements HistoryCheck {
  readonly #agreements: Agreements;
  readonly #destinations = new Map<string, Destination>();
  /** Members that an audience concerns. */
  readonly #concerned = new Map<string, ReadonlySet<string>>();

  constructor(agreements: Agreements) {
    this.#agreements = agreements;
  }

  accept(placed: PlacedEntry): void {
    switch (placed.entry.kind) {
      case 'destination-registered':
        this.#registered(placed);
        break;
      case 'destination-approved':
        this.#of(placed).approvals.set(memberOf(placed), { terms: nameOf(placed, 'terms'), endedAtMs: undefined });
        break;
      case 'destination-approval-withdrawn':
        end(this.#of(placed).approvals.get(memberOf(placed)), placed);
        break;
      case 'destination-closed':
        this.#of(placed).closedAtMs ??= timeOf(placed);
        break;
      case 'audience-defined':
        this.#defined(placed);
        break;
      case 'audience-activated':
        this.#activated(placed);
        break;
      default:
    }
  }

  #registered(placed: PlacedEntry): void {
    const terms = textOf(placed, 'terms');
    if (terms === undefined) return;
    const owner = memberOf(placed);
    const known = this.#destinations.get(keyOf(placed));
    if (known !== undefined && known.owner !== owner) {
      throw broken('DESTINATION_NOT_OWNED', 'terms were proposed by who does not run the destination', placed);
    }
    const found = known ?? { owner, terms, closedAtMs: undefined, approvals: new Map<string, Approval>() };
    found.terms = terms;
    for (const approval of found.approvals.values()) if (approval.terms !== terms) end(approval, placed);
    found.approvals.set(owner, { terms, endedAtMs: undefined });
    this.#destinations.set(keyOf(placed), found);
  }

  #defined(placed: PlacedEntry): void {
    const owners = tablesNamed(placed).flatMap(({ name }) => {
      const table = this.#agreements.table(placed.entry.collaboration, name);
      return table === undefined || table.wasPublic ? [] : [table.owner];
    });
    this.#concerned.set(nameOf(placed, 'audience'), new Set([actingForOf(placed) ?? '', ...owners]));
  }

  #activated(placed: PlacedEntry): void {
    const destination = this.#destinations.get(keyOf(placed));
    if (destination === undefined) return;
    const { closedAtMs, approvals, terms } = destination;
    if (closedAtMs !== undefined && timeOf(placed) > closedAtMs + UNDER_WAY_MS) {
      throw broken('DESTINATION_CLOSED', 'audience was activated for a destination that had been closed', placed);
    }
    for (const member of this.#concerned.get(nameOf(placed, 'audience')) ?? []) {
      const approval = approvals.get(member);
      const isStanding =
        approval !== undefined &&
        (approval.endedAtMs === undefined
          ? approval.terms === terms
          : timeOf(placed) <= approval.endedAtMs + UNDER_WAY_MS);
      if (isStanding) continue;
      throw broken('DESTINATION_NOT_APPROVED', `\`${member}\` had not approved where the audience went`, placed);
    }
  }

  #of(placed: PlacedEntry): Destination {
    const found = this.#destinations.get(keyOf(placed));
    if (found !== undefined) return found;
    throw broken('DESTINATION_UNKNOWN', 'entry is about a destination that nobody registered before', placed);
  }
}

function end(approval: Approval | undefined, placed: PlacedEntry): void {
  if (approval !== undefined) approval.endedAtMs ??= timeOf(placed);
}

function memberOf({ entry }: PlacedEntry): string {
  return entry.actor?.member ?? '';
}

function keyOf(placed: PlacedEntry): string {
  return `${placed.entry.collaboration} ${nameOf(placed, 'destination')}`;
}
