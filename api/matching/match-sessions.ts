import { ServiceError } from '../grpc/index.ts';

/** Sessions at once: each holds up to a hundred megabytes of points while its client works on them. */
const MAX_SESSIONS_COUNT = 4;
/** Those of one member: a second one would gain it nothing but another's place. */
const MAX_SESSIONS_PER_MEMBER_COUNT = 1;
/** When asking again makes sense: a session of a hundred thousand points takes about so long. */
const RETRY_AFTER_MS = 30_000;

/** Matches without showing that are under way. They live in memory alone: a restart ends them all. */
export class MatchSessions {
  readonly #perMember = new Map<string, number>();

  /** Begins a session of a member; what it answers ends it. @throws {ServiceError} BUSY */
  begin(member: string): () => void {
    const own = this.#perMember.get(member) ?? 0;
    const all = [...this.#perMember.values()].reduce((sum, count) => sum + count, 0);
    if (own >= MAX_SESSIONS_PER_MEMBER_COUNT || all >= MAX_SESSIONS_COUNT) {
      const message = 'too many matches of your member, or of all, are under way; nothing was charged';
      throw new ServiceError('BUSY', message, { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#perMember.set(member, own + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.#perMember.get(member) ?? 1) - 1;
      if (left === 0) this.#perMember.delete(member);
      else this.#perMember.set(member, left);
    };
  }
}
