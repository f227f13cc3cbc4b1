import type { Variable } from './program.ts';

/** The names of one block. A name is known in the whole block and usable only after its declaration, as in JavaScript. */
export class Scope {
  readonly #outer: Scope | null;
  readonly #names = new Map<string, Variable | null>();

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  /** Makes known that the block declares a name, so that no outer thing of that name can be meant in it. */
  announce(name: string): void {
    this.#names.set(name, null);
  }

  /** Makes a variable usable from here on. */
  declare(variable: Variable): void {
    this.#names.set(variable.name, variable);
  }

  /** Finds what a name means here: null before its declaration, undefined when no block around declares it. */
  find(name: string): Variable | null | undefined {
    const found = this.#names.get(name);
    return found === undefined ? this.#outer?.find(name) : found;
  }
}
