import type { FunctionParameter, FunctionView } from '../collaboration/function-view.ts';
import { isNumber, type ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import { ownSize } from '../plan/expression-size.ts';
import type { CastType, SyntaxExpression } from '../syntax/syntax-tree.ts';
import { asMoment } from './as-moment.ts';
import { signatureOf } from './functions.ts';
import { identityMisused } from './identity-misused.ts';
import { BROKEN, type QuestionScope, typeInWords } from './question-scope.ts';
import { nearestName } from './rewrite/nearest-name.ts';

type SyntaxScore = Extract<SyntaxExpression, { kind: 'score' }>;

/** Most names told where one is not known: nobody reads more, and the nearest comes first. */
const MAX_TOLD_NAMES_COUNT = 12;

/** What each kind of parameter is cast to, so that the code gets it in one form however the question computes it. */
const CASTS = {
  integer: { type: 'integer' },
  number: { type: 'double' },
  boolean: { type: 'boolean' },
  text: { type: 'text' },
  date: { type: 'date' },
  timestamp: { type: 'timestamp' },
} as const satisfies Record<FunctionParameter['kind'], CastType>;

/** Resolves a call of a member's scoring function over values of one row. */
export function bindScore(
  node: SyntaxScore,
  question: QuestionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  const args = node.args.map(bind);
  const known = question.functions.find((f) => f.member === node.member && f.name === node.name);
  if (known === undefined) return unknownFunction(node, question);
  if (args.some((a) => a.type.kind === 'person')) return identityMisused(question, args);
  if (args.includes(BROKEN)) return BROKEN;
  question.countFunction(known, node.at);
  const cast = castAll(args, known.parameters);
  if (cast === null) {
    const found = args.map((a) => typeInWords(a.type)).join(' and ') || 'nothing';
    const facts = { construct: functionName(known), found, expected: `write ${signatureInWords(known)}` };
    question.violate('types-match', facts, node.at);
    return BROKEN;
  }
  const { member, name, digest, returns } = known;
  const score: Expression = {
    kind: 'score',
    member,
    name,
    digest,
    returns,
    args: cast,
    type: typeOf(known),
    at: node.at,
  };
  question.countParts(ownSize(score));
  return score;
}

/** Refuses a scoring function of released values: it may be called with rows, which its bounds are reckoned for. */
export function scoreAboveRelease(
  node: SyntaxScore,
  question: QuestionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  // A column that is neither aggregated nor a key is told as that.
  if (node.args.map(bind).includes(BROKEN)) return BROKEN;
  const instead = 'score the rows below the aggregation: group or filter by it, or aggregate what it gives';
  question.violate('syntax-is-known', { construct: 'scoring function over released values', instead }, node.at);
  return BROKEN;
}

/** `member.name`, as the SQL says it. */
export function functionName({ member, name }: Pick<FunctionView, 'member' | 'name'>): string {
  return `${member}.${name}`;
}

function signatureInWords(view: FunctionView): string {
  return `${functionName(view)}(${view.parameters.map((p) => `${p.name} ${p.kind}`).join(', ')})`;
}

function typeOf({ returns }: FunctionView): ScalarType {
  if (returns.kind === 'label') return { kind: 'text' };
  return returns.scale === 0 ? { kind: 'integer' } : { kind: 'decimal', scale: returns.scale };
}

function castAll(args: readonly Expression[], parameters: readonly FunctionParameter[]): readonly Expression[] | null {
  if (args.length !== parameters.length) return null;
  const cast = parameters.map(({ kind }, index) => castTo(kind, args[index] ?? BROKEN));
  return cast.includes(null) ? null : (cast as Expression[]);
}

function castTo(kind: FunctionParameter['kind'], written: Expression): Expression | null {
  const to = CASTS[kind];
  const arg = asMoment(written, { kind: to.type });
  return fits(arg.type, kind) ? { kind: 'cast', arg, to, type: { kind: to.type }, at: arg.at } : null;
}

function fits(type: ScalarType, kind: FunctionParameter['kind']): boolean {
  if (type.kind === 'null') return true;
  if (kind === 'number') return isNumber(type);
  return type.kind === kind || (kind === 'timestamp' && type.kind === 'date');
}

function unknownFunction(node: SyntaxScore, question: QuestionScope): Expression {
  const names = question.functions.map(functionName);
  const written = functionName(node);
  const near = nearestName(written, names);
  const functions = [...new Set([...(near === null ? [] : [near]), ...names])].slice(0, MAX_TOLD_NAMES_COUNT);
  const facts = { function: written, functions, ...insteadOf(node, names) };
  question.violate('function-is-permitted', facts, node.at);
  return BROKEN;
}

function insteadOf({ name }: SyntaxScore, names: readonly string[]): { readonly instead?: string } {
  if (signatureOf(name) !== null) return { instead: `write ${name}(…) without a name before it` };
  if (names.length > 0) return {};
  return { instead: 'no scoring function is known in this collaboration; a service provider or a brand submits one' };
}
