import type { ScalarType } from '../collaboration/table-view.ts';
import { isMeasurable, isNumber } from '../collaboration/table-view.ts';
import { canonicalText, type Expression } from '../plan/expression.ts';
import { measureColumn, type ReleasedMeasure, type Statistic } from '../plan/question-tree.ts';
import type { SyntaxExpression } from '../syntax/syntax-tree.ts';
import { PROTECTED_AGGREGATES } from './aggregate-names.ts';
import { bindExpression, condition } from './bind-expression.ts';
import { MAX_SCALE_DIGITS } from './functions.ts';
import { type Bounds, personBounds } from './measure-bounds.ts';
import { checkAggregate, checkFilter, checkMeasure } from './permissions.ts';
import { type BoundFrom, BROKEN, type QuestionScope, typeInWords } from './question-scope.ts';

type Call = Extract<SyntaxExpression, { kind: 'call' }>;

/** Digits that a sum of floating-point values keeps; they are made exact before anything is added up. */
const DOUBLE_SUM_SCALE_DIGITS = 6;
/** Largest total of one person, in units of the last digit kept: a hundred billion persons still fit 128 bits. */
const MAX_TOTAL_UNITS = 1e27;
/** Most counts and sums of one aggregation; the loss is shared out among them, and this many drown in noise. */
const MAX_STATISTICS = 100;

/** Collects the statistics and released measures of one aggregation, each once. */
export class AggregationBuilder {
  readonly statistics: Statistic[] = [{ kind: 'persons' }];
  readonly measures: ReleasedMeasure[] = [];
  readonly relation: string;
  readonly #from: Extract<BoundFrom, { kind: 'protected' }>;
  readonly #question: QuestionScope;

  constructor(from: Extract<BoundFrom, { kind: 'protected' }>, question: QuestionScope, relation: string) {
    this.#from = from;
    this.#question = question;
    this.relation = relation;
  }

