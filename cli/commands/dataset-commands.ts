import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { datasets } from '../../proto/index.ts';
import { renderRejects, renderTable } from '../render/index.ts';
import { uploadFile } from '../upload-file.ts';
import { when } from './collaboration-text.ts';
import { runCommand } from './command-context.ts';
import { columnSyntax, isIdentifier, nameKind, parseColumn } from './parse-column.ts';
import { collect, parseCount } from './parse-option.ts';

/** Adds `dataset …`: a member's own data. */
export function addDatasetCommands(program: Command): void {
  const group = program.command('dataset').description("the caller's own data");
  addCreate(group);
  addReads(group);
  addPaths(group);
  addUpload(group);
  addTakeOut(group);
}

interface CreateOptions {
  column: datasets.Column[];
  synthetic?: boolean;
  requestId?: string;
}

function addCreate(group: Command): void {
  group
    .command('create <name>')
    .description('create an empty dataset with its schema; without an identifier it is for a public table')
    .requiredOption('--column <column>', `a column: ${columnSyntax}; repeat`, collect(parseColumn))
    .option('--synthetic', 'says that all of its data is made up, for good; a service for development takes no other')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((displayName: string, options: CreateOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const dataset = await client.datasets.create({
          displayName,
          columns: options.column,
          synthetic: options.synthetic === true,
          requestId: options.requestId ?? randomUUID(),
        });
        show(datasets.Dataset.toJSON(dataset), () => renderCreated(dataset));
      }),
    );
}

function addReads(group: Command): void {
  group
    .command('list')
    .description("the datasets of the caller's member")
    .action((_options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.datasets.list();
        const rows = all.map((one) => [
          one.datasetId,
          one.displayName,
          String(one.snapshots.length),
          one.synthetic ? 'made up' : '',
          when(one.createdAt),
        ]);
        show(all.map(datasets.Dataset.toJSON), () => renderTable(['id', 'name', 'snapshots', 'data', 'created'], rows));
      }),
    );
  group
    .command('show <dataset>')
    .description('schema and snapshots of one dataset')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const dataset = await client.datasets.get(id);
        show(datasets.Dataset.toJSON(dataset), () => renderDataset(dataset));
      }),
    );
}

function addPaths(group: Command): void {
  group
    .command('paths <dataset>')
    .description(
      'how questions were counted over one dataset, newest first; it follows from its data and is shown to its owner alone',
    )
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const paths = await client.datasets.countingPaths(id);
        const rows = paths.map((p) => [when(p.submittedAt), p.queryId, p.alias, p.rows, p.persons, p.groups]);
        show(paths.map(datasets.CountingPath.toJSON), () =>
          renderTable(['submitted', 'question', 'table', 'rows', 'persons', 'groups'], rows),
        );
      }),
    );
}

function addUpload(group: Command): void {
  group
    .command('upload <dataset> <file>')
    .description('stream a file in as a new snapshot, whole or not at all; .csv, .csv.gz, .arrow, .feather or .parquet')
    .option('--max-rejects <rows>', 'bad rows to leave out before the whole file is refused', parseCount, 0)
    .option('--upload-id <id>', 'the same id with the same bytes has its effect once')
    .action((datasetId: string, path: string, options: { maxRejects: number; uploadId?: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { maxRejects, uploadId = randomUUID() } = options;
        const { snapshot, rejects } = await uploadFile(client, { datasetId, path, maxRejects, uploadId });
        show(datasets.UploadSnapshotResponse.toJSON({ snapshot, rejects }), () =>
          [
            `snapshot ${snapshot.snapshotId}: ${snapshot.rowCount} rows, ${snapshot.rejectedCount} refused`,
            ...(rejects === undefined || rejects.rejectedCount === 0n ? [] : [renderRejects(rejects)]),
          ].join('\n'),
        );
      }),
    );
}

function addTakeOut(group: Command): void {
  group
    .command('take-out <dataset> <snapshot>')
    .description('write back exactly the bytes that were uploaded')
    .requiredOption('--out <file>', 'where to write them; an existing file is left alone')
    .action((datasetId: string, snapshotId: string, { out }: { out: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const file = createWriteStream(out, { flags: 'wx', mode: 0o600 });
        await once(file, 'open');
        await pipeline(Readable.from(client.datasets.takeOut(datasetId, snapshotId)), file).catch((error: unknown) => {
          // Half a file would look like the whole one to whoever finds it.
          rmSync(out);
          throw error;
        });
        show({ out, bytes: file.bytesWritten }, () => `${file.bytesWritten} bytes written to ${out}`);
      }),
    );
}

function renderCreated(dataset: datasets.Dataset): string {
  const created = `dataset ${dataset.datasetId} of ${dataset.owner}`;
  if (dataset.columns.some(isIdentifier)) return created;
  // Whoever forgot to name the identifier has to learn it before the rows of persons are in.
  return `${created}\nno column is an identifier: it can only be bound as a public table, whose rows are not protected`;
}

function renderDataset(dataset: datasets.Dataset): string {
  return [
    `${dataset.displayName} (${dataset.datasetId}) of ${dataset.owner}${dataset.synthetic ? ', made up' : ''}`,
    renderTable(
      ['column', 'kind'],
      dataset.columns.map((column) => [column.name, nameKind(column)]),
    ),
    renderTable(
      ['snapshot', 'rows', 'refused', 'published'],
      dataset.snapshots.map((s) => [s.snapshotId, Number(s.rowCount), Number(s.rejectedCount), when(s.publishedAt)]),
    ),
  ].join('\n');
}
