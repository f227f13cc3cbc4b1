import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { datasets } from '../../proto/index.ts';
import { readSchemaFile, type SchemaFile } from '../schema-file.ts';
import { layoutOf } from '../upload-file.ts';
import { runCommand } from './command-context.ts';
import { UsageFault } from './command-failure.ts';
import { columnSyntax, isIdentifier, parseColumn } from './parse-column.ts';
import { collect, readText } from './parse-option.ts';
import { parseTolerance } from './parse-upload.ts';

interface CreateOptions {
  readonly name?: string;
  readonly schema?: string;
  readonly column?: datasets.Column[];
  readonly tolerate?: datasets.RejectTolerance;
  readonly synthetic?: boolean;
  readonly requestId?: string;
}

/** Adds `dataset create`: an empty dataset by a schema file, or by columns on the command line. */
export function addDatasetCreateCommand(group: Command): void {
  group
    .command('create [name]')
    .description('create an empty dataset with its schema; without an identifier it is for a public table')
    .option('--name <name>', 'its name for people, where it is not given as an argument')
    .option('--schema <file>', 'a schema file, as `galley dataset infer` writes it; `-` reads standard input')
    .option('--column <column>', `a column: ${columnSyntax}; repeat`, collect(parseColumn))
    .option('--tolerate <rows>', 'bad rows that each upload may have: a number, or a share as in 1%', parseTolerance)
    .option('--synthetic', 'says that all of its data is made up, for good; a service for development takes no other')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((argument: string | undefined, options: CreateOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const displayName = argument ?? options.name;
        if (displayName === undefined) throw new UsageFault('name the dataset, as in `galley dataset create orders`');
        const { columns, layout, tolerance } = schemaOf(options);
        const dataset = await client.datasets.create({
          displayName,
          columns,
          layout,
          tolerance: options.tolerate ?? tolerance,
          synthetic: options.synthetic === true,
          requestId: options.requestId ?? randomUUID(),
        });
        show(datasets.Dataset.toJSON(dataset), () => renderCreated(dataset));
      }),
    );
}

function schemaOf({ schema, column }: CreateOptions): SchemaFile {
  if ((schema === undefined) === (column === undefined)) {
    throw new UsageFault('give the columns either by --schema or by --column');
  }
  if (schema !== undefined) return readSchemaFile(readText(schema));
  const layout = layoutOf(datasets.FileFormat.UNSPECIFIED);
  return { columns: column ?? [], layout, tolerance: { rows: 0n, share: 0 } };
}

function renderCreated(dataset: datasets.Dataset): string {
  const created = `dataset ${dataset.datasetId} of ${dataset.owner}`;
  if (dataset.columns.some(isIdentifier)) return created;
  // Whoever forgot to name the identifier has to learn it before the rows of persons are in.
  return `${created}\nno column is an identifier: it can only be bound as a public table, whose rows are not protected`;
}
