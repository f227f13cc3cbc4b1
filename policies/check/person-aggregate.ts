import { isMeasurable, isNumber, type ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import type { PersonAggregate } from '../plan/protected-rows.ts';
import type { SyntaxCall, SyntaxExpression } from '../syntax/syntax-tree.ts';
import { condition } from './bind-expression.ts';
import { isPresent } from './bound-rows.ts';
import { MAX_SCALE_DIGITS } from './functions.ts';
import { checkFilter, checkMeasure } from './permissions.ts';
import { BROKEN, type QuestionScope, typeInWords } from './question-scope.ts';

/** Digits that a person's sum of floating-point values keeps: exact, or the order of rows would show in it. */
const DOUBLE_SCALE_DIGITS = 6;

const INTEGER: ScalarType = { kind: 'integer' };

/** Aggregates over one person's rows, and what each is. */
const KINDS: Readonly<Record<string, PersonAggregate['kind']>> = {
  count: 'count-values',
  count_star: 'count',
  count_if: 'count-values',
  approx_count_distinct: 'count-distinct',
  sum: 'sum',
  avg: 'avg',
  mean: 'avg',
  min: 'min',
  max: 'max',
  // Any value will do, so it is one that does not depend on the order of rows.
  any_value: 'min',
  first: 'min',
  arg_min: 'min-by',
  min_by: 'min-by',
  arg_max: 'max-by',
  max_by: 'max-by',
  bool_or: 'any',
  bool_and: 'all',
};

/** Names for refusals. */
const PERMITTED = ['count', 'sum', 'avg', 'min', 'max', 'min_by', 'max_by', 'bool_or', 'bool_and'];

/**
 * Reads an aggregate over one person's rows; `null`, with the violation noted, when it is none that is exact and total.
 */
export function personAggregate(
  node: SyntaxCall,
  question: QuestionScope,
  bind: (node: SyntaxExpression) => Expression,
): PersonAggregate | null {
  const kind = Object.hasOwn(KINDS, node.name) ? KINDS[node.name] : undefined;
  const [first, second, ...more] = node.args;
  const isBy = kind === 'min-by' || kind === 'max-by';
  const isDistinct = node.distinct && kind === 'count-values';
  if (
    kind === undefined ||
    more.length > 0 ||
    node.orderBy.length > 0 ||
    (second !== undefined) !== isBy ||
    (node.distinct && !isDistinct)
  ) {
    question.violate('aggregate-is-permitted', { aggregate: node.name, aggregates: PERMITTED }, node.at);
    return null;
  }
  const filter = node.filter === null ? null : condition(question, bind(node.filter));
  if (filter !== null) checkFilter(filter, question);
  if (first === undefined) return made('count', { when: filter, type: INTEGER });
  const of = bind(first);
  if (of === BROKEN) return null;
  if (node.name === 'count_if') return countIf(condition(question, of), filter, question);
  if (of.type.kind === 'person') return ofPerson(node, of, filter, question);
  checkMeasure(of, question);
  const by = second === undefined ? null : bind(second);
  if (by !== null) checkFilter(by, question);
  return ofValue(
    isDistinct ? 'count-distinct' : kind,
    { of, by, when: filter, at: node.at, name: node.name },
    question,
  );
}

function made(
  kind: PersonAggregate['kind'],
  parts: Partial<PersonAggregate> & Pick<PersonAggregate, 'type'>,
): PersonAggregate {
  return { kind, of: null, by: null, when: null, scale: 0, ...parts };
}

function countIf(test: Expression, filter: Expression | null, question: QuestionScope): PersonAggregate {
  checkFilter(test, question);
  const when: Expression =
    filter === null
      ? test
      : { kind: 'logic', operator: 'and', args: [filter, test], type: { kind: 'boolean' }, at: test.at };
  return made('count', { when, type: INTEGER });
}

/** A person is there or not: counting one counts the rows that a left join found something for. */
function ofPerson(
  node: SyntaxCall,
  of: Expression,
  filter: Expression | null,
  question: QuestionScope,
): PersonAggregate | null {
  if (node.name !== 'count' || node.distinct) {
    question.violate(
      'identity-stays-inside',
      { column: of.kind === 'column' ? question.writtenName(of) : 'identity' },
      node.at,
    );
    return null;
  }
  return countIf(isPresent(of), filter, question);
}

function ofValue(
  kind: PersonAggregate['kind'],
  {
    of,
    by,
    when,
    at,
    name,
  }: { of: Expression; by: Expression | null; when: Expression | null; at: number | null; name: string },
  question: QuestionScope,
): PersonAggregate | null {
  if (refuseSpan(of, name, question)) return null;
  const isTruth = kind === 'any' || kind === 'all';
  const isNumeric = kind === 'sum' || kind === 'avg';
  const fits = isTruth ? of.type.kind === 'boolean' : !isNumeric || isMeasurable(of.type) || isNumber(of.type);
  if (!fits) {
    const expected = isTruth ? 'give it a condition' : 'give it a number';
    question.violate('types-match', { construct: name, found: typeInWords(of.type), expected }, of.at ?? at);
    return null;
  }
  return made(kind, { of, by, when, scale: isNumeric ? scaleOf(of.type) : 0, type: typeOf(kind, of.type) });
}

/**
 * Refuses a span of time where one of equal values stays: a month equals 30 days and differs when it is added, and
 * which of them stays would follow the order of rows.
 */
export function refuseSpan(e: Expression, construct: string, question: QuestionScope): boolean {
  if (e.type.kind !== 'interval') return false;
  const expected = 'count its days or hours, which are one number for equal spans';
  question.violate('types-match', { construct, found: typeInWords(e.type), expected }, e.at);
  return true;
}

function scaleOf(type: ScalarType): number {
  if (type.kind === 'decimal') return Math.min(type.scale, MAX_SCALE_DIGITS);
  return type.kind === 'double' ? DOUBLE_SCALE_DIGITS : 0;
}

function typeOf(kind: PersonAggregate['kind'], of: ScalarType): ScalarType {
  switch (kind) {
    case 'count':
    case 'count-values':
    case 'count-distinct':
      return INTEGER;
    case 'avg':
      return { kind: 'double' };
    case 'sum':
      return of.kind === 'boolean' ? INTEGER : of;
    default:
      return of;
  }
}
