import type * as acorn from 'acorn';

import { ARITHMETIC_OPERATORS, type Expression, type Statement, type Variable } from './program.ts';
import { readExpression } from './read-expression.ts';
import type { Reading } from './reading.ts';

/** Turns the statements of a block into ours; the block is a scope of its own. */
export function readBlock(reading: Reading, body: readonly acorn.Statement[]): Statement[] {
  return reading.within(body.flatMap(declaredNames), () => body.flatMap((node) => readStatement(reading, node)));
}

function readStatement(reading: Reading, node: acorn.Statement): Statement[] {
  return reading.nested(node, () => readKnown(reading, node)) ?? [];
}

function readKnown(reading: Reading, node: acorn.Statement): Statement[] {
  const at = node.start;
  switch (node.type) {
    case 'EmptyStatement':
      return [];
    case 'BlockStatement':
      return [{ kind: 'block', at, body: readBlock(reading, node.body) }];
    case 'VariableDeclaration':
      return readDeclaration(reading, node);
    case 'ExpressionStatement':
      return readEffect(reading, node.expression);
    case 'IfStatement':
      return [
        {
          kind: 'if',
          at,
          test: readExpression(reading, node.test),
          yes: readBlock(reading, [node.consequent]),
          no: node.alternate ? readBlock(reading, [node.alternate]) : [],
        },
      ];
    case 'WhileStatement':
    case 'DoWhileStatement':
      return [readWhile(reading, node)];
    case 'ForStatement':
      return [readFor(reading, node)];
    case 'ForOfStatement':
      return readForOf(reading, node);
    case 'BreakStatement':
    case 'ContinueStatement':
      if (node.label) return refused(reading, node.label, 'label');
      return [{ kind: node.type === 'BreakStatement' ? 'break' : 'continue', at }];
    case 'ReturnStatement':
      if (!node.argument) return refused(reading, node, 'return without a value');
      return [{ kind: 'return', at, value: readExpression(reading, node.argument) }];
    default:
      return refused(reading, node);
  }
}

function readWhile(reading: Reading, node: acorn.WhileStatement | acorn.DoWhileStatement): Statement {
  return {
    kind: 'loop',
    at: node.start,
    start: [],
    test: readExpression(reading, node.test),
    isTestedLast: node.type === 'DoWhileStatement',
    next: [],
    body: readBlock(reading, [node.body]),
  };
}

function readFor(reading: Reading, node: acorn.ForStatement): Statement {
  const { init, test, update } = node;
  const isDeclaring = init?.type === 'VariableDeclaration';
  return reading.within(isDeclaring ? declaredNames(init) : [], () => ({
    kind: 'loop',
    at: node.start,
    start: isDeclaring ? readDeclaration(reading, init) : init ? readEffect(reading, init) : [],
    test: test ? readExpression(reading, test) : null,
    isTestedLast: false,
    next: update ? readEffect(reading, update) : [],
    body: readBlock(reading, [node.body]),
  }));
}

function readForOf(reading: Reading, node: acorn.ForOfStatement): Statement[] {
  const declaration = node.left;
  if (node.await || declaration.type !== 'VariableDeclaration') {
    return refused(reading, node, 'for of without const or let');
  }
  const name = declaration.declarations[0]?.id;
  if (declaration.kind === 'var') return refused(reading, declaration, 'var');
  if (name?.type !== 'Identifier') return refused(reading, declaration, 'destructuring');
  return reading.within([name.name], () => {
    // The list is read before the name is usable, as in JavaScript.
    const list = readExpression(reading, node.right);
    const variable = reading.declare(name, declaration.kind === 'const' ? 'constant' : 'local', false);
    return [{ kind: 'each', at: node.start, variable, list, body: readBlock(reading, [node.body]) }];
  });
}

function readDeclaration(reading: Reading, node: acorn.VariableDeclaration): Statement[] {
  if (node.kind !== 'let' && node.kind !== 'const') return refused(reading, node, node.kind);
  return node.declarations.flatMap(({ id, init, start }): Statement[] => {
    if (id.type !== 'Identifier') return refused(reading, id);
    if (!init) return refused(reading, id, 'let without a value');
    const value = readExpression(reading, init);
    const variable = reading.declare(id, node.kind === 'const' ? 'constant' : 'local', value.kind === 'array');
    return [{ kind: 'declare', at: start, variable, value }];
  });
}

// An expression that stands as a statement must do something, and only setting a variable does.
function readEffect(reading: Reading, node: acorn.Expression): Statement[] {
  switch (node.type) {
    case 'SequenceExpression':
      return node.expressions.flatMap((part) => readEffect(reading, part));
    case 'AssignmentExpression': {
      const operator = ARITHMETIC_OPERATORS.find((known) => `${known}=` === node.operator) ?? null;
      if (operator === null && node.operator !== '=') return refused(reading, node, `assignment by ${node.operator}`);
      return readAssignment(reading, node, node.left, operator, () => readExpression(reading, node.right));
    }
    case 'UpdateExpression': {
      const one = { kind: 'number', at: node.start, value: 1 } as const;
      return readAssignment(reading, node, node.argument, node.operator === '++' ? '+' : '-', () => one);
    }
    default:
      return refused(reading, node, 'statement without an effect');
  }
}

function readAssignment(
  reading: Reading,
  { start: at }: acorn.Node,
  target: acorn.Pattern | acorn.Expression,
  operator: (typeof ARITHMETIC_OPERATORS)[number] | null,
  readValue: () => Expression,
): Statement[] {
  if (target.type === 'Identifier') {
    const variable = assigned(reading, target);
    if (variable?.kind === 'constant' || variable?.kind === 'table') {
      return refused(reading, target, `assignment to the constant ${variable.name}`);
    }
    const value = readValue();
    return variable === null ? [] : [{ kind: 'assign', at, variable, index: null, operator, value, isText: false }];
  }
  if (target.type !== 'MemberExpression' || !target.computed || target.object.type !== 'Identifier') {
    return refused(reading, target, 'assignment to something that is not a variable');
  }
  const variable = assigned(reading, target.object);
  if (variable !== null && (!variable.isOwnArray || variable.kind === 'table')) {
    return refused(reading, target, `assignment to an element of ${variable.name}`);
  }
  const index = readExpression(reading, target.property);
  const value = readValue();
  return variable === null ? [] : [{ kind: 'assign', at, variable, index, operator, value, isText: false }];
}

function assigned(reading: Reading, node: acorn.Identifier): Variable | null {
  const variable = reading.scope.find(node.name);
  if (!variable) reading.faults.add('name-not-known', node.start, node.name);
  return variable ?? null;
}

/** Gives the names that a statement declares in the block it stands in. */
function declaredNames(node: acorn.Statement): string[] {
  if (node.type !== 'VariableDeclaration') return [];
  return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
}

function refused(reading: Reading, node: acorn.Node, word?: string): Statement[] {
  reading.refuse(node, word);
  return [];
}
