import type { Expression } from '../plan/expression.ts';
import { BROKEN, type QuestionScope } from './question-scope.ts';

/** Notes each identity among values that none may be among. */
export function identityMisused(question: QuestionScope, among: readonly Expression[]): Expression {
  for (const e of among) {
    if (e.type.kind === 'person' && e.kind === 'column') {
      question.violate('identity-stays-inside', { column: question.writtenName(e) }, e.at);
    }
  }
  return BROKEN;
}
