import type { FunctionResult } from '../collaboration/function-view.ts';
import type { ColumnExpression, Expression } from '../plan/expression.ts';
import type { KeyValue } from '../plan/question-tree.ts';
import type { QuestionScope } from './question-scope.ts';

/** Numbers that a part of a date can be. */
const PART_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  quarter: [1, 4],
  month: [1, 12],
  week: [1, 53],
  day: [1, 31],
  dayofweek: [0, 6],
  dow: [0, 6],
  hour: [0, 23],
  minute: [0, 59],
  second: [0, 59],
};

/** Most values that are listed for one key; beyond it selection by noisy counts is cheaper than listing. */
const MAX_LISTED_VALUES = 1_000;

/**
 * Every value an expression can take, when that is known without looking at data; else `null`.
 *
 * A group that exists in any case needs no selection: it costs no delta, and no person makes it appear. Values are
 * known when the owner declared them, or when the question itself writes them, as the results of a CASE.
 */
export function publicValues(e: Expression, question: QuestionScope): readonly KeyValue[] | null {
  const values = valuesOf(e, question);
  if (values === null) return null;
  const distinct = [...new Set(values)];
  return distinct.length > MAX_LISTED_VALUES ? null : distinct;
}

function valuesOf(e: Expression, question: QuestionScope): readonly KeyValue[] | null {
  switch (e.kind) {
    case 'column':
      return columnValues(e, question);
    case 'literal':
      return literalValue(e);
    case 'is-null':
      return [true, false];
    case 'compare':
    case 'logic':
    case 'not':
    case 'in':
      return [true, false, null];
    case 'case': {
      const results = [...e.branches.map((b) => b.result), ...(e.otherwise ? [e.otherwise] : [])];
      return join([
        ...results.map((r) => (r.type.kind === e.type.kind || r.type.kind === 'null' ? valuesOf(r, question) : null)),
        e.otherwise ? [] : [null],
      ]);
    }
    case 'call':
      return callValues(e, question);
    case 'score':
      return scoreValues(e.returns);
    default:
      return null;
  }
}

function join(lists: readonly (readonly KeyValue[] | null)[]): readonly KeyValue[] | null {
  return lists.some((l) => l === null) ? null : lists.flatMap((l) => l ?? []);
}

function literalValue(e: Extract<Expression, { kind: 'literal' }>): readonly KeyValue[] | null {
  switch (e.value.type) {
    case 'null':
      return [null];
    case 'text':
    case 'integer':
    case 'boolean':
      return [e.value.value];
    default:
      return null;
  }
}

function columnValues(column: ColumnExpression, question: QuestionScope): readonly KeyValue[] | null {
  const source = question.source(column.relation);
  if (source === undefined) return null;
  const { input } = source;
  const name = column.column;
  const within = (values: readonly KeyValue[] | null): readonly KeyValue[] | null =>
    // A left join that finds nothing leaves NULL.
    values === null || source.how === 'inner' ? values : [...values, null];
  switch (input.kind) {
    case 'table':
    case 'public': {
      const { groupKeys } = input.view.rules;
      const declared = Object.hasOwn(groupKeys, name) ? (groupKeys[name]?.values ?? null) : null;
      return declared === null ? null : within(typed(declared, column.type.kind));
    }
    case 'rows': {
      const expression = input.columns.find((c) => c.name === name)?.expression;
      return expression ? within(valuesOf(expression, question)) : null;
    }
    case 'union': {
      const index = input.columns.findIndex((c) => c.name === name);
      return within(join(input.branches.map((b) => (b.values[index] ? valuesOf(b.values[index], question) : null))));
    }
    default: {
      const key = input.keys.find((k) => k.name === name);
      return key ? within(valuesOf(key.expression, question)) : null;
    }
  }
}

/** Owners declare values as text. */
function typed(values: readonly string[], kind: string): readonly KeyValue[] | null {
  if (kind === 'text') return values;
  if (kind === 'boolean')
    return values.every((v) => v === 'true' || v === 'false') ? values.map((v) => v === 'true') : null;
  if (kind !== 'integer') return null;
  return values.every((v) => /^-?\d{1,18}$/.test(v)) ? values.map((v) => BigInt(v)) : null;
}

function callValues(e: Extract<Expression, { kind: 'call' }>, question: QuestionScope): readonly KeyValue[] | null {
  const [first, second] = e.args;
  if (e.name === 'coalesce') return join(e.args.map((a) => valuesOf(a, question)));
  if (e.name === 'width_bucket') return bucketNumbers(e.args[3]);
  const part =
    e.name === 'date_part' && first?.kind === 'literal' && first.value.type === 'text' ? first.value.value : e.name;
  const isPart = e.name === 'date_part' ? second !== undefined : e.args.length === 1;
  const range = isPart && Object.hasOwn(PART_RANGES, part.toLowerCase()) ? PART_RANGES[part.toLowerCase()] : undefined;
  if (range === undefined) return null;
  const [low, high] = range;
  return [...Array.from({ length: high - low + 1 }, (_, index) => BigInt(low + index)), null];
}

/** What a scoring function can give is declared, and printed so that nothing else comes out of it. */
function scoreValues(returns: FunctionResult): readonly KeyValue[] | null {
  if (returns.kind === 'label') return [...returns.labels, null];
  const { scale, min, max } = returns;
  if (scale > 0 || max - min >= BigInt(MAX_LISTED_VALUES)) return null;
  return [...Array.from({ length: Number(max - min) + 1 }, (_, index) => min + BigInt(index)), null];
}

/** Below the first bucket is 0, beyond the last is one more than their number. */
function bucketNumbers(count: Expression | undefined): readonly KeyValue[] | null {
  if (count?.kind !== 'literal' || count.value.type !== 'integer') return null;
  const last = Number(count.value.value) + 1;
  return last > MAX_LISTED_VALUES ? null : [...Array.from({ length: last + 1 }, (_, index) => BigInt(index)), null];
}
