import type { TableView } from '../../policies/index.ts';
import { WallError } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { dropLayouts } from './drop-layouts.ts';
import { isOutdated } from './is-outdated.ts';
import { forgetWithoutFiles, removeUnnamedFiles } from './layout-files.ts';
import { type MadeOf, openShardIndex } from './layout-record.ts';
import { makeLayouts } from './make-layouts.ts';
import { contentsOf, type WantedLayout, wantedLayouts } from './wanted-layouts.ts';

/** What is changed in one go, as a binding and its rules are, is looked at once. */
const SETTLING_MS = 1_000;
/** How often all is looked at without a change: consent ends with a day, and nobody says so. */
const LOOKING_MS = 3_600_000;

/** What the keeper of layouts needs beside the kitchen. */
export interface KeptViews {
  /** The bound tables of a collaboration with their rules in force; none when it has none. */
  readonly readViews: (collaborationId: string) => Promise<readonly TableView[]>;
}

/** The loop that makes layouts, one at a time, and removes those that are out of date. */
export interface Layouts {
  /**
   * Takes every layout of some collaborations away, files included, one that is being made too. They are made again of
   * what is there then.
   */
  readonly forget: (collaborationIds: readonly string[]) => Promise<void>;
  /** Stops, and waits; what was being made is thrown away. */
  readonly close: () => Promise<void>;
}

/** Removes what a crash or a restored backup left of layouts: half of one, and files that nothing names. Run at start. */
export async function sweepLayouts(kitchen: Kitchen): Promise<void> {
  await kitchen.store.db.deleteFrom('layouts').where('state', '=', 'making').execute();
  await forgetWithoutFiles(kitchen);
  await removeUnnamedFiles(kitchen);
}

/** Starts with a look at every collaboration. */
export function startLayouts(kitchen: Kitchen, kept: KeptViews): Layouts {
  const keeper = new Keeper(kitchen, kept);
  const stopListening = kitchen.changes.listen((id) => keeper.nudge(id));
  const clock = setInterval(() => keeper.nudge(null), LOOKING_MS);
  keeper.nudge(null);
  const ended = keeper.run();
  return {
    forget: (collaborationIds) => keeper.forget(collaborationIds),
    close: async () => {
      stopListening();
      clearInterval(clock);
      keeper.stop();
      await ended;
    },
  };
}

