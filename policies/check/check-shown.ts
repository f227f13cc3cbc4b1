import { columnsOf, type OuterQuery } from '../plan/outer-query.ts';
import type { QuestionScope } from './question-scope.ts';

/** Checks what a whole question shows: it asks of a protected table, and its columns can leave. */
export function checkShown(query: OuterQuery, question: QuestionScope): void {
  if (question.aggregates.length === 0 && question.violations.length === 0) {
    const instead = 'name a table of the collaboration after FROM';
    question.violate('syntax-is-known', { construct: 'question without a table', instead }, null);
  }
  for (const { name, type } of columnsOf(query)) {
    if (type.kind !== 'interval') continue;
    const expected = 'show it in days, for example with date_diff, or cast it to text';
    question.violate('types-match', { construct: `output column ${name}`, found: 'a span of time', expected }, null);
  }
}
