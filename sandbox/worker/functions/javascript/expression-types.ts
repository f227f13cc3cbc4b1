import type { ScoringFaultRule, ScoringResult } from '../../../wire/scoring.ts';
import type { Faults } from './faults.ts';
import { BUILTINS, type LibraryFunction, TEXT_METHODS } from './library.ts';
import {
  type ArithmeticOperator,
  type BinaryExpression,
  type Expression,
  type FunctionDeclaration,
  MAX_CALL_DEPTH,
  type ValueType,
} from './program.ts';

/** Checks the statements of a function; lies in a file of its own. */
export type BodyCheck = (checking: TypeChecking, declaration: FunctionDeclaration, isScore: boolean) => void;

/** Tells what every expression is, and which function has been entered. */
export class TypeChecking {
  readonly returns: ScoringResult;
  readonly #faults: Faults;
  readonly #checkBody: BodyCheck;
  /** The functions that are being checked, outermost first. */
  readonly #entered: FunctionDeclaration[] = [];

  constructor(faults: Faults, returns: ScoringResult, checkBody: BodyCheck) {
    this.#faults = faults;
    this.returns = returns;
    this.#checkBody = checkBody;
  }

  /** Notes a fault; gives the type that fits everywhere, so that one fault is told once. */
  refuse(at: number, subject: string, rule: ScoringFaultRule = 'types-do-not-match'): 'unknown' {
    this.#faults.add(rule, at, subject);
    return 'unknown';
  }

  /** Checks a function at its first call, and at every call that its operands fit; gives what it returns. */
  enter(declaration: FunctionDeclaration, at: number, operands: readonly ValueType[], isScore: boolean): ValueType {
    // Without recursion the depth of calls is known before anything runs.
    if (this.#entered.includes(declaration)) {
      return this.refuse(at, `recursion of ${declaration.name}`, 'construct-not-allowed');
    }
    if (!isScore && operands.length !== declaration.parameters.length) {
      return this.refuse(at, `${declaration.name} takes ${declaration.parameters.length} values`);
    }
    for (const [index, parameter] of declaration.parameters.entries()) {
      parameter.type ??= operands[index] ?? 'unknown';
      this.expect(parameter.type, operands[index] ?? 'unknown', at, `${declaration.name} with another type of value`);
    }
    if (declaration.returns === null) {
      this.#entered.push(declaration);
      declaration.callDepth = 1;
      this.#checkBody(this, declaration, isScore);
      this.#entered.pop();
    }
    const caller = this.#entered.at(-1);
    if (caller !== undefined) caller.callDepth = Math.max(caller.callDepth, 1 + declaration.callDepth);
    if (declaration.callDepth > MAX_CALL_DEPTH) return this.refuse(declaration.at, 'calls within calls', 'too-large');
    return declaration.returns ?? 'unknown';
  }

  /** Notes a fault unless a type is the wanted one. */
  expect(wanted: ValueType, found: ValueType, at: number, subject: string): void {
    if (!isSameType(wanted, found)) this.refuse(at, subject);
  }

  /** Gives the type of an expression. */
  typeOf(value: Expression): ValueType {
    switch (value.kind) {
      case 'number':
      case 'boolean':
      case 'string':
      case 'unknown':
        return value.kind;
      case 'null':
        return this.refuse(value.at, 'null outside the result of score');
      case 'variable':
        return value.variable.type ?? this.refuse(value.at, value.variable.name, 'name-not-known');
      case 'array':
        return this.#typeOfArray(value.elements, value.at);
      case 'unary':
        return this.expectAll(
          [value.operand],
          value.operator === '!' ? 'boolean' : 'number',
          'operand of another type than its operator takes',
        );
      case 'binary':
        return this.#typeOfBinary(value);
      case 'logical':
        return this.expectAll([value.left, value.right], 'boolean', 'operand that is not true or false');
      case 'conditional':
        return this.#typeOfConditional(value);
      case 'index':
        return this.#typeOfElement(value.list, value.index);
      case 'length': {
        const type = this.typeOf(value.subject);
        if (type === 'number' || type === 'boolean') return this.refuse(value.at, `length of a ${type}`);
        return 'number';
      }
      case 'builtin':
        return this.#typeOfLibraryCall(BUILTINS.get(value.name), value);
      case 'method':
        return this.#typeOfLibraryCall(TEXT_METHODS.get(value.name), value);
      case 'call':
        return this.enter(
          value.callee,
          value.at,
          value.operands.map((operand) => this.typeOf(operand)),
          false,
        );
    }
  }

