import type { ScoringParameter, ScoringResult } from '../../../wire/scoring.ts';
import { checkBody } from './check-statements.ts';
import { TypeChecking } from './expression-types.ts';
import type { Faults } from './faults.ts';
import type { FunctionDeclaration, Program, ValueType } from './program.ts';
import { SCORE_NAME } from './read-program.ts';

/**
 * Puts a type on everything that can run, from `score` inwards: the parameters of a helper have the types of its
 * first call.
 *
 * A function that nobody calls has no types, and is not printed either.
 */
export function checkTypes(
  program: Program,
  parameters: readonly ScoringParameter[],
  returns: ScoringResult,
  faults: Faults,
): void {
  const checking = new TypeChecking(faults, returns, checkBody);
  for (const { variable, value } of program.tables) variable.type = checking.typeOf(value);
  const { score } = program;
  if (score === null) {
    faults.add('signature-does-not-match', 0, `no function named ${SCORE_NAME}`);
    return;
  }
  checkParameters(score, parameters, faults);
  checking.enter(score, score.at, parameters.map(typeOfParameter), true);
}

// By name and not by place alone: two numbers in the wrong order would give wrong scores for ever, and no failure.
function checkParameters(score: FunctionDeclaration, declared: readonly ScoringParameter[], faults: Faults): void {
  for (const [index, { name }] of declared.entries()) {
    const own = score.parameters[index];
    if (own?.name !== name) faults.add('signature-does-not-match', own?.at ?? score.at, `parameter ${name} expected`);
  }
  const further = score.parameters[declared.length];
  if (further !== undefined) faults.add('signature-does-not-match', further.at, `parameter ${further.name}`);
}

function typeOfParameter({ kind }: ScoringParameter): ValueType {
  switch (kind) {
    case 'boolean':
      return 'boolean';
    case 'text':
      return 'string';
    default:
      return 'number';
  }
}
