import type { Candidate, Violation } from '../../policies/index.ts';
import type { violations as messages } from '../../proto/index.ts';

/** Violations as messages; a query that has passed the same checks stands in the first, as it answers them all. */
export function violationMessages(violations: readonly Violation[], passing: Candidate | null): messages.Violation[] {
  return violations.map((violation, index) => violationMessage(violation, index === 0 ? passing : null));
}

function violationMessage(violation: Violation, passing: Candidate | null): messages.Violation {
  return {
    rule: violation.rule,
    owner: violation.owner ?? '',
    message: violation.message,
    help: violation.help,
    span: { line: violation.place.line, column: violation.place.column, length: violation.place.length },
    facts: shortFacts(violation),
    passingSql: passing?.sql ?? '',
    passingChanges: [...(passing?.changes ?? [])],
  };
}

/**
 * Facts longer than this are lists of all there is, as of functions: they would push other violations out of the
 * details.
 */
const MAX_FACT_CHARACTERS = 300;

function shortFacts({ facts }: Violation): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact.length <= MAX_FACT_CHARACTERS));
}

/** A violation as the log keeps it: the rule and the place, none of the merchant's words. */
export function violationEntry(violation: Violation): Record<string, string | number | null> {
  const { rule, owner, place } = violation;
  return { rule, owner, line: place.line, column: place.column };
}
