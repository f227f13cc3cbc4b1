import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { datasets } from '../../proto/index.ts';
import { type Refresh, refreshOnce } from '../refresh-dataset.ts';
import { runCommand } from './command-context.ts';
import { exitCodes } from './command-failure.ts';
import { parseFormat, parseSnapshotMode, parseTolerance } from './parse-upload.ts';

// After a failure the next round comes sooner than planned, and later with each one that fails like it.
const firstRetryMs = 10_000;

// Timers of Node end here; nobody refreshes more seldom than by a week.
const longestEveryMs = 7 * 86_400_000;

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface RefreshOptions {
  readonly every: number;
  readonly mode: datasets.SnapshotMode;
  readonly tolerate?: datasets.RejectTolerance;
  readonly format?: datasets.FileFormat;
  readonly once?: boolean;
}

/** Adds `dataset refresh`: a dataset that follows a file for as long as the command runs. */
export function addDatasetRefreshCommand(group: Command): void {
  group
    .command('refresh <dataset> <file>')
    .description(
      'upload a file whenever its content has changed, for as long as the command runs: one line of JSON a round; errors are waited out',
    )
    .requiredOption('--mode <mode>', '`replace` what is there, or `append` to it', parseSnapshotMode)
    .option('--every <time>', 'time between two looks at the file: 30s, 15m, 1h, 1d', parseEvery, 3_600_000)
    .option(
      '--tolerate <rows>',
      'bad rows to leave out: a number, or a share as in 1%; else what the dataset says',
      parseTolerance,
    )
    .option(
      '--format <format>',
      'csv, ndjson, arrow or parquet, when the name of the file does not say it',
      parseFormat,
    )
    .option('--once', 'one round, for cron: exit code 0 when the dataset is as the file is, 1 otherwise')
    .action((datasetId: string, path: string, options: RefreshOptions, command: Command) =>
      runCommand(command, async ({ client }) => {
        const { mode, tolerate: tolerance, format } = options;
        const refresh: Refresh = { datasetId, path, mode, tolerance, ...(format === undefined ? {} : { format }) };
        for (let failures = 0; ; ) {
          const ended = await refreshOnce(client, refresh);
          process.stdout.write(`${JSON.stringify(ended)}\n`);
          const hasFailed = ended.result === 'failed';
          failures = hasFailed ? failures + 1 : 0;
          if (options.once === true) {
            if (hasFailed) process.exitCode = exitCodes.failed;
            return;
          }
          await sleep(hasFailed ? Math.min(options.every, firstRetryMs * 2 ** (failures - 1)) : options.every);
        }
      }),
    );
}

/** Parses a time between rounds: a whole number and its unit. */
function parseEvery(value: string): number {
  const { count, unit = '' } = /^(?<count>\d{1,6})(?<unit>[smhd])$/u.exec(value)?.groups ?? {};
  const everyMs = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (everyMs >= 1000 && everyMs <= longestEveryMs) return everyMs;
  throw new InvalidArgumentError('it must be a number with its unit, up to a week: 30s, 15m, 1h, 1d');
}
