import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AUDIENCE_FILE } from './audience-store.ts';
import { openForReading } from './store-file.ts';

/** Where the members of one audience lie. */
interface Place {
  readonly expiresAtS: bigint;
  /** Its layers, the newest first. */
  readonly layerIds: bigint[];
}

/** The reading side of the audiences: who is in what, by token alone, beside the thread that writes. */
export class Membership {
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  readonly #version: StatementSync;
  readonly #presence: StatementSync;
  #seenVersion = -1n;
  #places = new Map<string, Place[]>();

  /** Opens the audiences of a directory that a writer has opened before. */
  constructor(directory: string) {
    this.#database = openForReading(directory, AUDIENCE_FILE);
    this.#begin = this.#database.prepare('begin');
    this.#end = this.#database.prepare('commit');
    this.#version = this.#database.prepare('select version from directory');
    this.#presence = this.#database.prepare('select is_present from member where layer_id = ? and token = ?');
  }

  /**
   * Does some looking of which all sees one moment: no layer goes while it is looked into, and of two audiences that
   * change together either both have or neither.
   */
  atOneMoment<Result>(look: () => Result): Result {
    this.#begin.run();
    try {
      const version = this.#version.get()?.version as bigint;
      if (version !== this.#seenVersion) this.#readPlaces();
      this.#seenVersion = version;
      return look();
    } finally {
      this.#end.run();
    }
  }

  /** Tells whether a token is in an audience, which goes by its name or its id. Only within `atOneMoment`. */
  isMember(audience: string, token: Uint8Array, nowMs: number): boolean {
    const nowS = BigInt(Math.floor(nowMs / 1000));
    const places = this.#places.get(audience) ?? [];
    return places.some((place) => (place.expiresAtS === 0n || place.expiresAtS > nowS) && this.#isIn(place, token));
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  #isIn({ layerIds }: Place, token: Uint8Array): boolean {
    for (const layerId of layerIds) {
      const row = this.#presence.get(layerId, token);
      if (row !== undefined) return row.is_present === 1n;
    }
    return false;
  }

  #readPlaces(): void {
    const rows = this.#database
      .prepare(
        `select a.audience_id, a.display_name, a.expires_at_s, l.layer_id from audience a join layer l using (audience_id)
         where a.state = 'shown' and l.state = 'shown' order by l.version desc`,
      )
      .all();
    const byId = new Map<string, Place>();
    this.#places = new Map();
    for (const { audience_id: id, display_name: name, expires_at_s: expiresAtS, layer_id: layerId } of rows) {
      const known = byId.get(String(id));
      known?.layerIds.push(layerId as bigint);
      if (known !== undefined) continue;
      const place = { expiresAtS: expiresAtS as bigint, layerIds: [layerId as bigint] };
      byId.set(String(id), place);
      for (const key of new Set([String(id), String(name)]))
        this.#places.set(key, [...(this.#places.get(key) ?? []), place]);
    }
  }
}