  /** Expects one type of several expressions, and gives it. */
  expectAll(values: readonly Expression[], wanted: ValueType, subject: string): ValueType {
    for (const value of values) this.expect(wanted, this.typeOf(value), value.at, subject);
    return wanted;
  }

  /** Gives what an element is, and expects the index to be a number. */
  #typeOfElement(list: Expression, index: Expression): ValueType {
    const type = this.typeOf(list);
    this.expectAll([index], 'number', 'index that is not a number');
    if (type === 'unknown') return type;
    return typeof type === 'object' ? type.element : this.refuse(list.at, `index into a ${type}`);
  }

  #typeOfArray(elements: readonly Expression[], at: number): ValueType {
    const [first, ...rest] = elements;
    if (first === undefined) return this.refuse(at, 'empty array');
    const element = this.typeOf(first);
    for (const value of rest) this.expect(element, this.typeOf(value), value.at, 'array of several types');
    return { element };
  }

  #typeOfBinary(value: BinaryExpression & { at: number }): ValueType {
    const left = this.typeOf(value.left);
    const right = this.typeOf(value.right);
    if (left === 'unknown' || right === 'unknown') return isComparison(value) ? 'boolean' : 'unknown';
    if (value.operator === '===' || value.operator === '!==') {
      value.isText = left === 'string';
      if (typeof left === 'object') return this.refuse(value.at, 'comparison of arrays');
      if (left !== right) return this.refuse(value.at, 'comparison of different types');
      return 'boolean';
    }
    if (value.operator === '+' && left === 'string' && right === 'string') {
      value.isText = true;
      return 'string';
    }
    if (left !== 'number') return this.refuse(value.left.at, `${nameOf(left)} where a number is needed`);
    if (right !== 'number') return this.refuse(value.right.at, `${nameOf(right)} where a number is needed`);
    return isComparison(value) ? 'boolean' : 'number';
  }

  #typeOfConditional(value: Expression & { kind: 'conditional' }): ValueType {
    this.expectAll([value.test], 'boolean', 'condition that is not true or false');
    const then = this.typeOf(value.yes);
    const otherwise = this.typeOf(value.no);
    this.expect(then, otherwise, value.no.at, 'two results of different types');
    return then === 'unknown' ? otherwise : then;
  }

  #typeOfLibraryCall(
    called: LibraryFunction | undefined,
    { at, name, operands }: Expression & { kind: 'builtin' | 'method' },
  ): ValueType {
    if (called === undefined) return this.refuse(at, name, 'name-not-known');
    const { takes, optionalCount = 0, isVariadic, gives } = called;
    const isCountRight =
      operands.length >= takes.length - optionalCount && (isVariadic || operands.length <= takes.length);
    if (!isCountRight) return this.refuse(at, `number of values of ${name}`);
    for (const [index, operand] of operands.entries()) {
      const wanted = takes[Math.min(index, takes.length - 1)] ?? 'unknown';
      this.expectAll([operand], wanted, `value of ${name} that is not a ${nameOf(wanted)}`);
    }
    return gives;
  }

  /** Tells what the result of `left operator right` is, as an assignment works it out. */
  typeOfUpdate(
    target: ValueType,
    operator: ArithmeticOperator,
    value: Expression,
  ): { type: ValueType; isText: boolean } {
    const found = this.typeOf(value);
    if (target === 'unknown' || found === 'unknown') return { type: 'unknown', isText: false };
    if (operator === '+' && target === 'string' && found === 'string') return { type: 'string', isText: true };
    if (target === 'number' && found === 'number') return { type: 'number', isText: false };
    return { type: this.refuse(value.at, `${nameOf(target)} and ${nameOf(found)}`), isText: false };
  }
}

/** Tells whether two types are one; an unknown one fits all, since its fault has been told. */
export function isSameType(a: ValueType, b: ValueType): boolean {
  if (a === 'unknown' || b === 'unknown') return true;
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return isSameType(a.element, b.element);
}

/** Names a type in words. */
export function nameOf(type: ValueType): string {
  return typeof type === 'object' ? 'array' : type;
}

function isComparison({ operator }: BinaryExpression): boolean {
  return ['===', '!==', '<', '<=', '>', '>='].includes(operator);
}