  /** Rows that one person can have in the joined rows, from what each owner declared. */
  get #rowsPerPerson(): number {
    return this.#from.tables.reduce((product, t) => product * t.view.rules.rowsPerPerson, 1);
  }

  /** The released column that stands for an aggregate call. */
  aggregate(node: Call): Expression {
    const filter = node.filter === null ? null : this.#filter(node.filter);
    if (node.name === 'count_star' || (node.name === 'count' && node.args.length === 0)) {
      return this.#count(node, { kind: 'rows', when: filter, upper: BigInt(this.#rowsPerPerson) }, 'count');
    }
    const [written, ...more] = node.args;
    if (written === undefined || more.length > 0) return this.#notPermitted(node);
    const of = bindExpression(written, { question: this.#question, relations: this.#from.relations });
    if (node.name === 'count')
      return node.distinct ? this.#countDistinct(node, of, filter) : this.#countValues(node, of, filter);
    if (node.distinct || !(PROTECTED_AGGREGATES as readonly string[]).includes(node.name))
      return this.#notPermitted(node);
    return this.#sumOrAverage(node, of, filter);
  }

  #filter(node: SyntaxExpression): Expression {
    const bound = condition(
      this.#question,
      bindExpression(node, { question: this.#question, relations: this.#from.relations }),
    );
    checkFilter(bound, this.#from.tables, this.#question);
    return bound;
  }

  #countDistinct(node: Call, of: Expression, filter: Expression | null): Expression {
    if (of.type.kind !== 'person') {
      if (of !== BROKEN)
        this.#notPermitted({ ...node, name: 'count(distinct …) of a column that is not the identity' });
      return BROKEN;
    }
    return this.#count(
      node,
      filter === null ? { kind: 'persons' } : { kind: 'persons-where', when: filter },
      'count-persons',
    );
  }

  #countValues(node: Call, of: Expression, filter: Expression | null): Expression {
    if (of.type.kind !== 'person') checkMeasure(of, this.#from.tables, this.#question);
    const present: Expression = { kind: 'is-null', arg: of, negated: true, type: { kind: 'boolean' }, at: node.at };
    // An identity is never missing, and its column is not the merchant's to test.
    const when = of.type.kind === 'person' ? filter : both(present, filter);
    return this.#count(node, { kind: 'rows', when, upper: BigInt(this.#rowsPerPerson) }, 'count');
  }

  #count(node: Call, statistic: Statistic, aggregate: 'count' | 'count-persons'): Expression {
    checkAggregate(aggregate, this.#from.tables, node.at, this.#question);
    return this.#released(
      { kind: 'count', statistic: this.#statistic(statistic, node.at) },
      { kind: 'integer' },
      node.at,
    );
  }

  #sumOrAverage(node: Call, of: Expression, filter: Expression | null): Expression {
    const name = node.name === 'sum' ? 'sum' : 'avg';
    if (of === BROKEN) return BROKEN;
    if (!isMeasurable(of.type) && !isNumber(of.type)) {
      const facts = { construct: name, found: typeInWords(of.type), expected: 'give it a number' };
      this.#question.violate('types-match', facts, of.at ?? node.at);
      return BROKEN;
    }
    checkMeasure(of, this.#from.tables, this.#question);
    checkAggregate(name, this.#from.tables, node.at, this.#question);
    const bounds = personBounds(of, this.#from.tables, this.#rowsPerPerson);
    const scale = scaleOf(of.type);
    if (bounds === null || !isUsable(bounds, scale)) {
      this.#question.violate('sum-is-bounded', { expression: name }, node.at);
      return BROKEN;
    }
    const lower = BigInt(Math.floor(bounds.low * 10 ** scale));
    const upper = BigInt(Math.ceil(bounds.high * 10 ** scale));
    const sum = this.#statistic({ kind: 'sum', of: whenOnly(of, filter), scale, lower, upper }, node.at);
    if (name === 'sum') {
      const type: ScalarType = scale === 0 ? { kind: 'integer' } : { kind: 'double' };
      return this.#released({ kind: 'sum', statistic: sum, scale }, type, node.at);
    }
    const present: Expression = { kind: 'is-null', arg: of, negated: true, type: { kind: 'boolean' }, at: node.at };
    const rows: Statistic = { kind: 'rows', when: both(present, filter), upper: BigInt(this.#rowsPerPerson) };
    const count = this.#statistic(rows, node.at);
    return this.#released({ kind: 'avg', sum, count, scale }, { kind: 'double' }, node.at);
  }

  #notPermitted(node: Call): Expression {
    const aggregates = ['count(*)', 'count(distinct identity)', 'sum', 'avg'];
    this.#question.violate('aggregate-is-permitted', { aggregate: node.name, aggregates }, node.at);
    return BROKEN;
  }

  /** The index of a statistic, added when it is new: asking twice for one number must not cost twice. */
  #statistic(statistic: Statistic, at: number | null): number {
    const text = canonicalText(statistic);
    const known = this.statistics.findIndex((s) => canonicalText(s) === text);
    if (known >= 0) return known;
    if (this.statistics.length < MAX_STATISTICS) return this.statistics.push(statistic) - 1;
    const instead = 'ask in several questions';
    this.#question.violate('syntax-is-known', { construct: `more than ${MAX_STATISTICS} aggregates`, instead }, at);
    return 0;
  }

  #released(measure: ReleasedMeasure, type: ScalarType, at: number | null): Expression {
    const text = canonicalText(measure);
    const known = this.measures.findIndex((m) => canonicalText(m) === text);
    const index = known >= 0 ? known : this.measures.push(measure) - 1;
    return { kind: 'column', relation: this.relation, column: measureColumn(index), type, at };
  }
}

function scaleOf(type: ScalarType): number {
  if (type.kind === 'decimal') return Math.min(type.scale, MAX_SCALE_DIGITS);
  return type.kind === 'double' ? DOUBLE_SUM_SCALE_DIGITS : 0;
}

/** Bounds that hold something and stay in the engine's 128 bits; no bound at all shows as one that is not finite. */
function isUsable(bounds: Bounds, scale: number): boolean {
  const largest = Math.max(Math.abs(bounds.low), Math.abs(bounds.high));
  return largest > 0 && largest * 10 ** scale <= MAX_TOTAL_UNITS;
}

function both(condition: Expression, filter: Expression | null): Expression {
  if (filter === null) return condition;
  return { kind: 'logic', operator: 'and', args: [filter, condition], type: { kind: 'boolean' }, at: condition.at };
}

/** FILTER as a value that is missing where the filter does not hold. */
function whenOnly(of: Expression, filter: Expression | null): Expression {
  if (filter === null) return of;
  return { kind: 'case', branches: [{ when: filter, result: of }], otherwise: null, type: of.type, at: of.at };
}
