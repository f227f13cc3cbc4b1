/**
 * Tells whoever keeps what is derived from tables that what it follows from may have changed: a publication, rules, a
 * spine, an opt-out. Telling costs nothing, and nobody waits for what follows.
 */
export class Changes {
  readonly #listeners = new Set<(collaborationId: string | null) => void>();

  /** Tells of one collaboration, or of all. */
  note(collaborationId: string | null): void {
    for (const listener of this.#listeners) listener(collaborationId);
  }

  /** Listens from now on; answers how to stop. */
  listen(listener: (collaborationId: string | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
