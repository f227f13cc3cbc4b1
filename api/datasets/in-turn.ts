const lastTurns = new Map<string, Promise<unknown>>();

/**
 * Does work after all earlier work under the same key has ended, however it ended.
 *
 * Two uploads of one name at the same moment are thus one upload, and a repetition of it.
 */
export async function inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  const before = lastTurns.get(key) ?? Promise.resolve();
  const turn = before.then(work, work);
  lastTurns.set(key, turn);
  try {
    return await turn;
  } finally {
    if (lastTurns.get(key) === turn) lastTurns.delete(key);
  }
}
