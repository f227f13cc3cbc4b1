import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { datasets } from '../../proto/index.ts';
import type { GalleyClient } from '../client/index.ts';
import { startProgress } from '../render/index.ts';
import { runCommand } from './command-context.ts';

/** The ending of a file that is not whole yet: it is gone on with when the command is run again. */
const HALF = '.part';

const ENDINGS: Partial<Record<datasets.FileFormat, string>> = {
  [datasets.FileFormat.CSV]: 'csv',
  [datasets.FileFormat.NDJSON]: 'ndjson',
  [datasets.FileFormat.ARROW]: 'arrow',
  [datasets.FileFormat.PARQUET]: 'parquet',
};

/** Adds `dataset take-out`: what an owner has brought, file by file. */
export function addTakeOutCommand(group: Command): void {
  group
    .command('take-out <dataset>')
    .description('write back exactly what was uploaded, a file for each upload; run again, it goes on where it was')
    .option('--snapshot <snapshot>', 'the newest when left out')
    .requiredOption('--out <directory>', 'where to write the files; those that are there are left alone')
    .action((datasetId: string, options: { snapshot?: string; out: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const snapshotId = options.snapshot ?? (await newestOf(client, datasetId));
        await mkdir(options.out, { recursive: true, mode: 0o700 });
        const files: TakenOut[] = [];
        for (let partIndex = 0, partCount = 1; partIndex < partCount; partIndex += 1) {
          const taken = await takeOutFile(client, { datasetId, snapshotId, partIndex }, options.out);
          partCount = taken.partCount;
          files.push(taken.file);
        }
        show(files, () =>
          files.map(({ path, bytes, sha256 }) => `${path}: ${bytes} bytes, sha256 ${sha256}`).join('\n'),
        );
      }),
    );
}

interface TakenOut {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly hasErasures: boolean;
}

async function newestOf(client: GalleyClient, datasetId: string): Promise<string> {
  const newest = (await client.datasets.get(datasetId)).snapshots.at(-1);
  if (newest === undefined) throw new Error(`dataset \`${datasetId}\` has no snapshot`);
  return newest.snapshotId;
}

async function takeOutFile(
  client: GalleyClient,
  part: { readonly datasetId: string; readonly snapshotId: string; readonly partIndex: number },
  directory: string,
): Promise<{ readonly file: TakenOut; readonly partCount: number }> {
  const half = join(directory, `${part.snapshotId}-${part.partIndex}${HALF}`);
  const there = await sizeOf(half);
  const stream = client.datasets.takeOutFile({ ...part, offset: BigInt(there) })[Symbol.asyncIterator]();
  const first = await stream.next();
  const facts = first.done ? undefined : first.value.file;
  if (facts === undefined) throw new Error('the service did not say what file it sends');
  const handle = await open(half, 'a', 0o600);
  try {
    await writeRest(handle, stream, Number(facts.byteCount) - there);
  } finally {
    await handle.close();
  }
  const sha256 = await digestOf(half);
  if (sha256 !== Buffer.from(facts.sha256).toString('hex')) {
    throw new Error(`\`${half}\` is not what the service has: remove it, and take out again`);
  }
  const path = await freePath(directory, nameOf(facts, part.partIndex));
  await rename(half, path);
  const file = { path, bytes: Number(facts.byteCount), sha256, hasErasures: facts.hasErasures };
  return { file, partCount: facts.partCount };
}

async function writeRest(
  handle: FileHandle,
  stream: AsyncIterator<datasets.TakeOutSnapshotResponse>,
  byteCount: number,
): Promise<void> {
  const progress = startProgress('taking out', byteCount, 'MB');
  try {
    for (let next = await stream.next(); !next.done; next = await stream.next()) {
      await handle.writeFile(next.value.chunk);
      progress.advance(next.value.chunk.length);
    }
    await handle.sync();
    progress.finish();
  } catch (error) {
    progress.stop();
    throw error;
  }
}

// A name of the uploader's own choice, on a machine that may be another's: the last part of it alone.
function nameOf({ fileName, format, hasErasures }: datasets.TakenOutFile, partIndex: number): string {
  const ending = ENDINGS[format] ?? 'bin';
  const name = basename(fileName).replace(/^\.+/u, '');
  if (name === '') return `part-${partIndex + 1}.${ending}`;
  // Rows were taken out of it: a packed file comes back unpacked, and a table as lines of JSON.
  return hasErasures && !name.endsWith(`.${ending}`) ? `${name}.${ending}` : name;
}

async function freePath(directory: string, name: string): Promise<string> {
  for (let count = 0; ; count += 1) {
    const path = join(directory, count === 0 ? name : `${count + 1}-${name}`);
    const isTaken = await stat(path).then(
      () => true,
      () => false,
    );
    if (!isTaken) return path;
  }
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    (found) => found.size,
    () => 0,
  );
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}
