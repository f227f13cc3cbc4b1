import type { Expression } from '../plan/expression.ts';
import type { FrameEndShape, FrameShape } from '../plan/outer-shape.ts';
import type { SyntaxExpression, SyntaxFrame, SyntaxFrameEnd } from '../syntax/syntax-tree.ts';
import { bindCallParts, bindOrders } from './bind-released-aggregate.ts';
import { BROKEN, type QuestionScope, typeInWords } from './question-scope.ts';
import { RELEASED_AGGREGATES, releasedAggregate, WINDOW_FUNCTIONS, windowFunction } from './released-aggregates.ts';

/** Resolves a call with OVER. */
export function bindWindow(
  node: Extract<SyntaxExpression, { kind: 'window' }>,
  question: QuestionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  const { name } = node.call;
  const signature = windowFunction(name) ?? releasedAggregate(name);
  if (signature === null) {
    const functions = [...WINDOW_FUNCTIONS, ...RELEASED_AGGREGATES];
    question.violate('function-is-permitted', { function: name, functions }, node.at);
    return BROKEN;
  }
  const call = bindCallParts(node.call, question, bind);
  const partitionBy = node.partitionBy.map(bind);
  const orderBy = bindOrders(node.orderBy, bind);
  const frame = node.frame === null ? null : bindFrame(node.frame, bind);
  if (call.args.includes(BROKEN)) return BROKEN;
  const type = signature(call.args);
  if (typeof type === 'string') {
    const found = call.args.map((a) => typeInWords(a.type)).join(' and ') || 'nothing';
    question.violate('types-match', { construct: name, found, expected: type }, node.at);
    return BROKEN;
  }
  const { ignoreNulls, at } = node;
  return { kind: 'window', call, ignoreNulls, partitionBy, orderBy, frame, type, at };
}

function bindFrame(frame: SyntaxFrame, bind: (part: SyntaxExpression) => Expression): FrameShape<Expression> {
  const bindEnd = ({ kind, by }: SyntaxFrameEnd): FrameEndShape<Expression> => ({
    kind,
    by: by === null ? null : bind(by),
  });
  return { unit: frame.unit, start: bindEnd(frame.start), end: bindEnd(frame.end), exclude: frame.exclude };
}
