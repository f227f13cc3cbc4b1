import { actingForOf } from './agreements.ts';
import { broken, type HistoryCheck, nameOf, type PlacedEntry, textOf, timeOf, UNDER_WAY_MS } from './subject.ts';

/** What a member approved, and until when; an approval that stands has no end. */
interface Approval {
  endsAtMs: number;
}

/**
 * Whoever filled in a template for another member had that member's approval of it.
 *
 * For oneself none is looked for: a member may ask whatever its own abilities permit.
 */
export class TemplateOrder implements HistoryCheck {
  /** By collaboration, member and digest. */
  readonly #approvals = new Map<string, Approval>();

  accept(placed: PlacedEntry): void {
    const { kind, actor } = placed.entry;
    switch (kind) {
      case 'template-approved':
        this.#approvals.set(keyOf(placed, actor?.member), { endsAtMs: Number.POSITIVE_INFINITY });
        break;
      case 'template-approval-withdrawn':
        this.#approved(placed, actor?.member).endsAtMs = timeOf(placed);
        break;
      case 'question-submitted':
      case 'audience-defined':
        this.#run(placed);
        break;
      default:
    }
  }

  #run(placed: PlacedEntry): void {
    if (textOf(placed, 'template') === undefined) return;
    const actingFor = actingForOf(placed);
    if (actingFor === undefined || actingFor === placed.entry.actor?.member) return;
    // What was let in before an approval ended may still be on its way to the log.
    if (timeOf(placed) <= this.#approved(placed, actingFor).endsAtMs + UNDER_WAY_MS) return;
    throw unapproved(placed);
  }

  #approved(placed: PlacedEntry, member: string | undefined): Approval {
    const approval = this.#approvals.get(keyOf(placed, member));
    if (approval === undefined) throw unapproved(placed);
    return approval;
  }
}

function unapproved(placed: PlacedEntry) {
  return broken('TEMPLATE_NOT_APPROVED', 'template was used that the member acted for had not approved', placed);
}

function keyOf(placed: PlacedEntry, member: string | undefined): string {
  return `${placed.entry.collaboration} ${member} ${nameOf(placed, 'template')}`;
}
