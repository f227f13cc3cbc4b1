import type { Node } from 'acorn';

import type { Faults } from './faults.ts';
import { RESERVED_NAMES } from './library.ts';
import {
  type FunctionDeclaration,
  MAX_LOCALS_COUNT,
  MAX_NESTING_DEPTH,
  MAX_WAITING_VALUES_COUNT,
  type Variable,
} from './program.ts';
import { Scope } from './scope.ts';

/** Constructs whose kind in the parser's tree says too little. */
const CONSTRUCT_WORDS: Readonly<Record<string, string>> = {
  ChainExpression: 'optional chaining',
  ObjectExpression: 'object',
  SpreadElement: 'spread',
  RestElement: 'rest parameter',
  AssignmentPattern: 'default value',
  ArrayPattern: 'destructuring',
  ObjectPattern: 'destructuring',
  SequenceExpression: 'comma operator',
  AssignmentExpression: 'assignment inside an expression',
  UpdateExpression: 'update inside an expression',
  ThisExpression: 'this',
  NewExpression: 'new',
  FunctionExpression: 'function inside a function',
  FunctionDeclaration: 'function inside a function',
  ArrowFunctionExpression: 'function inside a function',
  ImportDeclaration: 'import',
  ImportExpression: 'import()',
};

/** Where a reader is in the submitted text, and what it knows there. */
export class Reading {
  readonly source: string;
  readonly faults: Faults;
  readonly functions = new Map<string, FunctionDeclaration>();
  scope = new Scope(null);
  #variableCount = 0;
  #localCount = 0;
  #depth = 0;
  #waitingCount = 0;

  constructor(source: string, faults: Faults) {
    this.source = source;
    this.faults = faults;
  }

  /** Notes a construct that the language does not have. */
  refuse(node: Node, word?: string): void {
    // A kind of node is two or three English words run together: `TemplateLiteral`.
    const spoken = node.type.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
    this.faults.add('construct-not-allowed', node.start, word ?? CONSTRUCT_WORDS[node.type] ?? spoken);
  }

  /** Reads one thing within another; null, with a fault, when it is nested too deep to be walked safely. */
  nested<Thing>(node: Node, read: () => Thing): Thing | null {
    if (this.#depth >= MAX_NESTING_DEPTH) {
      this.faults.add('too-large', node.start, 'nesting');
      return null;
    }
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }

  /** Reads the values of a call: while one is worked out, those before it wait. */
  valuesOfCall<Part, Thing>(node: Node, parts: readonly Part[], read: (part: Part) => Thing): Thing[] {
    const around = this.#waitingCount;
    const values = parts.map((part) => {
      this.#waitingCount += 1;
      return read(part);
    });
    if (this.#waitingCount > MAX_WAITING_VALUES_COUNT) this.faults.add('too-large', node.start, 'values of calls');
    this.#waitingCount = around;
    return values;
  }

  /** Reads something within a block of its own, which declares `names` somewhere. */
  within<Thing>(names: readonly string[], read: () => Thing): Thing {
    const outer = this.scope;
    this.scope = new Scope(outer);
    for (const name of names) this.scope.announce(name);
    try {
      return read();
    } finally {
      this.scope = outer;
    }
  }

  /** Starts counting the names of a new function. */
  startFunction(): void {
    this.#localCount = 0;
  }

  /** Declares a name from here on. */
  declare(node: Node & { name: string }, kind: Variable['kind'], isOwnArray: boolean): Variable {
    this.checkName(node);
    if (kind !== 'table') this.#localCount += 1;
    if (this.#localCount > MAX_LOCALS_COUNT) this.faults.add('too-large', node.start, 'names in one function');
    const variable = { at: node.start, name: node.name, id: this.#variableCount, kind, type: null, isOwnArray };
    this.#variableCount += 1;
    this.scope.declare(variable);
    return variable;
  }

  /** Refuses a name that belongs to the language, or is not what it looks like. */
  checkName(node: Node & { name: string }): void {
    if (RESERVED_NAMES.has(node.name)) this.refuse(node, `name ${node.name}`);
    // An escape makes a name that reads as another; letters of other alphabets look like ours.
    const isPlain = /^[\w$]+$/.test(node.name) && node.end - node.start === node.name.length;
    if (!isPlain) this.refuse(node, 'name of other characters than a-z, 0-9, _ and $');
  }
}
