import { canonicalText, type Expression } from '../plan/expression.ts';
import type { GroupKey } from '../plan/question-tree.ts';
import type { SyntaxExpression, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate, containsWindow } from './aggregate-names.ts';
import { lookUp } from './bind-expression.ts';
import { resolveKey } from './bind-released.ts';
import { checkGroupKey } from './permissions.ts';
import { refuseSpan } from './person-aggregate.ts';
import { publicValues } from './public-values.ts';
import type { BoundRows, QuestionScope } from './question-scope.ts';
import type { RowBinding } from './row-binding.ts';

/** A group key with the text by which the select list finds it again. */
export interface BoundKey {
  readonly key: GroupKey;
  readonly text: string;
}

/** Resolves what an aggregation groups by, and holds it against the rules. */
export function bindKeys(select: SyntaxSelect, from: BoundRows, { question, bind }: RowBinding): readonly BoundKey[] {
  const written =
    select.groupBy === 'all'
      ? select.items.map((i) => i.expression).filter((e) => !containsAggregate(e) && !containsWindow(e))
      : select.groupBy.map((key) => keyAsWritten(key, select, from, question));
  return written.map((node) => {
    const written = bind(node);
    checkGroupKey(written, question);
    refuseSpan(written, 'GROUP BY', question);
    const expression = asText(written);
    const key = { expression, type: expression.type, values: publicValues(expression, question) };
    return { key, text: canonicalText(written) };
  });
}

/** Fractions group by their text: it is exact, and the wall's frames carry no fractions. */
function asText(key: Expression): Expression {
  if (key.type.kind !== 'decimal' && key.type.kind !== 'double') return key;
  return { kind: 'cast', arg: key, to: { type: 'text' }, type: { kind: 'text' }, at: key.at };
}

function keyAsWritten(
  key: SyntaxExpression,
  select: SyntaxSelect,
  from: BoundRows,
  question: QuestionScope,
): SyntaxExpression {
  const isColumn = key.kind === 'column' && lookUp(key.path, from.relations).length > 0;
  const aliased =
    key.kind === 'column' && key.path.length === 1 && !isColumn
      ? select.items.find((i) => i.alias === key.path[0])
      : undefined;
  return aliased?.expression ?? resolveKey(key, select, question);
}
