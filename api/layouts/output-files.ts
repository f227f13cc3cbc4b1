import { printLayout } from '../../policies/index.ts';
import type { DerivedTable, DerivingStep } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { originOfColumn } from './column-origin.ts';
import { ColumnWriter } from './column-writer.ts';
import type { Dictionaries } from './dictionaries.ts';
import { layoutPlace } from './layout-files.ts';
import { sealShardIndex } from './layout-record.ts';
import { storedType } from './open-layouts.ts';
import type { Ordinals } from './ordinals.ts';
import { FINEST_SHARDS_COUNT } from './shard-index.ts';
import type { WantedLayout } from './wanted-layouts.ts';

interface DerivedChunk {
  readonly column: number;
  readonly rows: number;
  readonly bytes: Uint8Array;
}

/** The files of one layout while it is made. */
export class OutputFiles {
  /** What the wall is asked for. */
  readonly output: DerivedTable;
  /** What it reads, in order. */
  readonly steps: readonly DerivingStep[];
  readonly #kitchen: Kitchen;
  readonly #layoutId: string;
  readonly #cut: number;
  readonly #writers: readonly ColumnWriter[];
  readonly #rows = Array.from({ length: FINEST_SHARDS_COUNT }, () => 0);
  readonly #ordinals: Ordinals;

  private constructor(
    kitchen: Kitchen,
    of: {
      readonly layoutId: string;
      readonly cut: number;
      readonly output: OutputFiles['output'];
      readonly steps: OutputFiles['steps'];
      readonly writers: readonly ColumnWriter[];
      readonly ordinals: Ordinals;
    },
  ) {
    this.#kitchen = kitchen;
    this.#layoutId = of.layoutId;
    this.#cut = of.cut;
    this.output = of.output;
    this.steps = of.steps;
    this.#writers = of.writers;
    this.#ordinals = of.ordinals;
  }

  /** Begins all files of a layout, each under the key of the dataset that its values come from. */
  static async create(
    kitchen: Kitchen,
    collaborationId: string,
    of: {
      readonly layout: WantedLayout;
      readonly layoutId: string;
      readonly dictionaries: Dictionaries;
      readonly ordinals: Ordinals;
    },
  ): Promise<OutputFiles> {
    const { layout, layoutId, dictionaries, ordinals } = of;
    const { spec, printed } = layout;
    const writers: ColumnWriter[] = [];
    const columns: DerivedTable['columns'][number][] = [];
    try {
      for (const [index, { name, type }] of printed.columns.entries()) {
        const { datasetId, source } = originOfColumn(spec, name);
        const dictionary = type.kind === 'code' ? dictionaries.of(datasetId, source)?.texts : undefined;
        const place = layoutPlace(kitchen, collaborationId, { layoutId, index, datasetId });
        writers.push(await ColumnWriter.create(kitchen, place, dictionary));
        const stored = storedType(type, dictionary !== undefined);
        columns.push({ name, type: stored, ...(dictionary === undefined ? {} : { dictionary }) });
      }
    } catch (cause) {
      for (const writer of writers) await writer.abandon();
      throw cause;
    }
    const held = spec.base.table.columns.filter(({ name, type }) => {
      return type.kind === 'text' && dictionaries.of(spec.base.table.datasetId, name) === undefined;
    });
    const { sql, steps } = printLayout(spec, new Set(held.map(({ name }) => name)));
    const output = { sql, columns, maxRows: layout.rowCount, reads: steps.map(({ into }) => into) };
    return new OutputFiles(kitchen, { layoutId, cut: layout.cut, output, steps, writers, ordinals });
  }

  /** Adds a chunk of a finest shard; shards come in order. */
  async write(shard: number, { column, rows, bytes }: DerivedChunk): Promise<void> {
    if (column === 0) this.#rows[shard] = (this.#rows[shard] ?? 0) + rows;
    const name = this.output.columns[column]?.name;
    if (name !== undefined) this.#ordinals.place(name, shard, bytes);
    await this.#writers[column]?.write(shard, bytes);
  }

  /** Puts all files in place; answers what the layout is then. */
  async finish() {
    const columns = [];
    for (const writer of this.#writers) columns.push(await writer.finish());
    return {
      layoutId: this.#layoutId,
      state: 'ready' as const,
      file_count: columns.length,
      byte_count: columns.reduce((sum, { byteCount }) => sum + byteCount, 0),
      details_sealed: sealShardIndex(this.#kitchen, this.#layoutId, { cut: this.#cut, rows: this.#rows, columns }),
      made_at_ms: this.#kitchen.nowMs(),
    };
  }

  /** Throws away what is not finished. */
  async abandon(): Promise<void> {
    for (const writer of this.#writers) await writer.abandon();
  }
}
