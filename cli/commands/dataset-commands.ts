import type { Command } from 'commander';
import { datasets } from '../../proto/index.ts';
import { nameMode, renderTable } from '../render/index.ts';
import { when } from './collaboration-text.ts';
import { runCommand } from './command-context.ts';
import { addDatasetCreateCommand } from './dataset-create-command.ts';
import { addDatasetInferCommand } from './dataset-infer-command.ts';
import { addDatasetRefreshCommand } from './dataset-refresh-command.ts';
import { addDatasetUploadCommand } from './dataset-upload-command.ts';
import { addDatasetErasure } from './erasure-commands.ts';
import { nameKind } from './parse-column.ts';
import { addTakeOutCommand } from './take-out-command.ts';

/** Adds `dataset …`: a member's own data. */
export function addDatasetCommands(program: Command): void {
  const group = program.command('dataset').description("the caller's own data");
  addDatasetInferCommand(group);
  addDatasetCreateCommand(group);
  addReads(group);
  addPaths(group);
  addDatasetUploadCommand(group);
  addDatasetRefreshCommand(group);
  addTakeOutCommand(group);
  addDatasetErasure(group);
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
        const rows = paths.map((p) => [
          ...[when(p.submittedAt), p.queryId, p.alias, p.rows, p.persons, p.groups, p.path],
          ...costOf(p),
        ]);
        show(paths.map(datasets.CountingPath.toJSON), () => renderTable(PATHS_HEADER, rows));
      }),
    );
}

const PATHS_HEADER = [
  ...['submitted', 'question', 'table', 'rows', 'persons', 'groups', 'path'],
  ...['shards', 'rows read', 'bytes read', 'memory', 'ms'],
];

/** What it took, where that is told. */
function costOf(path: datasets.CountingPath): (string | number)[] {
  if (path.path === '') return ['', '', '', '', ''];
  const memory = path.peakMemoryBytes === 0n ? '' : Number(path.peakMemoryBytes);
  return [path.shardCount, Number(path.rowsRead), Number(path.bytesRead), memory, path.runMs];
}

function renderDataset(dataset: datasets.Dataset): string {
  return [
    `${dataset.displayName} (${dataset.datasetId}) of ${dataset.owner}${dataset.synthetic ? ', made up' : ''}`,
    renderTable(
      ['column', 'kind'],
      dataset.columns.map((column) => [column.name, nameKind(column)]),
    ),
    renderTable(
      ['snapshot', 'mode', 'uploads in it', 'rows', 'refused', 'changed by erasure', 'published'],
      dataset.snapshots.map((s) => [
        s.snapshotId,
        nameMode(s.mode),
        s.partCount,
        Number(s.rowCount),
        Number(s.rejectedCount),
        s.revision,
        when(s.publishedAt),
      ]),
    ),
  ].join('\n');
}
