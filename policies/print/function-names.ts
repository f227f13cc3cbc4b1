/** A scoring function that a printed query calls. */
export interface PrintedFunction {
  /** What the SQL calls it. */
  readonly name: string;
  /** Which version of which function it is. */
  readonly digest: string;
}

/**
 * Names the scoring functions of one printed query, in order of appearance.
 *
 * Names of our own: a submitted one never comes into the SQL, where it could mean a function of the engine's.
 */
export class FunctionNames {
  readonly #names: Map<string, string>;

  /** @param taken names that a part of the query was printed with before */
  constructor(taken: readonly PrintedFunction[] = []) {
    this.#names = new Map(taken.map(({ name, digest }) => [digest, name]));
  }

  /** The name of a version, the same wherever the query calls it. */
  nameOf(digest: string): string {
    const name = this.#names.get(digest) ?? `galley_f${this.#names.size}`;
    this.#names.set(digest, name);
    return name;
  }

  /** All that have been named. */
  list(): readonly PrintedFunction[] {
    return [...this.#names].map(([digest, name]) => ({ name, digest }));
  }
}
