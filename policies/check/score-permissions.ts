import { type TableView, tableName } from '../collaboration/table-view.ts';
import { columnsIn, type Expression, type ScoreExpression } from '../plan/expression.ts';
import { tablesIn } from '../plan/walk-rows.ts';
import { permitsScore } from '../rules/function-rule.ts';
import { functionName } from './bind-score.ts';
import { originOf } from './column-origin.ts';
import type { QuestionScope } from './question-scope.ts';

/**
 * Checks that every owner whose rows reach a scoring function names it in its rules.
 *
 * What owners permit of `lower` says nothing of a stranger's code: no list permits a scoring function but by its name or
 * its member's.
 */
export function checkScore(score: ScoreExpression, question: QuestionScope): void {
  for (const view of new Set(score.args.flatMap((arg) => reachedBy(arg, question)))) {
    if (view.rules.publicTable !== null || permitsScore(view.rules.functions, score)) continue;
    const facts = { function: functionName(score), functions: [], instead: whatToWrite(score, view) };
    question.violate('function-is-permitted', facts, score.at, { owner: view.member });
  }
}

function whatToWrite({ member, name }: ScoreExpression, view: TableView): string {
  const { functions } = view.rules;
  const names = [...(functions === 'standard' ? ['standard'] : functions), `${member}/${name}`];
  const list = names.map((n) => JSON.stringify(n)).join(', ');
  return `ask ${view.member} to write \`"functions": [${list}]\` in the rules of ${tableName(view)}`;
}

/**
 * Every table of which the function would learn something: a value, whether a person is there at all, or how many rows
 * it has.
 */
function reachedBy(e: Expression, question: QuestionScope): readonly TableView[] {
  return columnsIn(e).flatMap((column) => {
    const source = question.source(column.relation);
    if (source === undefined) return [];
    const everywhere = tablesIn({ sources: [source], filters: [] }).map((t) => t.view);
    if (column.type.kind === 'person') return everywhere;
    const origin = originOf(column, question);
    if (origin.kind === 'owned') return [origin.view];
    if (origin.kind === 'free') return [];
    const { input } = source;
    // An aggregate of a person's rows depends on which rows there are, whatever it is an aggregate of.
    const isAggregate = input.kind === 'per-person' && input.values.some((v) => v.name === column.column);
    return [
      ...(isAggregate ? everywhere : []),
      ...[...origin.values, ...origin.conditions].flatMap((part) => reachedBy(part, question)),
    ];
  });
}
