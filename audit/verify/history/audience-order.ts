import { broken, type HistoryCheck, nameOf, type PlacedEntry, textOf, timeOf, UNDER_WAY_MS } from './subject.ts';

interface Activation {
  readonly audience: string;
  revokedAtMs: number | undefined;
}

/**
 * Audiences: defined before they are sized, sized before they are activated, activated for a registered destination
 * before they are delivered, and not delivered once they are revoked.
 *
 * Memory: a few names for each audience and activation.
 */
export class AudienceOrder implements HistoryCheck {
  /** Whether a size of it was released. */
  readonly #isSized = new Map<string, boolean>();
  readonly #activations = new Map<string, Activation>();
  readonly #destinations = new Set<string>();

  accept(placed: PlacedEntry): void {
    switch (placed.entry.kind) {
      case 'destination-registered':
        this.#destinations.add(destinationOf(placed));
        break;
      case 'audience-defined':
        this.#defined(placed);
        break;
      case 'budget-reserved':
        this.#reserved(placed);
        break;
      case 'audience-estimated':
        this.#estimated(placed);
        break;
      case 'audience-activated':
        this.#activated(placed);
        break;
      case 'audience-delivered':
        this.#delivered(placed);
        break;
      case 'audience-revoked':
        this.#revoked(placed);
        break;
      case 'audience-refreshed':
      case 'audience-scheduled':
        this.#changed(placed);
        break;
      default:
    }
  }

  #defined(placed: PlacedEntry): void {
    const audience = nameOf(placed, 'audience');
    if (this.#isSized.has(audience)) {
      throw broken('AUDIENCE_OUT_OF_ORDER', 'audience was defined a second time', placed);
    }
    this.#isSized.set(audience, false);
  }

  #reserved(placed: PlacedEntry): void {
    if (textOf(placed, 'audience') !== undefined) this.#assertDefined(placed);
  }

  #estimated(placed: PlacedEntry): void {
    this.#isSized.set(this.#assertDefined(placed), true);
  }

  #activated(placed: PlacedEntry): void {
    const audience = this.#assertDefined(placed);
    const activation = nameOf(placed, 'activation');
    // The released size is what the minimum is held against: without one, an audience of a single person could leave.
    if (this.#isSized.get(audience) !== true) {
      throw broken('ACTIVATION_NOT_SIZED', 'audience was activated before a size of it was released', placed);
    }
    if (!this.#destinations.has(destinationOf(placed))) {
      throw broken('DESTINATION_UNKNOWN', 'audience was activated for a destination that nobody registered', placed);
    }
    if (this.#activations.has(activation)) {
      throw broken('AUDIENCE_OUT_OF_ORDER', 'activation was made a second time', placed);
    }
    this.#activations.set(activation, { audience, revokedAtMs: undefined });
  }

  /** A withdrawal may stand without a revocation: an erasure withdraws by itself. */
  #delivered(placed: PlacedEntry): void {
    const { revokedAtMs } = this.#activationOf(placed);
    if (placed.entry.subject.withdrawal !== false || revokedAtMs === undefined) return;
    // What the destination had got before is told when it is due to show, also after a revocation.
    if (timeOf(placed) <= revokedAtMs + UNDER_WAY_MS) return;
    throw broken('DELIVERY_AFTER_REVOCATION', 'audience was delivered although it had been revoked', placed);
  }

  #revoked(placed: PlacedEntry): void {
    const activation = this.#activationOf(placed);
    activation.revokedAtMs ??= timeOf(placed);
  }

  /** A publication that was withdrawn is neither refreshed nor scheduled: it would come back by the back door. */
  #changed(placed: PlacedEntry): void {
    if (this.#activationOf(placed).revokedAtMs === undefined) return;
    throw broken('DELIVERY_AFTER_REVOCATION', 'publication was changed although it had been revoked', placed);
  }

  #assertDefined(placed: PlacedEntry): string {
    const audience = nameOf(placed, 'audience');
    if (this.#isSized.has(audience)) return audience;
    throw broken('AUDIENCE_NOT_DEFINED', 'entry is about an audience that nobody defined before', placed);
  }

  #activationOf(placed: PlacedEntry): Activation {
    const activation = this.#activations.get(nameOf(placed, 'activation'));
    if (activation?.audience === nameOf(placed, 'audience')) return activation;
    throw broken('DELIVERY_NOT_ACTIVATED', 'entry is about an activation of this audience that was never made', placed);
  }
}

function destinationOf(placed: PlacedEntry): string {
  return `${placed.entry.collaboration} ${nameOf(placed, 'destination')}`;
}
