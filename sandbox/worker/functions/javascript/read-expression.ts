import type * as acorn from 'acorn';

import { BUILTINS, NAMED_NUMBERS, TEXT_METHODS } from './library.ts';
import {
  ARITHMETIC_OPERATORS,
  type BinaryOperator,
  COMPARISON_OPERATORS,
  type Expression,
  UNARY_OPERATORS,
} from './program.ts';
import type { Reading } from './reading.ts';

const BINARY_OPERATORS: readonly BinaryOperator[] = [...ARITHMETIC_OPERATORS, ...COMPARISON_OPERATORS];

/** Operators that the language does not have, as words. */
const OPERATOR_WORDS: Readonly<Record<string, string>> = {
  '==': 'loose equality',
  '!=': 'loose inequality',
  '??': 'nullish operator',
};

/** Turns a parsed expression into one of ours; what has no place in our tree becomes a fault and `unknown`. */
export function readExpression(reading: Reading, node: acorn.Expression | acorn.PrivateIdentifier): Expression {
  return reading.nested(node, () => readKnown(reading, node)) ?? { kind: 'unknown', at: node.start };
}

function readKnown(reading: Reading, node: acorn.Expression | acorn.PrivateIdentifier): Expression {
  const at = node.start;
  switch (node.type) {
    case 'Literal':
      return readLiteral(reading, node);
    case 'Identifier':
      return readName(reading, node);
    case 'ArrayExpression':
      return { kind: 'array', at, elements: readAll(reading, node, node.elements) };
    case 'ParenthesizedExpression':
      return readExpression(reading, node.expression);
    case 'UnaryExpression':
      return readUnary(reading, node);
    case 'BinaryExpression':
    case 'LogicalExpression':
      return readBinary(reading, node);
    case 'ConditionalExpression':
      return {
        kind: 'conditional',
        at,
        test: readExpression(reading, node.test),
        yes: readExpression(reading, node.consequent),
        no: readExpression(reading, node.alternate),
      };
    case 'MemberExpression':
      return readMember(reading, node);
    case 'CallExpression':
      return readCall(reading, node);
    default:
      return refused(reading, node);
  }
}

function readLiteral(reading: Reading, node: acorn.Literal): Expression {
  const at = node.start;
  if (node.regex !== undefined) return refused(reading, node, 'regular expression');
  switch (typeof node.value) {
    case 'number':
      return { kind: 'number', at, value: node.value };
    case 'boolean':
      return { kind: 'boolean', at, value: node.value };
    case 'string':
      return { kind: 'string', at, value: node.value };
    case 'object':
      return { kind: 'null', at };
    default:
      return refused(reading, node, 'bigint');
  }
}

function readName(reading: Reading, node: acorn.Identifier): Expression {
  const at = node.start;
  const number = NAMED_NUMBERS.get(node.name);
  if (number !== undefined) return { kind: 'number', at, value: number };
  if (node.name === 'undefined') return refused(reading, node, 'undefined');
  const variable = reading.scope.find(node.name);
  if (variable) return { kind: 'variable', at, variable };
  if (variable === undefined && reading.functions.has(node.name)) {
    return refused(reading, node, 'function used as a value');
  }
  reading.faults.add('name-not-known', at, node.name);
  return { kind: 'unknown', at };
}

function readUnary(reading: Reading, node: acorn.UnaryExpression): Expression {
  const operator = UNARY_OPERATORS.find((known) => known === node.operator);
  if (operator === undefined) return refused(reading, node, `operator ${node.operator}`);
  const operand = readExpression(reading, node.argument);
  if (operator === '-' && operand.kind === 'number') return { kind: 'number', at: node.start, value: -operand.value };
  return { kind: 'unary', at: node.start, operator, operand };
}

