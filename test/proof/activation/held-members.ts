import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { membershipToken } from '../../../examples/strategy-engine/membership-token.ts';

/** Who an engine holds in an audience. */
export interface Held {
  /** Addresses; whoever it holds that is nobody we know, by token. */
  readonly members: ReadonlySet<string>;
  /** Members of whom it was told that they come in while they were in already. */
  readonly twiceCount: number;
}

/** How tokens of a stage's engine are read as people. */
export interface Names {
  /** Where the engine keeps its data. */
  readonly engineDirectory: string;
  readonly tokenKeyPath: string;
  readonly everybody: readonly string[];
}

interface Layered {
  readonly token: Uint8Array;
  readonly is_present: number;
}

/** Reads from the reference engine's own store who is in an audience now: layer upon layer, the newest decides. */
export function heldBy({ engineDirectory, tokenKeyPath, everybody }: Names, audienceId: string): Held {
  const key = Buffer.from(readFileSync(tokenKeyPath, 'utf8'), 'hex');
  const names = new Map(everybody.map((email) => [membershipToken(key, 'email', email), email]));
  using database = new DatabaseSync(join(engineDirectory, 'audiences.sqlite'), { readOnly: true });
  const rows = database
    .prepare(
      `select token, is_present from audience join layer using (audience_id) join member using (layer_id)
       where audience_id = ? and audience.state = 'shown' and layer.state = 'shown' order by layer.version`,
    )
    .all(audienceId) as unknown as Layered[];
  const members = new Set<string>();
  let twiceCount = 0;
  for (const { token, is_present } of rows) {
    const text = Buffer.from(token).toString('base64url');
    const name = names.get(text) ?? text;
    if (is_present === 0) members.delete(name);
    else if (members.has(name)) twiceCount += 1;
    else members.add(name);
  }
  return { members, twiceCount };
}
