import { getLineInfo } from 'acorn';

import { MAX_SUBJECT_CHARS, type ScoringFault, type ScoringFaultRule } from '../../../wire/scoring.ts';

/** Most faults of one function that are told: a screenful. */
export const MAX_FAULTS_COUNT = 50;

/** What a subject may not hold: it is shown to people, and comes from whoever wrote the code. */
const NOT_IN_A_SUBJECT = /[^A-Za-z0-9 _.$()'-]/g;

/** Collects what is wrong with one source text. */
export class Faults {
  readonly #source: string;
  readonly #faults = new Map<string, ScoringFault>();

  constructor(source: string) {
    this.#source = source;
  }

  /** Notes one fault at an offset; the same one twice is one. */
  add(rule: ScoringFaultRule, offset: number, subject: string): void {
    if (this.#faults.size >= MAX_FAULTS_COUNT) return;
    const key = `${rule} ${offset}`;
    if (this.#faults.has(key)) return;
    const { line, column } = getLineInfo(this.#source, Math.min(offset, this.#source.length));
    this.#faults.set(key, { rule, line, column: column + 1, subject: subjectOf(subject) });
  }

  /** Everything noted so far, in the order of the text. */
  get list(): ScoringFault[] {
    return [...this.#faults.values()].sort(
      (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
  }
}

/** Makes a fault of the whole text. */
export function faultOfWhole(rule: ScoringFaultRule, subject: string): ScoringFault {
  return { rule, line: null, column: null, subject: subjectOf(subject) };
}

function subjectOf(text: string): string {
  return text.slice(0, MAX_SUBJECT_CHARS).replace(NOT_IN_A_SUBJECT, '-');
}
