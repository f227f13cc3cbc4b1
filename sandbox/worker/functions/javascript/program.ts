// The tree of a small JavaScript program: all that can run. The reader makes it from what was submitted, the checker
// puts types on it, the printer writes it out again as a text of our own; no part of the submitted text goes with it
// but numbers, truth values and strings.

/** What a value is; arrays never change length, and `unknown` is what a fault was found in. */
export type ValueType = 'number' | 'boolean' | 'string' | 'unknown' | { readonly element: ValueType };

/** A declared name; the printer gives it one of ours. */
export interface Variable {
  /** Where it was declared, as an offset into the source. */
  readonly at: number;
  readonly name: string;
  /** Number among all variables of the program: its name in the printed text. */
  readonly id: number;
  /** A table stands at the top level and never changes. */
  readonly kind: 'table' | 'parameter' | 'local' | 'constant';
  /** Null until the checker has met its first value. */
  type: ValueType | null;
  /** Whether its elements may be set: only by the name that made the array, so that no other name sees them change. */
  isOwnArray: boolean;
}

/** An expression, with its offset in the source; none has an effect. */
export type Expression = { readonly at: number } & (
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'array'; readonly elements: readonly Expression[] }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | BinaryExpression
  | { readonly kind: 'logical'; readonly operator: '&&' | '||'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | { readonly kind: 'index'; readonly list: Expression; readonly index: Expression }
  | { readonly kind: 'length'; readonly subject: Expression }
  | { readonly kind: 'builtin'; readonly name: string; readonly operands: readonly Expression[] }
  | { readonly kind: 'method'; readonly name: string; readonly operands: readonly Expression[] }
  | { readonly kind: 'call'; readonly callee: FunctionDeclaration; readonly operands: readonly Expression[] }
);

/** Two operands and what is done with them; the checker notes whether they are text. */
export interface BinaryExpression {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  isText: boolean;
}

/** Operators of one operand. */
export const UNARY_OPERATORS = ['-', '+', '!', '~'] as const;
/** One of the operators of one operand. */
export type UnaryOperator = (typeof UNARY_OPERATORS)[number];

/** Operators of two numbers that give a number; `+` also joins text. */
export const ARITHMETIC_OPERATORS = ['+', '-', '*', '/', '%', '**', '&', '|', '^', '<<', '>>', '>>>'] as const;
/** One of the arithmetic operators. */
export type ArithmeticOperator = (typeof ARITHMETIC_OPERATORS)[number];

/** Operators that give a truth value. */
export const COMPARISON_OPERATORS = ['===', '!==', '<', '<=', '>', '>='] as const;
/** One of the operators of two operands. */
export type BinaryOperator = ArithmeticOperator | (typeof COMPARISON_OPERATORS)[number];

/** A statement; a loop has its own charge of fuel. */
export type Statement = { readonly at: number } & (
  | { readonly kind: 'declare'; readonly variable: Variable; readonly value: Expression }
  | AssignStatement
  | {
      readonly kind: 'if';
      readonly test: Expression;
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[];
    }
  | {
      readonly kind: 'loop';
      readonly start: readonly Statement[];
      readonly test: Expression | null;
      readonly isTestedLast: boolean;
      readonly next: readonly Statement[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'each';
      readonly variable: Variable;
      readonly list: Expression;
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' }
  | { readonly kind: 'return'; readonly value: Expression }
);

/** Sets a variable, or one element of an array; the checker notes whether what is set is text. */
export interface AssignStatement {
  readonly kind: 'assign';
  readonly variable: Variable;
  readonly index: Expression | null;
  /** Null for a plain assignment. */
  readonly operator: ArithmeticOperator | null;
  readonly value: Expression;
  isText: boolean;
}

/** A function at the top level. */
export interface FunctionDeclaration {
  readonly at: number;
  readonly name: string;
  /** Number among all functions: its name in the printed text. */
  readonly id: number;
  parameters: readonly Variable[];
  body: readonly Statement[];
  /** Null until it has been checked; a function nobody calls is neither checked nor printed. */
  returns: ValueType | null;
  /** Calls within calls below this one, itself included. */
  callDepth: number;
}

/** A whole program. */
export interface Program {
  /** Tables in their order: a later one may name an earlier one. */
  readonly tables: readonly { readonly variable: Variable; readonly value: Expression }[];
  readonly functions: readonly FunctionDeclaration[];
  /** The function named `score`, if there is one. */
  readonly score: FunctionDeclaration | null;
}

/**
 * Expressions, brackets and statements within each other: a sum of hundreds of terms fits, and anything that walks the
 * tree by recursion, the runtime's own compiler included, has several times the stack that it needs.
 */
export const MAX_NESTING_DEPTH = 500;

/** Calls within calls: helpers of helpers, and a stack that no frame size can exhaust. */
export const MAX_CALL_DEPTH = 16;

/** Names in one function, which is the size of its frame. */
export const MAX_LOCALS_COUNT = 500;

/**
 * Values of calls that wait for the ones after them, in one function: each has a place in its frame until the function
 * is optimised, so that where the stack of the runtime ends would depend on the rows before.
 */
export const MAX_WAITING_VALUES_COUNT = 1_000;
