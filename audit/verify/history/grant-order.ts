import { actingForOf, tablesNamed } from './agreements.ts';
import { broken, type HistoryCheck, nameOf, type PlacedEntry, textsOf, timeOf, UNDER_WAY_MS } from './subject.ts';

interface Grant {
  readonly grantor: string;
  readonly grantee: string;
  readonly abilities: readonly string[];
  readonly tables: ReadonlySet<string>;
  /** When it ends, or ended. */
  endsAtMs: number;
}

/**
 * What a grant must allow for an entry to be lawful in another member's name. What was filled in from a template that the
 * member approved is lawful by `template` as well: that it was approved, another check looks at.
 */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ['question-submitted', 'query'],
  ['function-submitted', 'query'],
  ['match-begun', 'query'],
  ['match-reported', 'query'],
  ['audience-defined', 'activate'],
  ['audience-activated', 'activate'],
]);

/** Who acted for whom, and by which abilities that was lawful: one is enough. */
interface Acted {
  readonly grantee: string;
  readonly grantor: string;
  readonly abilities: readonly string[];
}

/** Whoever acts for another member holds a grant of that member, of that ability and these tables, at that time. */
export class GrantOrder implements HistoryCheck {
  /** By collaboration, and within by id. */
  readonly #grants = new Map<string, Map<string, Grant>>();
  /** Who submitted a question for whom with tables still to be told, until it is admitted. */
  readonly #submitters = new Map<string, Acted>();
  readonly #owners = new Map<string, string>();

  accept(placed: PlacedEntry): void {
    switch (placed.entry.kind) {
      case 'grant-made':
        this.#made(placed);
        break;
      case 'grant-revoked':
        this.#revoked(placed);
        break;
      case 'question-admitted':
        this.#admitted(placed);
        break;
      case 'question-refused':
      case 'run-failed':
        this.#submitters.delete(nameOf(placed, 'question'));
        break;
      default:
        this.#acted(placed);
    }
  }

  #made(placed: PlacedEntry): void {
    const { actor, subject } = placed.entry;
    const abilities = textsOf(subject.abilities);
    const tables = textsOf(subject.tables);
    const endsAtMs = Date.parse(nameOf(placed, 'expiresAt'));
    if (actor === null || abilities === undefined || tables === undefined || Number.isNaN(endsAtMs)) {
      throw broken('SUBJECT_UNREADABLE', 'grant does not say who may do what, and until when', placed);
    }
    const grants = this.#grantsIn(placed);
    const [id, grantee] = [nameOf(placed, 'grant'), nameOf(placed, 'grantee')];
    grants.set(id, { grantor: actor.member, grantee, abilities, tables: new Set(tables), endsAtMs });
  }

  #revoked(placed: PlacedEntry): void {
    const grant = this.#grantsIn(placed).get(nameOf(placed, 'grant'));
    if (grant === undefined) throw broken('GRANT_MISSING', 'grant was revoked that was never made', placed);
    grant.endsAtMs = Math.min(grant.endsAtMs, timeOf(placed));
  }

  #admitted(placed: PlacedEntry): void {
    const question = nameOf(placed, 'question');
    const submitter = this.#submitters.get(question);
    this.#submitters.delete(question);
    if (submitter !== undefined) this.#assertGranted(placed, submitter);
  }

  #acted(placed: PlacedEntry): void {
    const ability = NEEDED.get(placed.entry.kind);
    const grantee = placed.entry.actor?.member;
    if (ability === undefined || grantee === undefined) return;
    const grantor = this.#actedFor(placed) ?? grantee;
    if (grantor === grantee) return;
    const isByTemplate = placed.entry.subject.template !== undefined;
    const acted = { grantee, grantor, abilities: isByTemplate ? [ability, 'template'] : [ability] };
    this.#assertGranted(placed, acted);
    if (placed.entry.kind === 'question-submitted') this.#submitters.set(nameOf(placed, 'question'), acted);
  }

  #actedFor(placed: PlacedEntry): string | undefined {
    const { kind } = placed.entry;
    if (kind === 'audience-activated') return this.#owners.get(nameOf(placed, 'audience'));
    const actingFor = actingForOf(placed);
    if (kind === 'audience-defined' && actingFor !== undefined) {
      this.#owners.set(nameOf(placed, 'audience'), actingFor);
    }
    return actingFor;
  }

  #assertGranted(placed: PlacedEntry, { grantee, grantor, abilities }: Acted): void {
    const names = tablesNamed(placed).map(({ name }) => name);
    const fitting = [...this.#grantsIn(placed).values()].filter(
      (grant) =>
        grant.grantee === grantee &&
        grant.grantor === grantor &&
        abilities.some((ability) => grant.abilities.includes(ability)) &&
        names.every((name) => grant.tables.has(name)),
    );
    if (fitting.length === 0) {
      throw broken('GRANT_MISSING', 'somebody acted for a member that had not granted it', placed);
    }
    // An end is told when it happens, and what was let in before it may still be on its way to the log.
    if (fitting.some(({ endsAtMs }) => timeOf(placed) <= endsAtMs + UNDER_WAY_MS)) return;
    throw broken('GRANT_ENDED', 'somebody acted for a member whose grant had been revoked or had expired', placed);
  }

  #grantsIn({ entry }: PlacedEntry): Map<string, Grant> {
    const collaboration = entry.collaboration ?? '';
    const grants = this.#grants.get(collaboration) ?? new Map<string, Grant>();
    this.#grants.set(collaboration, grants);
    return grants;
  }
}
