import type { JobLimits, TableSource } from '../../sandbox/index.ts';

/** Where an encoded chunk says how many rows it has. */
const ROW_COUNT_AT = 4;

/** Counts what is read of the tables of jobs, and what they hold of it. */
export class ReadTally {
  rowCount = 0;
  bytesRead = 0;
  /** The most that one worker held. */
  peakMemoryBytes = 0;

  /** The same table, counted as it is read. */
  counting(table: TableSource): TableSource {
    const columns = table.columns.map((column, index) => ({
      ...column,
      chunks: () => this.#count(column.chunks(), index === 0),
    }));
    return { ...table, columns };
  }

  /** The same limits, with somebody who is told what the worker holds. */
  watching(limits: JobLimits): JobLimits {
    return {
      ...limits,
      tellPeak: (bytes) => {
        this.peakMemoryBytes = Math.max(this.peakMemoryBytes, bytes);
      },
    };
  }

  async *#count(chunks: AsyncIterable<Uint8Array>, isFirst: boolean): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of chunks) {
      this.bytesRead += chunk.length;
      // Every column of a table has the same rows.
      if (isFirst) this.rowCount += new DataView(chunk.buffer, chunk.byteOffset).getUint32(ROW_COUNT_AT, true);
      yield chunk;
    }
  }
}
