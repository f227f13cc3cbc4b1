import { canonicalText, type Expression } from '../plan/expression.ts';
import { keyColumn } from '../plan/question-tree.ts';
import { tablesIn } from '../plan/walk-rows.ts';
import type { SyntaxCall, SyntaxExpression, SyntaxItem, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate, containsWindow, isAggregateName } from './aggregate-names.ts';
import type { AggregationBuilder } from './aggregation-builder.ts';
import { lookUp } from './bind-expression.ts';
import type { ReleasedWorld } from './bind-released.ts';
import { bindReleasedExpression } from './bind-released-expression.ts';
import { viewsIn } from './column-origin.ts';
import type { BoundKey } from './group-keys.ts';
import { type BoundRows, BROKEN, type QuestionScope } from './question-scope.ts';
import type { RowBinding } from './row-binding.ts';

/** The parts of an aggregation that its output is made of. */
interface LiftedParts {
  readonly keys: readonly BoundKey[];
  /** Indexes of the keys that are grouped by; the others are NULL. */
  readonly active: readonly number[];
  readonly builder: AggregationBuilder;
}

/** Rewrites output expressions over protected columns into expressions over released ones. */
export class OutputLift {
  readonly #select: SyntaxSelect;
  readonly #from: BoundRows;
  readonly #question: QuestionScope;
  readonly #bind: RowBinding['bind'];
  readonly #world: ReleasedWorld;
  readonly #keys: readonly BoundKey[];
  readonly #active: readonly number[];
  readonly #builder: AggregationBuilder;
  readonly #resolving = new Set<SyntaxItem>();

  constructor(
    select: SyntaxSelect,
    from: BoundRows,
    { question, bind, world }: RowBinding & { readonly world: ReleasedWorld },
    { keys, active, builder }: LiftedParts,
  ) {
    this.#select = select;
    this.#from = from;
    this.#question = question;
    this.#bind = bind;
    this.#world = world;
    this.#keys = keys;
    this.#active = active;
    this.#builder = builder;
  }

  /** The expression over the release; what is neither aggregated nor a key is a violation. */
  output(node: SyntaxExpression): Expression {
    const scope = { ...this.#world, relations: this.#from.relations };
    const bound = bindReleasedExpression(node, { ...scope, answer: (part) => this.#answer(part) });
    return this.#builder.ratio(bound) ?? bound;
  }

  #answer(node: SyntaxExpression): Expression | null {
    if (node.kind === 'call' && node.name === 'grouping') return this.#grouping(node);
    if (node.kind === 'call' && isAggregateName(node.name)) return this.#builder.aggregate(node);
    if (node.kind === 'window') return null;
    const key = this.#asKey(node);
    if (key !== null) return key;
    if (node.kind === 'star') return this.#notAggregated('*', node.at);
    if (node.kind !== 'column') return null;
    const found = lookUp(node.path, this.#from.relations);
    if (found.length > 0) return this.#notAggregated(node.path.join('.'), node.at, found);
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
    if (this.#keys.length === 0 || node.kind === 'literal' || containsAggregate(node) || containsWindow(node))
      return null;
    const index = this.#keyIndex(node);
    const key = this.#keys[index]?.key;
    if (key === undefined) return null;
    const place = this.#active.indexOf(index);
    if (place < 0) return { kind: 'literal', value: { type: 'null' }, type: key.type, at: node.at };
    return { kind: 'column', relation: this.#builder.relation, column: keyColumn(place), type: key.type, at: node.at };
  }

  /** Resolves to compare with the keys only: what is wrong in it is told where it is resolved for good. */
  #keyIndex(node: SyntaxExpression): number {
    const text = this.#question.quietly(() => canonicalText(this.#bind(node)), this.#from.attached);
    return text === null ? -1 : this.#keys.findIndex((k) => k.text === text);
  }

  /** GROUPING(a, b): a bit for each key, set where this grouping set leaves it out. */
  #grouping(node: SyntaxCall): Expression {
    let bits = 0n;
    for (const arg of node.args) {
      const index = this.#keyIndex(arg);
      if (index < 0) return this.#notAggregated('grouping', arg.at ?? node.at);
      bits = bits * 2n + (this.#active.includes(index) ? 0n : 1n);
    }
    return { kind: 'literal', value: { type: 'integer', value: bits }, type: { kind: 'integer' }, at: node.at };
  }

  #notAggregated(column: string, at: number | null, found: readonly Expression[] = []): Expression {
    const groupKeys = tablesIn(this.#from).flatMap((t) => Object.keys(t.view.rules.groupKeys));
    const [view] = found.flatMap((e) => viewsIn(e, this.#question));
    this.#question.violate('output-is-aggregated', { column, groupKeys }, at, { owner: view?.member ?? null });
    return BROKEN;
  }
}
