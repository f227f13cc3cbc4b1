import type { ScalarType, TableView } from '../collaboration/table-view.ts';
import { isMeasurable, isNumber } from '../collaboration/table-view.ts';
import { canonicalText, type Expression } from '../plan/expression.ts';
import { valueBins } from '../plan/fit-bins.ts';
import {
  type GroupKey,
  measureColumn,
  type ReleasedMeasure,
  type Statistic,
  type UnitBounds,
} from '../plan/question-tree.ts';
import { squaresOf } from '../plan/squares-of.ts';
import { rowsPerPerson, rowsPerPersonInGroup } from '../plan/stability.ts';
import { tablesIn } from '../plan/walk-rows.ts';
import type { PermittableAggregate } from '../rules/rules.ts';
import type { SyntaxCall, SyntaxExpression } from '../syntax/syntax-tree.ts';
import { PROTECTED_AGGREGATES } from './aggregate-names.ts';
import { condition } from './bind-expression.ts';
import { isPresent, isSurelyPresent } from './bound-rows.ts';
import { AUTO_CLAMP, constantOf } from './functions.ts';
import { fractionOf } from './linear-form.ts';
import { declaredWithin } from './measure-bounds.ts';
import {
  type MeasuredValue,
  measuredValue,
  rankOf,
  SPREAD_FORMS,
  takesRank,
  type UnboundedValue,
  unboundedValue,
} from './measured-value.ts';
import { checkAggregate, checkFilter, checkMeasure } from './permissions.ts';
import { type BoundRows, BROKEN, type QuestionScope, typeInWords } from './question-scope.ts';

/** Most counts and sums of one aggregation; the loss is shared out among them, and this many drown in noise. */
const MAX_STATISTICS = 100;

const BOOLEAN: ScalarType = { kind: 'boolean' };
const DOUBLE: ScalarType = { kind: 'double' };

/** Always counted: whether a group is shown depends on its persons. */
const PERSONS: Statistic = { kind: 'persons' };
/** What an aggregate is asked of. */
interface AskedValue {
  readonly of: Expression;
  readonly filter: Expression | null;
  readonly parameters: readonly SyntaxExpression[];
  /** Its bounds are to be found. */
  readonly isFound: boolean;
}

/** A number that is bounded on each row. */
type RowValue = MeasuredValue & { readonly row: UnitBounds };

/** Collects the statistics and released measures of one aggregation, each once. */
export class AggregationBuilder {
  readonly statistics: Statistic[] = [PERSONS];
  readonly measures: ReleasedMeasure[] = [];
  readonly relation: string;
  /** Places of statistics by their text. */
  readonly #indexes = new Map([[canonicalText(PERSONS), 0]]);
  readonly #views: readonly TableView[];
  readonly #rowsPerPerson: number;
  readonly #rowsInGroup: number;
  readonly #question: QuestionScope;
  readonly #bind: (node: SyntaxExpression) => Expression;

  constructor(
    from: BoundRows,
    question: QuestionScope,
    place: {
      readonly relation: string;
      readonly bind: (node: SyntaxExpression) => Expression;
      readonly keys: readonly GroupKey[];
    },
  ) {
    this.#views = [...new Set(tablesIn(from).map((t) => t.view))];
    this.#rowsPerPerson = rowsPerPerson(from);
    this.#rowsInGroup = rowsPerPersonInGroup(from, place.keys);
    this.#question = question;
    this.#bind = place.bind;
    this.relation = place.relation;
  }

  /** The released column that stands for an aggregate call. */
  aggregate(node: SyntaxCall): Expression {
    const isKnown = (PROTECTED_AGGREGATES as readonly string[]).includes(node.name);
    if (!isKnown) return this.#notPermitted(node, node.name);
    const filter = node.filter === null ? null : this.#filter(node.filter);
    if (node.name === 'count_star' || (node.name === 'count' && node.args.length === 0)) {
      return this.#count(node, this.#rows(filter), 'count');
    }
    const [written, ...parameters] = node.args;
    const isRanked = parameters.length === 1 && takesRank(node.name);
    if (written === undefined || (parameters.length > 0 && !isRanked)) return this.#notPermitted(node, node.name);
    if (node.name === 'count_if') return this.#count(node, this.#rows(both(this.#filter(written), filter)), 'count');
    const clamped = takesBounds(node) ? autoClamped(written) : null;
    const of = this.#bind(clamped ?? written);
    if (of === BROKEN) return BROKEN;
    return this.#ofValue(node, { of, filter, parameters, isFound: clamped !== null });
  }

  /** A ratio of released sums as one released column with an interval; `null` when the expression is none. */
  ratio(e: Expression): Expression | null {
    const measureOf = (column: Expression): ReleasedMeasure | null =>
      column.kind === 'column' && column.relation === this.relation
        ? (this.measures.find((_, index) => measureColumn(index) === column.column) ?? null)
        : null;
    const fraction = e.kind === 'call' ? fractionOf(e, measureOf) : null;
    if (fraction === null || fraction.denominator === null) return null;
    const { numerator, denominator } = fraction;
    return this.#released({ kind: 'ratio', numerator, denominator }, DOUBLE, e.at);
  }

