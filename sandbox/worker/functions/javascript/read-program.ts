import type * as acorn from 'acorn';

import type { Expression, FunctionDeclaration, Program, Variable } from './program.ts';
import { readExpression } from './read-expression.ts';
import { readBlock } from './read-statement.ts';
import type { Reading } from './reading.ts';

/** The name of the function that is called for each row. */
export const SCORE_NAME = 'score';

type FunctionNode = acorn.FunctionDeclaration | acorn.AnonymousFunctionDeclaration | acorn.ArrowFunctionExpression;

interface Found {
  declaration: FunctionDeclaration;
  node: FunctionNode;
}

interface Table {
  variable: Variable;
  value: Expression;
}

/**
 * Turns a parsed module into a program of ours: tables that never change, and functions.
 *
 * Nothing else stands at the top level, because nothing else can: what one call left there, the next would see.
 */
export function readProgram(reading: Reading, module: acorn.Program): Program {
  const nodes = module.body.flatMap((node) => unwrapExport(reading, node));
  const found = nodes.flatMap((node) => findFunctions(reading, node));
  const tables = readTables(reading, nodes);
  for (const { declaration, node } of found) readFunction(reading, declaration, node);
  return {
    tables,
    functions: found.map(({ declaration }) => declaration),
    score: reading.functions.get(SCORE_NAME) ?? null,
  };
}

type TopNode = acorn.Statement | acorn.AnonymousFunctionDeclaration;

function unwrapExport(reading: Reading, node: acorn.Statement | acorn.ModuleDeclaration): TopNode[] {
  switch (node.type) {
    case 'ExportDefaultDeclaration': {
      const { declaration } = node;
      if (declaration.type === 'FunctionDeclaration') return [declaration];
      if (declaration.type === 'Identifier' && declaration.name === SCORE_NAME) return [];
      return refused(reading, node, 'default export of something that is not a function');
    }
    case 'ExportNamedDeclaration':
      return node.declaration ? [node.declaration] : refused(reading, node, 'export list');
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return refused(reading, node);
    default:
      return [node];
  }
}

function findFunctions(reading: Reading, node: TopNode): Found[] {
  if (node.type === 'FunctionDeclaration') return [declareFunction(reading, node.id, node)];
  if (node.type !== 'VariableDeclaration') {
    return node.type === 'EmptyStatement' ? [] : refused(reading, node, 'statement outside a function');
  }
  if (node.kind !== 'const') return refused(reading, node, `${node.kind} outside a function`);
  return node.declarations.flatMap(({ id, init }) =>
    init?.type === 'ArrowFunctionExpression' && id.type === 'Identifier' ? [declareFunction(reading, id, init)] : [],
  );
}

function declareFunction(reading: Reading, id: acorn.Identifier | null, node: FunctionNode): Found {
  if (id !== null) reading.checkName(id);
  const name = id?.name ?? SCORE_NAME;
  const declaration = {
    at: node.start,
    name,
    id: reading.functions.size,
    parameters: [],
    body: [],
    returns: null,
    callDepth: 0,
  };
  // An anonymous default export beside a function `score` would be two functions of one name.
  if (reading.functions.has(name)) reading.refuse(node, 'second function of one name');
  reading.functions.set(name, declaration);
  return { declaration, node };
}

function readTables(reading: Reading, nodes: readonly TopNode[]): Table[] {
  const declarators = nodes
    .flatMap((node) => (node.type === 'VariableDeclaration' && node.kind === 'const' ? node.declarations : []))
    .filter(({ init }) => init?.type !== 'ArrowFunctionExpression');
  for (const { id } of declarators) if (id.type === 'Identifier') reading.scope.announce(id.name);
  return declarators.flatMap(({ id, init }) => {
    if (id.type !== 'Identifier') return refused(reading, id);
    if (!init) return [];
    const value = readExpression(reading, init);
    if (!isConstant(value)) refused(reading, init, 'constant that is not made of numbers, truth values and texts');
    return [{ variable: reading.declare(id, 'table', false), value }];
  });
}

// What stands at the top level is worked out once, before any row: it can only be as much work as it is long.
function isConstant(value: Expression): boolean {
  switch (value.kind) {
    case 'number':
    case 'boolean':
    case 'string':
    case 'variable':
    case 'unknown':
      return true;
    case 'array':
      return value.elements.every(isConstant);
    case 'unary':
      return isConstant(value.operand);
    case 'binary':
      return isConstant(value.left) && isConstant(value.right);
    case 'builtin':
      return value.name.startsWith('Math.') && value.operands.every(isConstant);
    default:
      return false;
  }
}

function readFunction(reading: Reading, declaration: FunctionDeclaration, node: FunctionNode): void {
  if (node.async || node.generator) reading.refuse(node, node.async ? 'async function' : 'generator function');
  reading.startFunction();
  reading.within([], () => {
    declaration.parameters = node.params.flatMap((parameter) => {
      if (parameter.type === 'Identifier') return [reading.declare(parameter, 'parameter', false)];
      return refused(reading, parameter);
    });
    declaration.body =
      node.body.type === 'BlockStatement'
        ? readBlock(reading, node.body.body)
        : [{ kind: 'return', at: node.body.start, value: readExpression(reading, node.body) }];
  });
}

function refused(reading: Reading, node: acorn.Node, word?: string): never[] {
  reading.refuse(node, word);
  return [];
}
