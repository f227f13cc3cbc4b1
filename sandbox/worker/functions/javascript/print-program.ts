// Writes a checked program out again as the only text that is ever evaluated. Every name in it is ours: `v0` for a
// variable, `f0` for a function, and what the prelude declares. Every way round a loop and into a function is charged
// before it is taken, by the number of things done on it, so that how far a call comes follows from its row alone.
import { BUILTINS } from './library.ts';
import { PRELUDE } from './prelude.ts';
import type { AssignStatement, Expression, FunctionDeclaration, Program, Statement } from './program.ts';

/** What a function of numbers takes beside what it is given, at most: a logarithm is a dozen multiplications. */
const BUILTIN_STEPS = 4;

/** Work that is charged with what is around it although it may not be done: a charge of its own would cost more. */
const UNCHARGED_BRANCH_STEPS = 12;

/**
 * Prints a program as the body of a function that gives the scoring function of one row.
 *
 * @param isBigint for each parameter of `score`, whether its values come as bigint
 */
export function printProgram(program: Program, score: FunctionDeclaration, isBigint: readonly boolean[]): string {
  const printer = new Printer();
  const tables = program.tables.map(({ variable, value }) => `const v${variable.id} = ${printer.print(value)};\n`);
  const functions = program.functions
    .filter(({ returns }) => returns !== null)
    .map((declaration) => printer.printFunction(declaration));
  const row = isBigint.map((isOne, index) => (isOne ? `Number(row[${index}])` : `row[${index}]`)).join(', ');
  const entry = `return (row) => { fuel = FUEL; try { return f${score.id}(${row}); } catch { return null; } };`;
  return `${PRELUDE}${tables.join('')}${functions.join('')}${entry}\n`;
}

class Printer {
  /** Steps of what has been printed since the last charge. */
  #steps = 0;

  printFunction({ id, parameters, body }: FunctionDeclaration): string {
    const names = parameters.map((parameter) => `v${parameter.id}`);
    return `function f${id}(${names.join(', ')}) { ${this.#charged(() => this.#printAll(body))} }\n`;
  }

