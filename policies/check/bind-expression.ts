import { isNumber, type ScalarType } from '../collaboration/table-view.ts';
import { assertNever, type Expression } from '../plan/expression.ts';
import { sizeOf } from '../plan/expression-size.ts';
import type { CastType, SyntaxExpression, SyntaxLiteral } from '../syntax/syntax-tree.ts';
import { isAggregateName } from './aggregate-names.ts';
import { asMoment } from './as-moment.ts';
import { bindScore } from './bind-score.ts';
import { isSurelyPresent } from './bound-rows.ts';
import { AUTO_CLAMP, commonType, FUNCTION_NAMES, signatureOf } from './functions.ts';
import { identityMisused } from './identity-misused.ts';
import { BROKEN, type QuestionScope, type ScopeRelation, typeInWords } from './question-scope.ts';

const BOOLEAN: ScalarType = { kind: 'boolean' };

/** What a merchant wrote where the grammar has a name of its own. */
const OPERATOR_WORDS: Readonly<Record<string, string>> = {
  '~~': 'like',
  '!~~': 'not like',
  '~~*': 'ilike',
  '!~~*': 'not ilike',
};

/** What other warehouses call the moment of the question. */
const CLOCKS = ['current_date', 'current_time', 'current_timestamp', 'now', 'today', 'getdate', 'sysdate'];
const CLOCK_INSTEAD =
  "write the day itself, as in `day >= date '2024-11-11'`: the same question then has the same answer";
const PATTERNS = ['regexp_full_match', 'regexp_matches', 'regexp_extract', 'regexp_replace', 'rlike'];

function insteadOf(name: string): { readonly instead?: string } {
  if (CLOCKS.includes(name)) return { instead: CLOCK_INSTEAD };
  if (PATTERNS.includes(name))
    return { instead: 'write LIKE, starts_with, ends_with or contains: a pattern can take endless time' };
  if (isAggregateName(name))
    return {
      instead:
        'an aggregate stands in the select list or in HAVING, not within a condition of rows or another aggregate',
    };
  return {};
}

/** Where names are looked up, and who may answer for a node before the usual rules do. */
export interface ExpressionScope {
  readonly question: QuestionScope;
  readonly relations: readonly ScopeRelation[];
  /** Asked first for every node: an aggregate or a group key answers here. */
  readonly answer?: (node: SyntaxExpression) => Expression | null;
}

/** Resolves names and types of one expression; notes what is wrong and goes on. */
export function bindExpression(node: SyntaxExpression, scope: ExpressionScope): Expression {
  scope.question.countParts(1);
  const answered = scope.answer?.(node);
  if (answered) return answered;
  const bind = (part: SyntaxExpression): Expression => bindExpression(part, scope);
  switch (node.kind) {
    case 'column':
      return bindColumn(node, scope);
    case 'literal':
      return { kind: 'literal', value: node.value, type: literalType(node.value), at: node.at };
    case 'call':
      return bindCall(node, scope, bind);
    case 'score':
      return bindScore(node, scope.question, bind);
    case 'compare': {
      const [left, right] = comparable(scope.question, bind(node.left), bind(node.right), node.operator, node.at);
      return { kind: 'compare', operator: node.operator, left, right, type: BOOLEAN, at: node.at };
    }
    case 'logic': {
      const args = node.args.map((a) => condition(scope.question, bind(a)));
      return { kind: 'logic', operator: node.operator, args, type: BOOLEAN, at: node.at };
    }
    case 'not':
      return { kind: 'not', arg: condition(scope.question, bind(node.arg)), type: BOOLEAN, at: node.at };
    case 'is-null':
      return bindIsNull(node, bind(node.arg));
    case 'in':
      return bindIn(node, scope, bind);
    case 'between':
      return bindExpression(betweenAsLogic(node), scope);
    case 'case':
      return bindCase(node, scope, bind);
    case 'cast':
      return bindCast(node, scope, bind(node.arg));
    case 'subquery':
    case 'window': {
      const construct = node.kind === 'window' ? 'window function here' : 'subquery here';
      const instead = 'use it in a SELECT over released groups, or IN and EXISTS over persons in WHERE';
      scope.question.violate('syntax-is-known', { construct, instead }, node.at);
      return BROKEN;
    }
    case 'star':
      scope.question.violate('syntax-is-known', { construct: '*', instead: 'name the columns' }, node.at);
      return BROKEN;
    default:
      return assertNever(node);
  }
}

