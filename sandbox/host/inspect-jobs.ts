import { type FileSource, type JobLimits, WallError } from '../wall.ts';
import { type FileDescription, KNOWN_NULL_WORDS } from '../wire/inspection.ts';
import type { FileLayout } from '../wire/jobs.ts';
import { converse, type WorkerEnd } from './conversation.ts';
import { failureOfUpload } from './ingest-jobs.ts';
import { fail } from './output-gate.ts';
import { RangeServer } from './range-server.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Finds out behind the wall how a file is written and what its columns look like. */
export async function inspect(
  pool: WorkerPool,
  { layout = {} }: { layout?: Partial<FileLayout> },
  file: FileSource,
  limits: JobLimits,
): Promise<FileDescription> {
  const server = new RangeServer(file);
  const errand = {
    job: { kind: 'inspect', layout, byteCount: file.byteCount } as const,
    stream: () => server.answers(),
    failureOf: (end: WorkerEnd) => (server.hasBegun ? failureOfUpload(end) : new WallError('RUN_FAILED')),
  };
  try {
    for await (const message of converse(pool, errand, limits)) {
      if (message.kind === 'want') server.want(message);
      else if (message.kind === 'described') {
        expectAsSaid(message.description, layout);
        return message.description;
      } else fail();
    }
  } finally {
    server.close();
  }
  fail();
}

// What the asker has said of the file is not for a worker to change, and words that were not given are of a closed set:
// a free one could be a value.
function expectAsSaid({ layout }: FileDescription, said: Partial<FileLayout>): void {
  for (const [part, value] of Object.entries(said)) {
    if (JSON.stringify(layout[part as keyof FileLayout]) !== JSON.stringify(value)) fail();
  }
  const known: readonly string[] = KNOWN_NULL_WORDS;
  if (said.nullWords === undefined && layout.nullWords?.some((word) => !known.includes(word))) fail();
}
