import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type datasets, uploads } from '../../proto/index.ts';
import { inferFile, proposedSchema } from '../infer-file.ts';
import { formatNumber, renderTable } from '../render/index.ts';
import { writeSchemaFile } from '../schema-file.ts';
import { runCommand } from './command-context.ts';
import { nameKind } from './parse-column.ts';
import { parseFormat } from './parse-upload.ts';

/** Adds `dataset infer`: what a file seems to hold, as a table to read and a file to correct. */
export function addDatasetInferCommand(group: Command): void {
  group
    .command('infer <file>')
    .description(
      'find out how a file is written and what its columns are: a table on stderr, and on stdout a schema file to correct by hand and to give to `galley dataset create --schema`',
    )
    .option(
      '--format <format>',
      'csv, ndjson, arrow or parquet, when the name of the file does not say it',
      parseFormat,
    )
    .option('--out <file>', 'write the schema file there; an existing file is left alone')
    .action((path: string, options: { format?: datasets.FileFormat; out?: string }, command: Command) =>
      runCommand(command, async ({ client, json }) => {
        const found = await inferFile(client, path, options.format);
        const schema = writeSchemaFile(proposedSchema(found));
        if (options.out !== undefined) writeFileSync(options.out, schema, { flag: 'wx', mode: 0o600 });
        process.stderr.write(`${renderFound(found)}\n`);
        if (json) process.stdout.write(`${JSON.stringify(uploads.InspectUploadResponse.toJSON(found), null, 2)}\n`);
        else if (options.out === undefined) process.stdout.write(schema);
      }),
    );
}

function renderFound({ columns, sampledRows }: uploads.InspectUploadResponse): string {
  const rows = columns.flatMap(({ column, fitShare }) =>
    column === undefined
      ? []
      : [[column.source || column.name, column.name, nameKind(column), `${formatNumber(fitShare * 100)} %`]],
  );
  return [
    renderTable(['in the file', 'column', 'kind', 'rows that fit'], rows),
    `from the first ${formatNumber(Number(sampledRows))} rows; correct the schema file where it is wrong, and take out the lines of columns that shall not come in`,
  ].join('\n');
}