function bindColumn(node: Extract<SyntaxExpression, { kind: 'column' }>, scope: ExpressionScope): Expression {
  const found = lookUp(node.path, scope.relations);
  // Identities in one scope are all joined to each other, so any is the person that is there on every row.
  const isClear = found.length < 2 || found.every((e) => e.type.kind === 'person');
  const first = found.find((e) => e.type.kind === 'person' && isSurelyPresent(e, scope.question)) ?? found[0];
  if (first !== undefined && isClear) {
    scope.question.countParts(sizeOf(first));
    return { ...first, at: node.at };
  }
  const columns = scope.relations.flatMap((r) => [...r.columns.keys()].map((c) => (r.name ? `${r.name}.${c}` : c)));
  const column = node.path.join('.');
  const instead = CLOCKS.includes(column) ? { instead: CLOCK_INSTEAD } : {};
  scope.question.violate('column-is-known', { column, columns, isAmbiguous: !isClear, ...instead }, node.at);
  return BROKEN;
}

/** All columns that a dotted name may mean. */
export function lookUp(path: readonly string[], relations: readonly ScopeRelation[]): readonly Expression[] {
  const column = path.at(-1) ?? '';
  const relation = path.at(-2);
  const schema = path.at(-3);
  return relations
    .filter((r) => path.length <= 3 && (relation === undefined || r.name === relation))
    .filter((r) => schema === undefined || r.schema === schema)
    .flatMap((r) => r.columns.get(column) ?? []);
}

function literalType(value: SyntaxLiteral): ScalarType {
  return value.type === 'decimal' ? { kind: 'decimal', scale: value.scale } : { kind: value.type };
}

/** An expression as a condition: anything but a boolean is a violation. */
export function condition(question: QuestionScope, e: Expression): Expression {
  if (e.type.kind === 'boolean' || e.type.kind === 'null') return e;
  const expected = 'write a condition, for example `column = value`';
  question.violate('types-match', { construct: 'condition', found: typeInWords(e.type), expected }, e.at);
  return BROKEN;
}

function bindCall(
  node: Extract<SyntaxExpression, { kind: 'call' }>,
  scope: ExpressionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  const { question } = scope;
  const args = node.args.map(bind);
  if (node.name === AUTO_CLAMP) return autoClampMisplaced(question, node.at);
  const signature = signatureOf(node.name);
  if (signature === null || node.distinct || node.filter !== null || node.orderBy.length > 0) {
    const facts = { function: node.name.replace('count_star', 'count'), functions: FUNCTION_NAMES };
    question.violate('function-is-permitted', { ...facts, ...insteadOf(node.name) }, node.at);
    return BROKEN;
  }
  if (args.some((a) => a.type.kind === 'person')) return identityMisused(question, args);
  // What is broken within is told; that the parts around it do not fit follows from it.
  if (args.includes(BROKEN)) return BROKEN;
  const type = signature(args);
  if (typeof type === 'string') {
    const found = args.map((a) => typeInWords(a.type)).join(' and ') || 'nothing';
    question.violate(
      'types-match',
      { construct: OPERATOR_WORDS[node.name] ?? node.name, found, expected: type },
      node.at,
    );
    return BROKEN;
  }
  return { kind: 'call', name: node.name, args, type, at: node.at };
}

/** Bounds are found for the value of one aggregate: elsewhere there is no mechanism that a price would be for. */
function autoClampMisplaced(question: QuestionScope, at: number | null): Expression {
  const instead = 'write sum(auto_clamp(number)), or avg, stddev, variance, median, min, max or a quantile of it';
  question.violate('syntax-is-known', { construct: 'auto_clamp here', instead }, at);
  return BROKEN;
}

/** Makes two sides comparable, or notes that they are not. Persons compare only with persons, in joins. */
function comparable(
  question: QuestionScope,
  left: Expression,
  right: Expression,
  construct: string,
  at: number | null,
): readonly [Expression, Expression] {
  const isJoin = left.type.kind === 'person' && right.type.kind === 'person' && construct === '=';
  if (isJoin) return [left, right];
  if (left.type.kind === 'person' || right.type.kind === 'person') {
    identityMisused(question, [left, right]);
    return [BROKEN, BROKEN];
  }
  const pair = [asMoment(left, right.type), asMoment(right, left.type)] as const;
  const [a, b] = [booleanAsNumber(pair[0], pair[1].type), booleanAsNumber(pair[1], pair[0].type)];
  if (commonType(a.type, b.type) === null) {
    const found = `${typeInWords(left.type)} and ${typeInWords(right.type)}`;
    question.violate('types-match', { construct, found, expected: 'compare values of one type' }, at);
  }
  return [a, b];
}

