import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { datasets, uploads } from '../../proto/index.ts';
import { renderOutcome, renderRejects, renderSnapshot } from '../render/index.ts';
import { checkStaged, formatOf, layoutOf, publishStaged, stageFile, standardInput } from '../upload-file.ts';
import { runCommand } from './command-context.ts';
import { UsageFault } from './command-failure.ts';
import { parseFormat, parseSnapshotMode, parseTolerance } from './parse-upload.ts';

interface UploadOptions {
  readonly mode: datasets.SnapshotMode;
  readonly dryRun?: boolean;
  readonly tolerate?: datasets.RejectTolerance;
  readonly rejects?: string;
  readonly format?: datasets.FileFormat;
  readonly requestId?: string;
  readonly again?: boolean;
}

/** Adds `dataset upload`: a file in, from wherever an earlier run stopped. */
export function addDatasetUploadCommand(group: Command): void {
  group
    .command('upload <dataset> <file>')
    .description(
      'send a file and publish it as a new snapshot, whole or not at all; an interrupted upload goes on where it stopped when the same command is run again; `-` reads standard input, which cannot',
    )
    .option(
      '--mode <mode>',
      '`replace` what is there, or `append` to it',
      parseSnapshotMode,
      datasets.SnapshotMode.REPLACE,
    )
    .option('--dry-run', 'send and read the file, say what would be published, and publish nothing')
    .option(
      '--tolerate <rows>',
      'bad rows to leave out: a number, or a share as in 1%; else what the dataset says',
      parseTolerance,
    )
    .option('--rejects <file>', 'write the rows that were left out to a CSV file: line, column, reason')
    .option(
      '--format <format>',
      'csv, ndjson, arrow or parquet, when the name of the file does not say it',
      parseFormat,
    )
    .option('--request-id <id>', 'the name of the upload; the same one with the same bytes has its effect once')
    .option('--again', 'upload a file that has been published before once more')
    .action((datasetId: string, path: string, options: UploadOptions, command: Command) =>
      runCommand(command, async (context) => {
        const { format = formatNamed(path), mode, tolerate: tolerance } = options;
        const requestId = options.requestId ?? (options.again === true ? randomUUID() : undefined);
        const file = { datasetId, path, ...(requestId === undefined ? {} : { requestId }) };
        const stopSaying = sayHowToGoOn(path);
        try {
          const upload = await stageFile(context.client, file);
          const staged = { datasetId, terms: { mode, tolerance, layout: layoutOf(format) } };
          if (options.dryRun === true) showOutcome(context, await checkStaged(context.client, upload, staged), options);
          else await publish(context, upload, { ...staged, options });
        } finally {
          stopSaying();
        }
      }),
    );
}

type Context = Parameters<Parameters<typeof runCommand>[1]>[0];

async function publish(
  { client, show }: Context,
  upload: uploads.Upload,
  of: { readonly options: UploadOptions } & Omit<Parameters<typeof publishStaged>[2], 'onRefused'>,
): Promise<void> {
  const { rejects: path } = of.options;
  const wasPublished = upload.state === uploads.UploadState.PUBLISHED;
  const onRefused = (report: datasets.RejectReport) => writeRejects(path, report);
  const { snapshot, rejects } = await publishStaged(client, upload, { ...of, onRefused });
  if (rejects !== undefined) writeRejects(path, rejects);
  show(uploads.PublishedUpload.toJSON({ snapshot, rejects }), () =>
    [
      ...(wasPublished ? ['this very file was published before; --again publishes it once more'] : []),
      ...(snapshot === undefined ? [] : [renderSnapshot(snapshot)]),
      ...(rejects === undefined || rejects.rejectedCount === 0n ? [] : [renderRejects(rejects)]),
    ].join('\n'),
  );
}

function showOutcome({ show }: Context, outcome: uploads.UploadOutcome, { rejects }: UploadOptions): void {
  if (outcome.rejects !== undefined) writeRejects(rejects, outcome.rejects);
  show(uploads.UploadOutcome.toJSON(outcome), () => renderOutcome(outcome));
}

function writeRejects(path: string | undefined, { rejects }: datasets.RejectReport): void {
  if (path === undefined) return;
  const lines = rejects.map(({ line, column, reason }) => `${line},${column},${reason}\n`);
  writeFileSync(path, `line,column,reason\n${lines.join('')}`, { mode: 0o600 });
}

function formatNamed(path: string): datasets.FileFormat {
  if (path !== standardInput) return formatOf(path);
  throw new UsageFault('standard input has no name: say what it is with --format');
}

/** Tells whoever stops the command what has come of it. */
function sayHowToGoOn(path: string): () => void {
  const onStop = (): never => {
    const help =
      path === standardInput
        ? 'stopped; what was sent of standard input expires by itself'
        : 'stopped; run the same command again, and it goes on where it stopped';
    process.stderr.write(`\n${help}\n`);
    process.exit(130);
  };
  process.once('SIGINT', onStop);
  return () => process.off('SIGINT', onStop);
}