class Keeper {
  readonly #kitchen: Kitchen;
  readonly #kept: KeptViews;
  readonly #waiting = new Set<string>();
  readonly #stop = new AbortController();
  #areAllWaiting = false;
  #wake = Promise.withResolvers<void>();
  #current: {
    readonly collaborationId: string;
    readonly controller: AbortController;
    readonly ended: Promise<void>;
  } | null = null;
  /** What is being made now. */
  #group: readonly WantedLayout[] = [];

  constructor(kitchen: Kitchen, kept: KeptViews) {
    this.#kitchen = kitchen;
    this.#kept = kept;
  }

  nudge(collaborationId: string | null): void {
    if (collaborationId === null) this.#areAllWaiting = true;
    else this.#waiting.add(collaborationId);
    this.#wake.resolve();
    const current = this.#current;
    if (current === null || (collaborationId ?? current.collaborationId) !== current.collaborationId) return;
    void this.#giveUpOutdated(current.collaborationId, current.controller).catch((err: unknown) => {
      this.#kitchen.operatorLog.warn({ err, collaborationId }, 'layouts that are being made may be outdated');
    });
  }

  stop(): void {
    this.#stop.abort();
    this.#current?.controller.abort();
    this.#wake.resolve();
  }

  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
      await pause(SETTLING_MS, this.#stop.signal);
      await this.#addAll();
      for (const collaborationId of [...this.#waiting]) {
        this.#waiting.delete(collaborationId);
        if (this.#stop.signal.aborted) return;
        await this.#keep(collaborationId);
      }
    }
  }

  async forget(collaborationIds: readonly string[]): Promise<void> {
    const current = this.#current;
    if (current !== null && collaborationIds.includes(current.collaborationId)) {
      current.controller.abort();
      await current.ended;
    }
    await this.#kitchen.store.db
      .deleteFrom('layouts')
      .where('collaboration_id', 'in', [...collaborationIds, ''])
      .execute();
    await removeUnnamedFiles(this.#kitchen, collaborationIds);
    for (const collaborationId of collaborationIds) this.nudge(collaborationId);
  }

  async #addAll(): Promise<void> {
    if (!this.#areAllWaiting) return;
    this.#areAllWaiting = false;
    const { db } = this.#kitchen.store;
    const bound = await db.selectFrom('bindings').select('collaboration_id').distinct().execute();
    for (const row of bound) this.#waiting.add(row.collaboration_id);
  }

  async #keep(collaborationId: string): Promise<void> {
    const controller = new AbortController();
    const ended = this.#bringUpToDate(collaborationId, controller.signal).catch((cause: unknown) => {
      if (controller.signal.aborted) return;
      // Never anybody's error: questions take the general program. It is tried again with the next change.
      const name = cause instanceof WallError ? cause.code : cause instanceof Error ? cause.name : 'unknown';
      this.#kitchen.operatorLog.warn({ collaborationId, cause: name }, 'layouts are not made; questions do without');
    });
    this.#current = { collaborationId, controller, ended };
    await ended;
    this.#current = null;
  }

  async #bringUpToDate(collaborationId: string, signal: AbortSignal): Promise<void> {
    const views = await this.#kept.readViews(collaborationId);
    await removeReplaced(this.#kitchen, collaborationId, views);
    const wanted = await wantedLayouts(this.#kitchen, collaborationId, { views, signal });
    const missing = await removeOthers(this.#kitchen, collaborationId, wanted);
    for (const group of groupsByTables(missing)) {
      this.#group = group;
      try {
        // What has changed before there was a group to look at.
        const hasChanged = this.#areAllWaiting || this.#waiting.has(collaborationId);
        if (signal.aborted || (hasChanged && (await this.#isOutdated(collaborationId, group)))) return;
        await makeLayouts(this.#kitchen, collaborationId, { group, signal });
      } finally {
        this.#group = [];
      }
    }
  }

  /** What nobody would find is not made to its end: it takes minutes of the machine, and holds rows that are replaced. */
  async #giveUpOutdated(collaborationId: string, controller: AbortController): Promise<void> {
    const group = this.#group;
    if (group.length === 0) return;
    if (!(await this.#isOutdated(collaborationId, group)) || this.#group !== group) return;
    controller.abort();
    this.#kitchen.operatorLog.info({ collaborationId }, 'layouts that were being made are outdated, and given up');
  }

  async #isOutdated(collaborationId: string, group: readonly WantedLayout[]): Promise<boolean> {
    const views = await this.#kept.readViews(collaborationId);
    return await isOutdated(this.#kitchen, collaborationId, { group, views });
  }
}

/**
 * Removes layouts of rows that are not there any more. What is wanted is known only when persons are told apart, which may
 * fail and be tried again much later: until then nobody's old rows lie about. Nothing is being made now: what says so was
 * given up on a full disk, which took no note of that either.
 */
async function removeReplaced(kitchen: Kitchen, collaborationId: string, views: readonly TableView[]): Promise<void> {
  const stored = await kitchen.store.db
    .selectFrom('layouts')
    .select(['layout_id', 'made_of', 'state'])
    .where('collaboration_id', '=', collaborationId)
    .execute();
  if (stored.length === 0) return;
  const contents = await contentsOf(kitchen, collaborationId, views);
  const isOfNow = (made: string) => (JSON.parse(made) as MadeOf).contents.every((id) => contents.has(id));
  const old = stored.filter(({ made_of: made, state }) => state === 'making' || !isOfNow(made));
  await removeLayouts(kitchen, collaborationId, old);
}

async function removeLayouts(
  kitchen: Kitchen,
  collaborationId: string,
  layouts: readonly { readonly layout_id: string }[],
): Promise<void> {
  if (layouts.length === 0) return;
  const ids = layouts.map((row) => row.layout_id);
  await kitchen.store.db.deleteFrom('layouts').where('layout_id', 'in', ids).execute();
  await removeUnnamedFiles(kitchen, [collaborationId]);
}

/** Removes layouts that are not wanted any more; answers those that are and are not there. */
async function removeOthers(
  kitchen: Kitchen,
  collaborationId: string,
  wanted: readonly WantedLayout[],
): Promise<readonly WantedLayout[]> {
  const stored = await kitchen.store.db
    .selectFrom('layouts')
    .select(['layout_id', 'name', 'details_sealed'])
    .where('collaboration_id', '=', collaborationId)
    .execute();
  const opened = stored.map((row) => ({ ...row, index: openShardIndex(kitchen, row) }));
  const broken = opened.filter((row) => row.index === null).map((row) => row.layout_id);
  if (broken.length > 0) await dropLayouts(kitchen, collaborationId, broken);
  const rows = opened.flatMap(({ index, ...row }) => (index === null ? [] : [{ ...row, cut: index.cut }]));
  const cuts = new Map(wanted.map(({ name, cut }) => [name, cut]));
  // One that was cut for smaller tables would hold up a run over larger ones with more rows at once than it may have.
  const old = rows.filter((row) => (cuts.get(row.name) ?? Number.POSITIVE_INFINITY) > row.cut);
  await removeLayouts(kitchen, collaborationId, old);
  const known = new Set(rows.filter((row) => !old.includes(row)).map(({ name }) => name));
  return wanted.filter(({ name }) => !known.has(name));
}

/** Those of the same tables are made together: rows are read once for all of them. */
function groupsByTables(layouts: readonly WantedLayout[]): readonly (readonly WantedLayout[])[] {
  const tablesOf = ({ snapshots }: WantedLayout) => snapshots.map(({ datasetId }) => datasetId).join(' ');
  return [...Map.groupBy(layouts, tablesOf).values()];
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  signal.addEventListener('abort', () => over.resolve(), { once: true });
  await over.promise;
  clearTimeout(timer);
}
