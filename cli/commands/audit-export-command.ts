import { type Command, InvalidArgumentError } from 'commander';
import { audit } from '../../proto/index.ts';
import { Patience } from '../client/index.ts';
import { type ExportWatch, exportLog } from '../export-log.ts';
import { type ExportedOn, exportOn } from '../export-on.ts';
import { startProgress } from '../render/index.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './audit-filter.ts';
import { runCommand } from './command-context.ts';
import { parseCount } from './parse-option.ts';

const formats: Readonly<Record<string, audit.ExportFormat>> = {
  jsonl: audit.ExportFormat.JSON_LINES,
  parquet: audit.ExportFormat.PARQUET,
  ocsf: audit.ExportFormat.OCSF,
};

/** How long a service that is away is waited for. */
const maxWaitMs = 5 * 60_000;

interface ExportOptions extends FilterOptions {
  readonly format: audit.ExportFormat;
  readonly to: string;
  readonly from: number;
  readonly until?: number;
  readonly state?: string;
}

/** Adds `audit export`. */
export function addAuditExport(group: Command): void {
  addFilterOptions(group.command('export').description('write entries to a file, which appears whole or not at all'))
    .requiredOption('--format <format>', 'jsonl, parquet, or ocsf for security information systems', parseFormat)
    .requiredOption('--to <file>', 'where to; `{from}` and `{until}` in the name become the places it covers')
    .option('--from <index>', 'from this entry on', parseCount, 0)
    .option('--until <index>', 'up to, not including, this entry; the whole log as it is now when left out', parseCount)
    .option('--state <file>', 'go on where the last export with this file ended, and remember where this one does')
    .action((options: ExportOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { format, to, from: fromIndex, until: untilIndex, state } = options;
        const order = { format, to, fromIndex, untilIndex, filter: filterOf(options) };
        const exported = await watched((watch): Promise<ExportedOn> => {
          return state === undefined ? exportLog(client, order, watch) : exportOn(client, order, state, watch);
        });
        show(exported, () => renderExport(exported));
      }),
    );
}

/** Shows how it goes while it goes. */
async function watched<Result>(work: (watch: ExportWatch) => Promise<Result>): Promise<Result> {
  const patience = new Patience(maxWaitMs, (error) => process.stderr.write(`  ${error.message}; trying again\n`));
  let progress: ReturnType<typeof startProgress> | undefined;
  const onProgress: ExportWatch['onProgress'] = (lookedAt, total, entries) => {
    progress ??= startProgress('exporting', total, 'entries');
    progress.to(lookedAt, `${entries.toLocaleString('en-US')} written`);
  };
  try {
    const result = await work({ patience, onProgress });
    progress?.finish();
    return result;
  } catch (error) {
    progress?.stop();
    throw error;
  }
}

function renderExport(exported: ExportedOn): string {
  const { path, untilIndex } = exported;
  if (path === null) return `nothing new: the log ends before entry ${untilIndex}, as at the last export`;
  const { entries, bytes, fromIndex, sha256 } = exported;
  return [
    `${path}: ${entries} entries, ${bytes} bytes, sha256 ${sha256}`,
    `covers the log from entry ${fromIndex} up to, not including, entry ${untilIndex}; go on with \`--from ${untilIndex}\``,
  ].join('\n');
}

function parseFormat(value: string): audit.ExportFormat {
  const format = formats[value];
  if (format === undefined) throw new InvalidArgumentError(`it must be one of: ${Object.keys(formats).join(', ')}`);
  return format;
}