  // Prints what is done together, with its charge before it; what is around it pays nothing for it.
  #charged(print: () => string): string {
    const around = this.#steps;
    this.#steps = 1;
    const text = print();
    const charge = `if ((fuel -= ${this.#steps}) < 0) stop();`;
    this.#steps = around;
    return `${charge} ${text}`;
  }

  // Prints what may not be done: a small one is paid for anyway, a large one for itself, so that a tree of choices
  // costs the way through it.
  #perhaps(print: () => string, spend: (steps: number, text: string) => string): string {
    const around = this.#steps;
    this.#steps = 0;
    const text = print();
    const steps = this.#steps;
    const isSmall = steps <= UNCHARGED_BRANCH_STEPS;
    this.#steps = isSmall ? around + steps : around;
    return isSmall ? text : spend(steps, text);
  }

  #printAll(body: readonly Statement[]): string {
    return body.map((statement) => this.#printStatement(statement)).join(' ');
  }

  #printStatement(statement: Statement): string {
    this.#steps += 1;
    switch (statement.kind) {
      case 'declare':
        // `let`, whatever was written: the reader has seen that a constant is not set again.
        return `let v${statement.variable.id} = ${this.print(statement.value)};`;
      case 'assign':
        return `${this.#printAssignment(statement)};`;
      case 'if': {
        const choice = `if (${this.print(statement.test)}) ${this.#printBranch(statement.yes)}`;
        return statement.no.length === 0 ? choice : `${choice} else ${this.#printBranch(statement.no)}`;
      }
      case 'loop':
        return this.#printLoop(statement);
      case 'each':
        return this.#printEach(statement);
      case 'block':
        return `{ ${this.#printAll(statement.body)} }`;
      case 'break':
      case 'continue':
        return `${statement.kind};`;
      case 'return':
        return `return ${this.print(statement.value)};`;
    }
  }

  #printBranch(body: readonly Statement[]): string {
    const text = this.#perhaps(
      () => this.#printAll(body),
      (steps, all) => `spend(${steps}); ${all}`,
    );
    return `{ ${text} }`;
  }

  #printLoop({ start, test, isTestedLast, next, body }: Statement & { kind: 'loop' }): string {
    const before = this.#printAll(start);
    let condition = 'true';
    let updates = '';
    const again = this.#charged(() => {
      if (test !== null) condition = this.print(test);
      updates = next.map((statement) => this.#printAssignment(statement as AssignStatement)).join(', ');
      return this.#printAll(body);
    });
    // The test is done once more than the body is.
    if (test !== null) this.print(test);
    if (isTestedLast) return `do { ${again} } while (${condition});`;
    // The start stands before the loop: a loop that declares would have a copy of its names each time.
    return `{ ${before} for (; ${condition}; ${updates}) { ${again} } }`;
  }

  // By place and not by iterator: an iterator would be a piece of the runtime that we did not write.
  #printEach({ variable: { id }, list, body }: Statement & { kind: 'each' }): string {
    const values = this.print(list);
    const again = this.#charged(() => `let v${id} = l${id}[i${id}]; ${this.#printAll(body)}`);
    return `{ const l${id} = ${values}; for (let i${id} = 0; i${id} < l${id}.length; i${id} += 1) { ${again} } }`;
  }

  #printAssignment({ variable, index, operator, value, isText }: AssignStatement): string {
    this.#steps += 1;
    const name = `v${variable.id}`;
    const target = index === null ? name : `${name}[place(${name}, ${this.print(index)})]`;
    if (!isText && operator !== '%') return `${target} ${operator ?? ''}= ${this.print(value)}`;
    const own = index === null ? name : `at(${name}, ${this.print(index)})`;
    return `${target} = ${isText ? 'join' : 'rest'}(${own}, ${this.print(value)})`;
  }

  /** Prints an expression. */
  print(value: Expression): string {
    this.#steps += 1;
    switch (value.kind) {
      case 'number':
        return printNumber(value.value);
      case 'boolean':
        return String(value.value);
      case 'string':
        return printText(value.value);
      case 'null':
        return 'null';
      case 'variable':
        return `v${value.variable.id}`;
      case 'array':
        return `[${this.#printList(value.elements)}]`;
      case 'unary':
        return `(${value.operator}${this.print(value.operand)})`;
      case 'binary':
        return this.#printBinary(value);
      case 'logical':
        return `(${this.print(value.left)} ${value.operator} ${this.#printArm(value.right)})`;
      case 'conditional':
        return `(${this.print(value.test)} ? ${this.#printArm(value.yes)} : ${this.#printArm(value.no)})`;
      case 'index':
        return `at(${this.print(value.list)}, ${this.print(value.index)})`;
      case 'length':
        return `${this.print(value.subject)}.length`;
      case 'builtin':
        this.#steps += BUILTIN_STEPS;
        return `${BUILTINS.get(value.name)?.prints}(${this.#printList(value.operands)})`;
      case 'method':
        return `${value.name}(${this.#printList(value.operands)})`;
      case 'call':
        return `f${value.callee.id}(${this.#printList(value.operands)})`;
      case 'unknown':
        throw new Error('a program with faults is not printed');
    }
  }

  #printList(values: readonly Expression[]): string {
    return values.map((value) => this.print(value)).join(', ');
  }

  #printArm(value: Expression): string {
    return this.#perhaps(
      () => this.print(value),
      (steps, text) => `(spend(${steps}), ${text})`,
    );
  }

  #printBinary({ operator, left, right, isText }: Expression & { kind: 'binary' }): string {
    const [a, b] = [this.print(left), this.print(right)];
    if (operator === '%') return `rest(${a}, ${b})`;
    if (operator === '**') this.#steps += BUILTIN_STEPS;
    if (!isText) return `(${a} ${operator} ${b})`;
    if (operator === '+') return `join(${a}, ${b})`;
    return operator === '===' ? `same(${a}, ${b})` : `(!same(${a}, ${b}))`;
  }
}

// As the shortest text that reads back as the same number; a sign is put in brackets, away from other operators.
function printNumber(value: number): string {
  if (Number.isNaN(value)) return '(0 / 0)';
  if (!Number.isFinite(value)) return value > 0 ? '(1 / 0)' : '(-1 / 0)';
  return Object.is(value, -0) || value < 0 ? `(-${-value})` : String(value);
}

// Nothing but plain ASCII: a line separator or half a character inside a text could mean something to a reader.
function printText(value: string): string {
  const escaped = [...JSON.stringify(value)].map((character) => {
    if (character >= ' ' && character <= '~') return character;
    return character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
  });
  return escaped.join('');
}
