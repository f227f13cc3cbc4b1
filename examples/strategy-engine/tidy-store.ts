import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './store-file.ts';

/** Rows of one step: a few milliseconds, so that a part of a delivery never waits long for tidying. */
const STEP_ROWS = 2_000n;
/** Batches of one step; a batch is a megabyte at most. */
const STEP_BATCHES = 4n;
/** After how long a publication that was never finished is thrown away: no sender tries that long. */
const STALE_MS = 7n * 24n * 3_600_000n;

interface Layer {
  readonly layer_id: bigint;
  readonly audience_id: string;
}

/**
 * Does one small step of what nobody waits for: ends audiences whose time is over, throws away what is no longer read
 * and folds deltas into the layer below them.
 *
 * @returns whether there is more to do now
 */
export function tidyStep(database: DatabaseSync, nowMs: number): boolean {
  return inTransaction(database, () => {
    endExpired(database, nowMs);
    return dropGarbage(database) || dropReadBatches(database) || foldDelta(database);
  });
}

/** Decisions look at the clock themselves; this is where the members of an expired audience are forgotten. */
function endExpired(database: DatabaseSync, nowMs: number): void {
  const ended = database
    .prepare(
      `update audience set state = 'expired'
       where state = 'shown' and expires_at_s between 1 and ? returning audience_id`,
    )
    .all(BigInt(Math.floor(nowMs / 1000)));
  const drop = database.prepare(`update layer set state = 'garbage' where audience_id = ? and state = 'shown'`);
  for (const { audience_id } of ended) drop.run(audience_id as string);
  const stale = database
    .prepare('delete from staging where touched_at_ms < ? returning layer_id')
    .all(BigInt(nowMs) - STALE_MS);
  const dropLayer = database.prepare(`update layer set state = 'garbage' where layer_id = ?`);
  for (const { layer_id } of stale) dropLayer.run(layer_id as bigint);
}

function dropGarbage(database: DatabaseSync): boolean {
  const layer = database.prepare(`select layer_id from layer where state = 'garbage' limit 1`).get();
  if (layer === undefined) return false;
  const layerId = layer.layer_id as bigint;
  if (dropBatches(database, layerId) > 0n || dropMembers(database, layerId) > 0n) return true;
  database.prepare('delete from layer where layer_id = ?').run(layerId);
  return true;
}

/** Batches are kept as they came until the digest of the whole was compared. */
function dropReadBatches(database: DatabaseSync): boolean {
  const layer = database
    .prepare(
      `select layer_id from layer l where state = 'shown' and exists (select 1 from batch where layer_id = l.layer_id) limit 1`,
    )
    .get();
  return layer !== undefined && dropBatches(database, layer.layer_id as bigint) > 0n;
}

function dropBatches(database: DatabaseSync, layerId: bigint): bigint {
  const some = 'select rowid from batch where layer_id = ? limit ?';
  return BigInt(database.prepare(`delete from batch where rowid in (${some})`).run(layerId, STEP_BATCHES).changes);
}

function dropMembers(database: DatabaseSync, layerId: bigint): bigint {
  const some = 'select token from member where layer_id = ? limit ?';
  const drop = database.prepare(`delete from member where layer_id = ? and token in (${some})`);
  return BigInt(drop.run(layerId, layerId, STEP_ROWS).changes);
}

// INVARIANT: a row leaves its delta in the same transaction in which the layer below says the same, so that whoever
// reads between two steps, or after a death between them, sees the same members.
function foldDelta(database: DatabaseSync): boolean {
  const stack = database
    .prepare(
      `select layer_id, audience_id from layer where state = 'shown' and audience_id =
         (select audience_id from layer where state = 'shown' group by audience_id having count(*) > 1 limit 1)
       order by version limit 2`,
    )
    .all() as unknown as readonly Layer[];
  const [base, delta] = stack;
  if (base === undefined || delta === undefined) return false;
  const rows = database
    .prepare('select token, is_present from member where layer_id = ? limit ?')
    .all(delta.layer_id, STEP_ROWS);
  const put = database.prepare('insert or ignore into member values (?, ?, 1)');
  const drop = database.prepare('delete from member where layer_id = ? and token = ?');
  for (const { token, is_present } of rows) {
    if (is_present === 1n) put.run(base.layer_id, token as Uint8Array);
    else drop.run(base.layer_id, token as Uint8Array);
    drop.run(delta.layer_id, token as Uint8Array);
  }
  if (rows.length === 0 && dropBatches(database, delta.layer_id) === 0n)
    database.prepare('delete from layer where layer_id = ?').run(delta.layer_id);
  return true;
}
