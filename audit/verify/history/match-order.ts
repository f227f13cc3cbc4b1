import { CompactStates } from './compact-states.ts';
import { broken, type HistoryCheck, nameOf, type PlacedEntry, textOf } from './subject.ts';

const RESERVED = 1;
const BEGUN = 2;
const ENDED = 4;

/** Matches: charged before the first point leaves, begun before they end, ended once. */
export class MatchOrder implements HistoryCheck {
  readonly #states = new CompactStates();

  accept(placed: PlacedEntry): void {
    switch (placed.entry.kind) {
      case 'budget-reserved':
        this.#reserved(placed);
        break;
      case 'match-begun':
        this.#begun(placed);
        break;
      case 'match-reported':
        this.#reported(placed);
        break;
      case 'match-estimated':
      case 'match-failed':
        this.#ended(placed);
        break;
      default:
    }
  }

  #reserved(placed: PlacedEntry): void {
    const match = textOf(placed, 'match');
    if (match === undefined) return;
    if ((this.#states.get(match) & (BEGUN | ENDED)) !== 0) {
      throw broken('RESERVED_AFTER_RELEASE', 'budget was reserved after the match it is for', placed);
    }
    this.#states.add(match, RESERVED);
  }

  #begun(placed: PlacedEntry): void {
    const match = nameOf(placed, 'match');
    const state = this.#states.get(match);
    if ((state & RESERVED) === 0) throw broken('MATCH_NOT_RESERVED', 'match began before it was charged', placed);
    if ((state & BEGUN) !== 0) throw broken('MATCH_OUT_OF_ORDER', 'match began a second time', placed);
    this.#states.add(match, BEGUN);
  }

  /** Reports of stored counts alone are charged nothing; `Ledger` sees that nothing ran for them. */
  #reported(placed: PlacedEntry): void {
    const match = nameOf(placed, 'match');
    if ((this.#states.get(match) & (BEGUN | ENDED)) !== 0) {
      throw broken('MATCH_OUT_OF_ORDER', 'match was reported a second time', placed);
    }
    this.#states.add(match, ENDED);
  }

  #ended(placed: PlacedEntry): void {
    const match = nameOf(placed, 'match');
    const state = this.#states.get(match);
    if ((state & BEGUN) === 0) throw broken('MATCH_NOT_BEGUN', 'match ended that never began', placed);
    if ((state & ENDED) !== 0) throw broken('MATCH_OUT_OF_ORDER', 'match ended a second time', placed);
    this.#states.add(match, ENDED);
  }
}