  #ofValue(node: SyntaxCall, value: AskedValue): Expression {
    const { of, filter } = value;
    switch (node.name) {
      case 'count':
        return node.distinct ? this.#countDistinct(node, of, filter) : this.#countValues(node, of, filter);
      case 'approx_count_distinct':
        return this.#countDistinct(node, of, filter);
      case 'sum':
      case 'avg':
      case 'mean':
        return this.#sumOrAverage(node, value);
      default:
        return this.#spreadOrQuantile(node, value);
    }
  }

  #filter(node: SyntaxExpression): Expression {
    const bound = condition(this.#question, this.#bind(node));
    checkFilter(bound, this.#question);
    return bound;
  }

  /** Rows of a person in a group are no more than follows from what is declared: noise for more would be for nothing. */
  #rows(when: Expression | null): Statistic {
    return { kind: 'rows', when, upper: BigInt(this.#rowsInGroup) };
  }

  #countDistinct(node: SyntaxCall, of: Expression, filter: Expression | null): Expression {
    if (of.type.kind === 'person') {
      const when = this.#presence(of, filter);
      const statistic: Statistic = when === null ? { kind: 'persons' } : { kind: 'persons-where', when };
      return this.#count(node, statistic, 'count-persons');
    }
    checkMeasure(of, this.#question);
    const upper = BigInt(this.#rowsPerPerson);
    return this.#count(node, { kind: 'distinct', of: whenOnly(of, filter), upper }, 'count-distinct');
  }

  #countValues(node: SyntaxCall, of: Expression, filter: Expression | null): Expression {
    if (of.type.kind === 'person') return this.#count(node, this.#rows(this.#presence(of, filter)), 'count');
    checkMeasure(of, this.#question);
    return this.#count(node, this.#rows(both(isPresent(of), filter)), 'count');
  }

  /** Rows where a person is named: all but those that a left join found nothing for. */
  #presence(person: Expression, filter: Expression | null): Expression | null {
    return isSurelyPresent(person, this.#question) ? filter : both(isPresent(person), filter);
  }

  #count(node: SyntaxCall, statistic: Statistic, aggregate: PermittableAggregate): Expression {
    checkAggregate(aggregate, this.#views, node.at, this.#question);
    return this.#released(
      { kind: 'count', statistic: this.#statistic(statistic, node.at) },
      { kind: 'integer' },
      node.at,
    );
  }

  #sumOrAverage(node: SyntaxCall, asked: AskedValue): Expression {
    const { of, filter } = asked;
    const name = node.name === 'sum' ? 'sum' : 'avg';
    const value = this.#measured(node, asked, name);
    if (value === null) return BROKEN;
    checkAggregate(name, this.#views, node.at, this.#question);
    const sum = this.#sum(value, filter, node.at);
    if (name === 'sum') {
      const type: ScalarType = value.scale === 0 ? { kind: 'integer' } : DOUBLE;
      return this.#released({ kind: 'sum', statistic: sum, scale: value.scale }, type, node.at);
    }
    const rows = this.#statistic(this.#rows(both(isPresent(of), filter)), node.at);
    const numerator = [{ statistic: sum, factor: 10 ** -value.scale }];
    return this.#released({ kind: 'ratio', numerator, denominator: [{ statistic: rows, factor: 1 }] }, DOUBLE, node.at);
  }

  #sum(value: MeasuredValue | UnboundedValue, filter: Expression | null, at: number | null): number {
    if ('rows' in value) return this.#unbounded('sum', value, { filter, at });
    const { of, scale, row, total } = value;
    return this.#statistic({ kind: 'sum', of: whenOnly(of, filter), scale, row, ...total }, at);
  }

  /** A statistic of a value whose bounds are found before it is counted. */
  #unbounded(
    form: Extract<Statistic, { kind: 'unbounded' }>['form'],
    { of, scale, rows }: UnboundedValue,
    { filter, at }: { readonly filter: Expression | null; readonly at: number | null },
  ): number {
    return this.#statistic({ kind: 'unbounded', form, of: whenOnly(of, filter), scale, rows }, at);
  }

  #spreadOrQuantile(node: SyntaxCall, asked: AskedValue): Expression {
    const { of, filter, parameters } = asked;
    const form = SPREAD_FORMS[node.name];
    const aggregate = form === undefined ? 'quantile' : 'variance';
    const value = this.#measured(node, asked, node.name);
    if (value === null) return BROKEN;
    checkAggregate(aggregate, this.#views, node.at, this.#question);
    const known = 'rows' in value ? value : value.row === null ? null : { ...value, row: value.row };
    if (known === null) {
      const facts = { expression: node.name, ...declaredWithin(of, this.#question) };
      this.#question.violate('sum-is-bounded', facts, node.at);
      return BROKEN;
    }
    if (form !== undefined) return this.#spread(node, known, { form, filter });
    const rank = rankOf(
      node.name,
      parameters.map((p) => constantOf(this.#bind(p))),
    );
    if (rank === null) {
      const expected = `write ${node.name}(number, share) with a share from 0 to 1`;
      this.#question.violate('types-match', { construct: node.name, found: 'this share', expected }, node.at);
      return BROKEN;
    }
    const statistic = this.#histogram(known, filter, node.at);
    const type = of.type.kind === 'integer' ? of.type : DOUBLE;
    return this.#released({ kind: 'quantile', statistic, rank, type }, type, node.at);
  }

  #histogram(value: RowValue | UnboundedValue, filter: Expression | null, at: number | null): number {
    if ('rows' in value) return this.#unbounded('histogram', value, { filter, at });
    const upper = BigInt(this.#rowsInGroup);
    const bins = valueBins(value.row, value.scale);
    return this.#statistic({ kind: 'histogram', of: whenOnly(value.of, filter), bins, upper }, at);
  }

  #spread(
    node: SyntaxCall,
    value: RowValue | UnboundedValue,
    { form, filter }: { form: Extract<ReleasedMeasure, { kind: 'spread' }>['form']; filter: Expression | null },
  ): Expression {
    const { of, scale } = value;
    const rows = this.#statistic(this.#rows(both(isPresent(of), filter)), node.at);
    const sum = this.#sum(value, filter, node.at);
    if ('rows' in value) {
      const squares = this.#unbounded('squares', value, { filter, at: node.at });
      // The centre follows from the bounds, and is filled in with them.
      return this.#released({ kind: 'spread', form, rows, sum, squares, scale, centre: 0n }, DOUBLE, node.at);
    }
    const squared = squaresOf(whenOnly(of, filter), { scale, row: value.row }, BigInt(this.#rowsPerPerson));
    const squares = this.#statistic(squared, node.at);
    return this.#released({ kind: 'spread', form, rows, sum, squares, scale, centre: squared.centre }, DOUBLE, node.at);
  }

  /**
   * A number with its bounds, or to be bounded; `null`, with the violation noted, when it is none or nothing bounds it.
   */
  #measured(node: SyntaxCall, { of, isFound }: AskedValue, name: string): MeasuredValue | UnboundedValue | null {
    if (node.distinct) {
      this.#notPermitted(node, `${name}(distinct …)`);
      return null;
    }
    if (of.type.kind === 'person') {
      const column = of.kind === 'column' ? this.#question.writtenName(of) : 'identity';
      this.#question.violate('identity-stays-inside', { column }, of.at ?? node.at);
      return null;
    }
    if (!isMeasurable(of.type) && !isNumber(of.type)) {
      const isExtreme = name === 'min' || name === 'max';
      const expected = isExtreme
        ? 'give it a number; for the first or last text or day, group by it, and order and limit the released groups'
        : 'give it a number';
      const facts = { construct: name, found: typeInWords(of.type), expected };
      this.#question.violate('types-match', facts, of.at ?? node.at);
      return null;
    }
    checkMeasure(of, this.#question);
    const rows = this.#rowsPerPerson;
    const value = isFound ? unboundedValue(of, rows) : measuredValue(of, this.#rowsInGroup, this.#question);
    if (value === null) {
      this.#question.violate('sum-is-bounded', { expression: name, ...declaredWithin(of, this.#question) }, node.at);
    }
    return value;
  }

  #notPermitted(node: SyntaxCall, aggregate: string): Expression {
    const aggregates = ['count', 'count(distinct …)', 'sum', 'avg', 'stddev', 'median', 'quantile_cont'];
    this.#question.violate('aggregate-is-permitted', { aggregate, aggregates }, node.at);
    return BROKEN;
  }

  /** The index of a statistic, added when it is new: asking twice for one number must not cost twice. */
  #statistic(statistic: Statistic, at: number | null): number {
    const text = canonicalText(statistic);
    const known = this.#indexes.get(text);
    if (known !== undefined) return known;
    if (this.statistics.length < MAX_STATISTICS) {
      this.#indexes.set(text, this.statistics.length);
      return this.statistics.push(statistic) - 1;
    }
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

/** Whether the value of an aggregate is one that bounds matter to: a count of it is the same however it is clamped. */
function takesBounds({ name }: SyntaxCall): boolean {
  return name !== 'count' && name !== 'approx_count_distinct';
}

/** What stands within auto_clamp(…); `null` for anything else, and for calls that are not right. */
function autoClamped(written: SyntaxExpression): SyntaxExpression | null {
  if (written.kind !== 'call' || written.name !== AUTO_CLAMP) return null;
  const isPlain = !written.distinct && written.filter === null && written.orderBy.length === 0;
  return isPlain && written.args.length === 1 ? (written.args[0] ?? null) : null;
}

function both(condition: Expression, filter: Expression | null): Expression {
  if (filter === null) return condition;
  return { kind: 'logic', operator: 'and', args: [filter, condition], type: BOOLEAN, at: condition.at };
}

/** FILTER as a value that is missing where the filter does not hold. */
function whenOnly(of: Expression, filter: Expression | null): Expression {
  if (filter === null) return of;
  return { kind: 'case', branches: [{ when: filter, result: of }], otherwise: null, type: of.type, at: of.at };
}