function booleanAsNumber(e: Expression, other: ScalarType): Expression {
  if (e.type.kind !== 'boolean' || !isNumber(other)) return e;
  return { kind: 'cast', arg: e, to: { type: 'integer' }, type: { kind: 'integer' }, at: e.at };
}

function bindIsNull(node: Extract<SyntaxExpression, { kind: 'is-null' }>, arg: Expression): Expression {
  // Whether a person is there at all is what a left join is for; who it is does not show in that.
  return { kind: 'is-null', arg, negated: node.negated, type: BOOLEAN, at: node.at };
}

function bindIn(
  node: Extract<SyntaxExpression, { kind: 'in' }>,
  scope: ExpressionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  const [arg = BROKEN, ...items] = inOneType([node.arg, ...node.list].map(bind));
  const list = items.map((item) => comparable(scope.question, arg, item, 'in', item.at ?? node.at)[1]);
  refuseMixed(scope.question, arg, list, node.at);
  return { kind: 'in', arg, list, negated: node.negated, type: BOOLEAN, at: node.at };
}

/** Quoted dates beside a date and truth values beside a number, wherever in the list they stand. */
function inOneType(parts: readonly Expression[]): readonly Expression[] {
  const moment = parts.find((p) => p.type.kind === 'date' || p.type.kind === 'timestamp')?.type;
  const number = parts.find((p) => isNumber(p.type))?.type;
  return parts.map((part) => {
    const dated = moment === undefined ? part : asMoment(part, moment);
    return number === undefined ? dated : booleanAsNumber(dated, number);
  });
}

/**
 * Refuses a list whose items fit what is looked for and not each other, as beside NULL, which fits everything.
 *
 * The engine gives all of them one type, and a text that is no number would be an error on the row of one person.
 */
function refuseMixed(question: QuestionScope, arg: Expression, list: readonly Expression[], at: number | null): void {
  let type = arg.type;
  for (const item of list) {
    if (commonType(arg.type, item.type) === null) return;
    const common = commonType(type, item.type);
    if (common === null) {
      const found = `${typeInWords(type)} and ${typeInWords(item.type)}`;
      question.violate(
        'types-match',
        { construct: 'in', found, expected: 'compare values of one type' },
        item.at ?? at,
      );
      return;
    }
    type = common;
  }
}

function betweenAsLogic(node: Extract<SyntaxExpression, { kind: 'between' }>): SyntaxExpression {
  const { arg, at } = node;
  return {
    kind: 'logic',
    operator: 'and',
    args: [
      { kind: 'compare', operator: '>=', left: arg, right: node.lower, at },
      { kind: 'compare', operator: '<=', left: arg, right: node.upper, at },
    ],
    at,
  };
}

function bindCase(
  node: Extract<SyntaxExpression, { kind: 'case' }>,
  scope: ExpressionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  const branches = node.branches.map((b) => ({
    when: condition(scope.question, bind(b.when)),
    result: bind(b.result),
  }));
  const otherwise = node.otherwise === null ? null : bind(node.otherwise);
  let type: ScalarType | null = { kind: 'null' };
  for (const result of [...branches.map((b) => b.result), ...(otherwise ? [otherwise] : [])]) {
    if (result.type.kind === 'person') return identityMisused(scope.question, [result]);
    type = type && commonType(type, result.type);
  }
  if (type === null) {
    const expected = 'give all branches one type';
    scope.question.violate('types-match', { construct: 'case', found: 'different types', expected }, node.at);
    return BROKEN;
  }
  return { kind: 'case', branches, otherwise, type, at: node.at };
}

function bindCast(
  node: Extract<SyntaxExpression, { kind: 'cast' }>,
  scope: ExpressionScope,
  arg: Expression,
): Expression {
  if (arg.type.kind === 'person') return identityMisused(scope.question, [arg]);
  return { kind: 'cast', arg, to: node.type, type: castType(node.type), at: node.at };
}

function castType(type: CastType): ScalarType {
  return type.type === 'decimal' ? { kind: 'decimal', scale: type.scale } : { kind: type.type };
}
