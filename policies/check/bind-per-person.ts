import type { ScalarType } from '../collaboration/table-view.ts';
import { canonicalText, type Expression } from '../plan/expression.ts';
import { type NamedExpression, PERSON_COLUMN, type PersonAggregate } from '../plan/protected-rows.ts';
import type { SyntaxCall, SyntaxExpression, SyntaxItem, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate, isAggregateName } from './aggregate-names.ts';
import { bindExpression, condition, lookUp } from './bind-expression.ts';
import { finishedRows, isSurelyPresent, rowsOf, withPerson } from './bound-rows.ts';
import { checkFilter } from './permissions.ts';
import { personAggregate, refuseSpan } from './person-aggregate.ts';
import { type BoundQuery, type BoundRows, BROKEN, type QuestionScope } from './question-scope.ts';
import { firstPlace, type RowBinding, refuseOrder } from './row-binding.ts';
import { nameOf } from './select-items.ts';

/** Whether a SELECT makes rows of persons out of rows of persons: it groups by an identity, or is DISTINCT with one. */
export function isPerPerson(select: SyntaxSelect, from: BoundRows): boolean {
  return keysOf(select, from).some((key) => isIdentity(key, from));
}

function isIdentity(node: SyntaxExpression, from: BoundRows): boolean {
  return node.kind === 'column' && lookUp(node.path, from.relations)[0]?.type.kind === 'person';
}

/** The keys as written, aliases and positions resolved. */
function keysOf(select: SyntaxSelect, from: BoundRows): readonly SyntaxExpression[] {
  const shown = itemsOf(select, from).map((i) => i.expression);
  if (select.groupBy === 'all') return shown.filter((e) => !containsAggregate(e));
  if (select.groupBy.length > 0) return select.groupBy.map((key) => keyAsWritten(key, select, from));
  const isGrouped = select.having !== null || shown.some(containsAggregate);
  return select.distinct && !isGrouped ? shown : [];
}

/** The select list with every `*` written out: its columns are keys of DISTINCT like any other. */
function itemsOf(select: SyntaxSelect, from: BoundRows): readonly SyntaxItem[] {
  return select.items.flatMap((item): readonly SyntaxItem[] => {
    const { expression } = item;
    if (expression.kind !== 'star') return [item];
    const relations = from.relations.filter((r) => expression.relation === null || r.name === expression.relation);
    return relations.flatMap(({ name, columns }) =>
      [...columns.keys()].map((column) => {
        const path = name === null ? [column] : [name, column];
        return { alias: null, expression: { kind: 'column', path, at: expression.at } };
      }),
    );
  });
}

function keyAsWritten(key: SyntaxExpression, select: SyntaxSelect, from: BoundRows): SyntaxExpression {
  if (key.kind === 'literal' && key.value.type === 'integer') {
    return select.items[Number(key.value.value) - 1]?.expression ?? key;
  }
  const isName = key.kind === 'column' && key.path.length === 1 && lookUp(key.path, from.relations).length === 0;
  return (isName ? select.items.find((i) => i.alias === key.path[0])?.expression : undefined) ?? key;
}

/**
 * Resolves a query grouped by the person: its rows are persons again, for a query around it to count.
 *
 * Nothing here leaves: what is computed for a person is exact, and only aggregates over persons get noise and go out.
 */
export function bindPerPerson(select: SyntaxSelect, from: BoundRows, binding: RowBinding): BoundQuery {
  const { question } = binding;
  refuseOrder({ ...select, distinct: false }, question);
  if (select.groupingSets !== null) {
    const instead = 'group by the person alone here, and use grouping sets in the query around it';
    question.violate('syntax-is-known', { construct: 'GROUPING SETS of persons', instead }, firstPlace(select));
  }
  const lift = new PersonLift(select, from, binding);
  const columns = new Map<string, Expression>();
  for (const { alias, expression } of itemsOf(select, from)) {
    const name = alias ?? nameOf(expression);
    const bound = lift.output(expression);
    if (!columns.has(name)) columns.set(name, bound);
  }
  const having = select.having === null ? [] : [condition(question, lift.output(select.having))];
  const source = question.setInput(lift.ref, {
    kind: 'per-person',
    rows: finishedRows(lift.found),
    keys: lift.keys,
    values: lift.values,
  });
  for (const filter of having) checkFilter(filter, question);
  return { kind: 'rows', from: { ...rowsOf(source, []), filters: having }, columns };
}