function readBinary(reading: Reading, node: acorn.BinaryExpression | acorn.LogicalExpression): Expression {
  const operator = BINARY_OPERATORS.find((known) => known === node.operator);
  const isLogical = node.operator === '&&' || node.operator === '||';
  const left = readExpression(reading, node.left);
  const right = readExpression(reading, node.right);
  if (operator === undefined && !isLogical) {
    return refused(reading, node, OPERATOR_WORDS[node.operator] ?? `operator ${node.operator}`);
  }
  const at = node.start;
  if (operator !== undefined) return { kind: 'binary', at, operator, left, right, isText: false };
  return { kind: 'logical', at, operator: node.operator === '&&' ? '&&' : '||', left, right };
}

function readMember(reading: Reading, node: acorn.MemberExpression): Expression {
  const at = node.start;
  if (node.object.type === 'Super') return refused(reading, node, 'super');
  if (node.computed) {
    const list = readExpression(reading, node.object);
    return { kind: 'index', at, list, index: readExpression(reading, node.property) };
  }
  if (node.property.type !== 'Identifier') return refused(reading, node.property);
  const { name } = node.property;
  const path = pathOf(node.object, name);
  if (path !== null) {
    const number = NAMED_NUMBERS.get(path);
    if (number !== undefined) return { kind: 'number', at, value: number };
    if (BUILTINS.has(path)) return refused(reading, node, 'function used as a value');
    reading.faults.add('name-not-known', at, path);
    return { kind: 'unknown', at };
  }
  const subject = readExpression(reading, node.object);
  if (name === 'length') return { kind: 'length', at, subject };
  // A name that is not known has been told; that it has no such part is not news.
  return subject.kind === 'unknown' ? subject : refused(reading, node.property, `.${name}`);
}

function readCall(reading: Reading, node: acorn.CallExpression): Expression {
  const { callee } = node;
  const at = node.start;
  if (callee.type === 'Identifier') return readNamedCall(reading, node, callee.name);
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') {
    return refused(reading, callee, 'call of something that is not a name');
  }
  if (callee.object.type === 'Super') return refused(reading, callee, 'super');
  const { name } = callee.property;
  const path = pathOf(callee.object, name);
  if (path !== null) return readBuiltin(reading, node, path);
  const subject = readExpression(reading, callee.object);
  if (subject.kind === 'unknown') return subject;
  if (!TEXT_METHODS.has(name)) return refused(reading, callee.property, `.${name}()`);
  return { kind: 'method', at, name, operands: [subject, ...readValues(reading, node)] };
}

function readNamedCall(reading: Reading, node: acorn.CallExpression, name: string): Expression {
  const at = node.start;
  const variable = reading.scope.find(name);
  if (variable) return refused(reading, node, `call of ${name}`);
  const callee = variable === undefined ? reading.functions.get(name) : undefined;
  if (callee === undefined) return readBuiltin(reading, node, name);
  return { kind: 'call', at, callee, operands: readValues(reading, node) };
}

function readBuiltin(reading: Reading, node: acorn.CallExpression, name: string): Expression {
  if (BUILTINS.has(name)) {
    return { kind: 'builtin', at: node.start, name, operands: readValues(reading, node) };
  }
  reading.faults.add('name-not-known', node.start, name);
  return { kind: 'unknown', at: node.start };
}

// `Math` and `Number` cannot be declared, so the name is all there is to look at.
function pathOf(object: acorn.Expression, name: string): string | null {
  const isLibrary = object.type === 'Identifier' && (object.name === 'Math' || object.name === 'Number');
  return isLibrary ? `${object.name}.${name}` : null;
}

function readValues(reading: Reading, node: acorn.CallExpression): Expression[] {
  return reading.valuesOfCall(node, node.arguments, (value) => readAll(reading, node, [value])).flat();
}

function readAll(
  reading: Reading,
  list: acorn.Node,
  nodes: readonly (acorn.Expression | acorn.SpreadElement | null)[],
): Expression[] {
  return nodes.map((node) => {
    if (node === null) return refused(reading, list, 'gap in an array');
    return node.type === 'SpreadElement' ? refused(reading, node) : readExpression(reading, node);
  });
}

function refused(reading: Reading, node: acorn.Node, word?: string): Expression {
  reading.refuse(node, word);
  return { kind: 'unknown', at: node.start };
}
