import { indexOfPlace } from '../../syntax/source-place.ts';
import type { Violation } from '../catalogue.ts';
import type { Rewrite } from './edit.ts';
import type { SqlToken } from './sql-tokens.ts';

/** A refused text, cut into words. */
export interface RefusedText {
  readonly sql: string;
  readonly tokens: readonly SqlToken[];
}

/**
 * What could be written instead, for one violation: the likeliest first, empty when nothing comes to mind.
 *
 * A guess, made of the text and the facts of the refusal alone: whoever offers it checks it like any other question.
 */
export type Rewriter = (violation: Violation, text: RefusedText) => readonly Rewrite[];

/** The index of the token that a violation points at; -1 when it points at none. */
export function tokenAt({ sql, tokens }: RefusedText, { place }: Violation): number {
  const index = indexOfPlace(sql, place);
  return tokens.findIndex((t) => t.start === index);
}

/** A fact that is a list. */
export function listOf(violation: Violation, fact: string): readonly string[] {
  const written = violation.facts[fact] ?? '';
  return written === '' ? [] : written.split(', ');
}

/** The last part of a dotted name. */
export function lastPart(name: string): string {
  return name.split('.').at(-1) ?? name;
}
