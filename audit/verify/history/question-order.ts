import { CompactStates } from './compact-states.ts';
import { broken, type HistoryCheck, nameOf, type PlacedEntry, textOf } from './subject.ts';

/** What the log has said of a question so far, a bit each. */
const SUBMITTED = 1;
const RESERVED = 2;
const ADMITTED = 4;
const RELEASED = 8;
const REFUSED = 16;
const FAILED = 32;
const CANCELLED = 64;

/**
 * The life of a question: submitted, charged, admitted, released, read, each at most once and none before its turn.
 *
 * Two orders look odd and are lawful. A cancel may cross the end of a run, so that a release stands behind it; then
 * nobody may read it. And a service that died between the entry of a release and its own note of it says after its
 * start that the run failed; nobody may read that release either.
 */
export class QuestionOrder implements HistoryCheck {
  readonly #states = new CompactStates();

  accept(placed: PlacedEntry): void {
    switch (placed.entry.kind) {
      case 'question-submitted':
        this.#submitted(placed);
        break;
      case 'budget-reserved':
        this.#reserved(placed);
        break;
      case 'question-admitted':
        this.#admitted(placed);
        break;
      case 'question-refused':
        this.#refused(placed);
        break;
      case 'release-made':
      case 'release-reused':
        this.#released(placed);
        break;
      case 'release-read':
        this.#read(placed);
        break;
      case 'model-trained':
        this.#learnt(placed);
        break;
      case 'run-failed':
        this.#ended(placed, FAILED);
        break;
      case 'question-cancelled':
        this.#ended(placed, CANCELLED);
        break;
      default:
    }
  }

  #submitted(placed: PlacedEntry): void {
    const question = nameOf(placed, 'question');
    if (this.#states.get(question) !== 0) throw repeated(placed, 'submitted');
    this.#states.add(question, SUBMITTED);
  }

  #reserved(placed: PlacedEntry): void {
    const question = textOf(placed, 'question');
    if (question === undefined) return;
    const state = this.#states.get(question);
    if ((state & RELEASED) !== 0) {
      throw broken('RESERVED_AFTER_RELEASE', 'budget was reserved after the release it is for', placed);
    }
    this.#assertSubmitted(placed, state);
    if ((state & (REFUSED | FAILED)) !== 0) throw outOfOrder(placed, 'charged after its end');
    // After a crash the service tells of a charge that it cannot know the log to hold; `Ledger` sees that it is the same.
    const isToldAgain = placed.entry.actor === null && (state & ADMITTED) === 0;
    if ((state & RESERVED) !== 0 && !isToldAgain) throw repeated(placed, 'charged');
    this.#states.add(question, RESERVED);
  }

  #admitted(placed: PlacedEntry): void {
    const question = nameOf(placed, 'question');
    const state = this.#states.get(question);
    this.#assertSubmitted(placed, state);
    if ((state & ADMITTED) !== 0) throw repeated(placed, 'admitted');
    if ((state & (REFUSED | FAILED | RELEASED)) !== 0) throw outOfOrder(placed, 'admitted after its end');
    this.#states.add(question, ADMITTED);
  }

  #refused(placed: PlacedEntry): void {
    const question = nameOf(placed, 'question');
    const state = this.#states.get(question);
    if ((state & REFUSED) !== 0) throw repeated(placed, 'refused');
    if ((state & (RESERVED | ADMITTED | RELEASED)) !== 0) throw outOfOrder(placed, 'refused after it was charged');
    this.#states.add(question, REFUSED);
  }

  #released(placed: PlacedEntry): void {
    const question = textOf(placed, 'question');
    if (question === undefined) {
      throw broken('RELEASE_WITHOUT_QUESTION', 'release does not name its question', placed);
    }
    const state = this.#states.get(question);
    // A stored release answers again at no charge; that nothing ran for it is what `Ledger` sees.
    if (placed.entry.kind === 'release-made' && (state & RESERVED) === 0) {
      throw broken('RELEASE_NOT_RESERVED', 'release has no budget reserved before it', placed);
    }
    if ((state & ADMITTED) === 0) {
      throw broken('RELEASE_NOT_ADMITTED', 'release has no admission before it', placed);
    }
    if ((state & RELEASED) !== 0) throw repeated(placed, 'released');
    if ((state & (REFUSED | FAILED)) !== 0) throw outOfOrder(placed, 'released after its end');
    this.#states.add(question, RELEASED);
  }

  #read(placed: PlacedEntry): void {
    const state = this.#states.get(nameOf(placed, 'question'));
    if (isReadable(state)) return;
    throw broken('RELEASE_NOT_MADE', 'release was read that was never made, or whose question was ended', placed);
  }

  /** A model is made of answers that were let out before it, and of nothing else. */
  #learnt(placed: PlacedEntry): void {
    const { questions } = placed.entry.subject;
    const named = Array.isArray(questions) ? questions.map(String) : [];
    if (named.length > 0 && named.every((question) => isReadable(this.#states.get(question)))) return;
    throw broken('MODEL_NOT_RELEASED', 'model was made of something that no release had let out', placed);
  }

  #ended(placed: PlacedEntry, end: number): void {
    const question = nameOf(placed, 'question');
    const state = this.#states.get(question);
    this.#assertSubmitted(placed, state);
    if ((state & end) !== 0) throw repeated(placed, 'ended');
    if ((state & REFUSED) !== 0) throw outOfOrder(placed, 'ended after it was refused');
    this.#states.add(question, end);
  }

  #assertSubmitted(placed: PlacedEntry, state: number): void {
    if ((state & SUBMITTED) !== 0) return;
    throw broken('QUESTION_NOT_SUBMITTED', 'entry is about a question that nobody submitted before', placed);
  }
}

function isReadable(state: number): boolean {
  return (state & RELEASED) !== 0 && (state & (FAILED | CANCELLED)) === 0;
}

function repeated(placed: PlacedEntry, what: string) {
  return broken('QUESTION_REPEATED', `question was ${what} a second time`, placed);
}

function outOfOrder(placed: PlacedEntry, what: string) {
  return broken('QUESTION_OUT_OF_ORDER', `question was ${what}`, placed);
}
