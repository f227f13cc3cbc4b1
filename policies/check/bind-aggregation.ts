import { canonicalText, type Expression } from '../plan/expression.ts';
import {
  type AggregateDraft,
  type GroupKey,
  INTERVAL_ENDINGS,
  keyColumn,
  type OuterSelect,
} from '../plan/question-tree.ts';
import type { SyntaxExpression, SyntaxItem, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate, isAggregateName } from './aggregate-names.ts';
import { AggregationBuilder } from './aggregation-builder.ts';
import { bindExpression, condition, lookUp } from './bind-expression.ts';
import { atPosition, distinctNames, resolveKey } from './bind-released.ts';
import { checkOuter } from './check-outer.ts';
import { checkGroupKey } from './permissions.ts';
import { type BoundFrom, BROKEN, type QuestionScope } from './question-scope.ts';
import { nameOf } from './select-items.ts';

type ProtectedFrom = Extract<BoundFrom, { kind: 'protected' }>;

/** What an aggregation weighs in the size of a question: each is a run of its own, with its share of the loss. */
const AGGREGATION_PARTS = 1_000;

/**
 * Splits an aggregation over protected rows in two: what the engine counts, and a query over the released counts.
 *
 * Everything above the counts (arithmetic, HAVING, ORDER BY, LIMIT) lands in the second half, where it is free.
 */
export function bindAggregation(select: SyntaxSelect, from: ProtectedFrom, question: QuestionScope): OuterSelect {
  question.countParts(AGGREGATION_PARTS);
  const index = question.aggregates.length;
  const keys = bindKeys(select, from, question);
  const builder = new AggregationBuilder(from, question, `r${index}`);
  const lift = new OutputLift(select, from, question, keys, builder);
  // ORDER BY 2 means the second column as written: the ends of intervals come after.
  const items = distinctNames(
    select.items.map((i) => [i.alias ?? nameOf(i.expression), lift.output(i.expression)] as const),
  );
  const outer: OuterSelect = {
    distinct: select.distinct,
    items: withIntervals(items),
    from: { kind: 'release', index, alias: `r${index}` },
    where: select.having === null ? null : condition(question, lift.output(select.having)),
    groupBy: [],
    having: null,
    orderBy: select.orderBy.map((o) => ({
      expression: atPosition(o.expression, items) ?? lift.output(o.expression),
      descending: o.descending,
      nulls: o.nulls,
    })),
    limit: select.limit,
    offset: select.offset,
  };
  const draft: AggregateDraft = {
    tables: from.tables,
    where: from.filters,
    keys: keys.map((k) => k.key),
    statistics: builder.statistics,
    measures: builder.measures,
  };
  question.aggregates.push(draft);
  checkOuter(outer, question);
  return outer;
}

interface BoundKey {
  readonly key: GroupKey;
  readonly text: string;
}