/** Rewrites expressions over a person's rows into expressions over what the grouping leaves of them. */
class PersonLift {
  readonly ref: string;
  /** The rows that are grouped: those on which a person is named. */
  readonly found: BoundRows;
  readonly keys: readonly NamedExpression[];
  readonly values: { name: string; aggregate: PersonAggregate }[] = [];
  readonly #select: SyntaxSelect;
  readonly #from: BoundRows;
  readonly #question: QuestionScope;
  readonly #bind: RowBinding['bind'];
  readonly #resolving = new Set<SyntaxExpression>();

  constructor(select: SyntaxSelect, from: BoundRows, { question, bind }: RowBinding) {
    this.#select = select;
    this.#from = from;
    this.#question = question;
    this.#bind = bind;
    this.ref = question.reserveSource();
    const written = keysOf(select, from);
    const persons = written.filter((key) => isIdentity(key, from)).map((key) => bind(key));
    // A side of a left join names its person on some rows only: beside the person of the rows it is a key of its own.
    const isOwn = persons.some((p) => isSurelyPresent(p, question));
    const [only, ...more] = persons;
    this.found = isOwn || only === undefined || more.length > 0 ? from : withPerson(from, only, question);
    if (!isOwn && more.length > 0) this.#refusePersons(firstPlace(select));
    const doubtful = isOwn ? persons.filter((p) => !isSurelyPresent(p, question)) : [];
    const others = written.filter((key) => !isIdentity(key, from)).map((key) => bind(key));
    for (const key of others) {
      refuseSpan(key, 'GROUP BY', question);
      // How many rows a person has tells how many values the key takes, whether anything reads it or not.
      checkFilter(key, question);
    }
    this.keys = [...others, ...doubtful].map((expression, index) => ({ name: `k${index}`, expression }));
  }

  /** The expression over the grouped rows; what is neither aggregated nor a key is a violation. */
  output(node: SyntaxExpression): Expression {
    return bindExpression(node, {
      question: this.#question,
      relations: this.#from.relations,
      answer: (part) => this.#answer(part),
    });
  }

  #answer(node: SyntaxExpression): Expression | null {
    if (isIdentity(node, this.#from))
      return this.#asKey(node) ?? this.#column(PERSON_COLUMN, { kind: 'person' }, node.at);
    if (node.kind === 'call' && isAggregateName(node.name)) return this.#aggregate(node);
    const key = this.#asKey(node);
    if (key !== null) return key;
    if (node.kind === 'subquery' || node.kind === 'window') return this.#outOfPlace(node);
    if (node.kind !== 'column') return null;
    if (lookUp(node.path, this.#from.relations).length > 0) return this.#notGrouped(node);
    return this.#aliased(node.path);
  }

  #aggregate(node: SyntaxCall): Expression {
    const aggregate = personAggregate(node, this.#question, this.#bind);
    if (aggregate === null) return BROKEN;
    const text = canonicalText(aggregate);
    const known = this.values.findIndex((v) => canonicalText(v.aggregate) === text);
    const index = known >= 0 ? known : this.values.push({ name: `v${this.values.length}`, aggregate }) - 1;
    return this.#column(`v${index}`, aggregate.type, node.at);
  }

  #asKey(node: SyntaxExpression): Expression | null {
    if (this.keys.length === 0 || node.kind === 'literal' || containsAggregate(node)) return null;
    const text = this.#question.quietly(() => canonicalText(this.#bind(node)), this.#from.attached);
    const key = this.keys.find((k) => canonicalText(k.expression) === text);
    return key === undefined ? null : this.#column(key.name, key.expression.type, node.at);
  }

  #aliased(path: readonly string[]): Expression | null {
    const item = this.#select.items.find((i) => path.length === 1 && i.alias === path[0])?.expression;
    if (item === undefined || this.#resolving.has(item)) return null;
    this.#resolving.add(item);
    const resolved = this.output(item);
    this.#resolving.delete(item);
    return resolved;
  }

  #refusePersons(at: number | null): void {
    const construct = 'GROUP BY several identities that LEFT JOIN may have left out';
    this.#question.violate(
      'syntax-is-known',
      { construct, instead: 'group by the identity of the table that keeps its rows' },
      at,
    );
  }

  #outOfPlace(node: SyntaxExpression): Expression {
    const instead = 'put it into WHERE, into an aggregate, or into the query around this one';
    this.#question.violate(
      'syntax-is-known',
      { construct: 'subquery or window beside grouped persons', instead },
      node.at,
    );
    return BROKEN;
  }

  #column(column: string, type: ScalarType, at: number | null): Expression {
    return { kind: 'column', relation: this.ref, column, type, at };
  }

  #notGrouped(node: Extract<SyntaxExpression, { kind: 'column' }>): Expression {
    const facts = { column: node.path.join('.'), groupKeys: [] };
    this.#question.violate('output-is-aggregated', facts, node.at);
    return BROKEN;
  }
}
