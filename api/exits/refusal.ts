import type { Violation } from '../../policies/index.ts';
import type { violations as messages } from '../../proto/index.ts';

/** A violation as a message; the candidate is shown only once it has passed the same checks. */
export function violationMessage(violation: Violation, passing: ReadonlySet<string>): messages.Violation {
  const { candidate } = violation;
  return {
    rule: violation.rule,
    owner: violation.owner ?? '',
    message: violation.message,
    help: violation.help,
    span: { line: violation.place.line, column: violation.place.column, length: violation.place.length },
    passingSql: candidate !== null && passing.has(candidate) ? candidate : '',
  };
}

/** A violation as the log keeps it: the rule and the place, none of the merchant's words. */
export function violationEntry(violation: Violation): Record<string, string | number | null> {
  const { rule, owner, place } = violation;
  return { rule, owner, line: place.line, column: place.column };
}