function bindKeys(select: SyntaxSelect, from: ProtectedFrom, question: QuestionScope): readonly BoundKey[] {
  const written =
    select.groupBy === 'all'
      ? select.items.map((i) => i.expression).filter((e) => !containsAggregate(e))
      : select.groupBy.map((key) => keyAsWritten(key, select, from, question));
  return written.map((node) => {
    const written = bindExpression(node, { question, relations: from.relations });
    checkGroupKey(written, from.tables, question);
    const expression = asText(written);
    const key = { expression, type: expression.type, values: publicValues(expression, from) };
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
  from: ProtectedFrom,
  question: QuestionScope,
): SyntaxExpression {
  const isColumn = key.kind === 'column' && lookUp(key.path, from.relations).length > 0;
  const aliased =
    key.kind === 'column' && key.path.length === 1 && !isColumn
      ? select.items.find((i) => i.alias === key.path[0])
      : undefined;
  return aliased?.expression ?? resolveKey(key, select, question);
}

/** The owner's public values, when the key is the column itself. */
function publicValues(key: Expression, from: ProtectedFrom): readonly string[] | null {
  if (key.kind !== 'column') return null;
  const groupKeys = from.tables.find((t) => t.ref === key.relation)?.view.rules.groupKeys ?? {};
  return Object.hasOwn(groupKeys, key.column) ? (groupKeys[key.column]?.values ?? null) : null;
}

/** Rewrites output expressions over protected columns into expressions over released ones. */
class OutputLift {
  readonly #select: SyntaxSelect;
  readonly #from: ProtectedFrom;
  readonly #question: QuestionScope;
  readonly #keys: readonly BoundKey[];
  readonly #builder: AggregationBuilder;
  readonly #resolving = new Set<SyntaxItem>();

  constructor(
    select: SyntaxSelect,
    from: ProtectedFrom,
    question: QuestionScope,
    keys: readonly BoundKey[],
    builder: AggregationBuilder,
  ) {
    this.#select = select;
    this.#from = from;
    this.#question = question;
    this.#keys = keys;
    this.#builder = builder;
  }

  /** The expression over the release; what is neither aggregated nor a key is a violation. */
  output(node: SyntaxExpression): Expression {
    const scope = { question: this.#question, relations: this.#from.relations };
    return bindExpression(node, { ...scope, answer: (part) => this.#answer(part) });
  }

  #answer(node: SyntaxExpression): Expression | null {
    if (node.kind === 'call' && isAggregateName(node.name)) return this.#builder.aggregate(node);
    const key = this.#asKey(node);
    if (key !== null) return key;
    if (node.kind === 'star') return this.#notAggregated('*', node.at);
    if (node.kind !== 'column') return null;
    const found = lookUp(node.path, this.#from.relations);
    if (found.length > 0) return this.#notAggregated(node.path.join('.'), node.at);
    return this.#aliased(node.path);
  }

  /** A name given in the select list; a name that stands for itself stands for nothing. */
  #aliased(path: readonly string[]): Expression | null {
    const item = this.#select.items.find((i) => path.length === 1 && i.alias === path[0]);
    if (item === undefined || this.#resolving.has(item)) return null;
    this.#resolving.add(item);
    const resolved = this.output(item.expression);
    this.#resolving.delete(item);
    return resolved;
  }

  #asKey(node: SyntaxExpression): Expression | null {
    if (this.#keys.length === 0 || node.kind === 'literal' || containsAggregate(node)) return null;
    const text = this.#quietText(node);
    const index = this.#keys.findIndex((k) => k.text === text);
    const key = this.#keys[index]?.key;
    if (key === undefined) return null;
    return { kind: 'column', relation: this.#builder.relation, column: keyColumn(index), type: key.type, at: node.at };
  }

  /** Binds to compare with the keys only: what is wrong in it is told where it is bound for good. */
  #quietText(node: SyntaxExpression): string | null {
    const before = this.#question.violations.length;
    const bound = bindExpression(node, { question: this.#question, relations: this.#from.relations });
    const isBroken = this.#question.violations.length > before;
    this.#question.violations.length = before;
    return isBroken ? null : canonicalText(bound);
  }

  #notAggregated(column: string, at: number | null): Expression {
    const groupKeys = this.#from.tables.flatMap((t) => Object.keys(t.view.rules.groupKeys));
    this.#question.violate('output-is-aggregated', { column, groupKeys }, at);
    return BROKEN;
  }
}

/** Puts the ends of its 95 % interval after each column that is a released measure as it is. */
function withIntervals(items: OuterSelect['items']): OuterSelect['items'] {
  return distinctNames(
    items.flatMap(({ name, expression }) => {
      const isMeasure = expression.kind === 'column' && expression.column.startsWith('m');
      if (!isMeasure) return [[name, expression] as const];
      const end = (ending: string): readonly [string, Expression] => [
        `${name}${ending}`,
        { ...expression, column: `${expression.column}${ending}` },
      ];
      return [[name, expression] as const, end(INTERVAL_ENDINGS.low), end(INTERVAL_ENDINGS.high)];
    }),
  );
}
