import { readFileSync, statSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type HashCounts,
  hashFile,
  type IdentifierColumn,
  identifierColumnSyntax,
  readIdentifierColumn,
} from '../identifiers/index.ts';
import { toJson } from './command-context.ts';
import { UsageFault } from './command-failure.ts';

interface HashOptions {
  readonly column: IdentifierColumn[];
  readonly format?: 'csv' | 'ndjson';
  readonly encoding: string;
  readonly delimiter?: string;
  readonly out?: string;
  readonly rejects?: string;
}

const VECTORS_FILE = new URL('../../identity/test-vectors.json', import.meta.url);

/** A line on stderr this often says that it goes on. */
const PROGRESS_EVERY_MS = 2_000;

const FORMATS: readonly (readonly [RegExp, 'csv' | 'ndjson'])[] = [
  [/\.(csv|tsv|txt)(\.gz)?$/iu, 'csv'],
  [/\.(ndjson|jsonl)(\.gz)?$/iu, 'ndjson'],
];

/** Adds `identifiers …`, which works on this machine alone and asks no service. */
export function addIdentifierCommands(program: Command): void {
  const group = program
    .command('identifiers')
    .description('hash identifiers on this machine, so that none leaves it as it is');
  addHash(group);
  group
    .command('show-vectors')
    .description('print identifiers with their digests, to hold another implementation against')
    .action(() => {
      process.stdout.write(readFileSync(VECTORS_FILE, 'utf8'));
    });
}

function addHash(group: Command): void {
  group
    .command('hash')
    .description('write a CSV or NDJSON file again with the named columns replaced by digests (SHA-256, base64)')
    .argument('<file>', 'the file; - for the standard input')
    .requiredOption('--column <column>', `a column of identifiers, ${identifierColumnSyntax}`, collectColumn)
    .addOption(new Option('--format <format>', 'how the file is written').choices(['csv', 'ndjson']))
    .option('--encoding <name>', 'of the text, for example windows-1252 or gbk', 'utf-8')
    .option('--delimiter <character>', 'between the fields of CSV; else it is found in the header')
    .option('--out <file>', 'where it goes; else the standard output')
    .option('--rejects <file>', 'write line, column and reason of what could not be hashed')
    .addHelpText(
      'after',
      '\nfor example: galley identifiers hash crm.csv --column email=email --column tel=phone:DE --out crm-hashed.csv',
    )
    .action(async (path: string, options: HashOptions, command: Command) => {
      const progress = startProgress(path);
      try {
        const counts = await hashFile({
          path,
          columns: options.column,
          format: options.format ?? formatOf(path),
          encoding: options.encoding,
          delimiter: options.delimiter ?? (/\.tsv(\.gz)?$/iu.test(path) ? '\t' : null),
          out: options.out ?? null,
          rejects: options.rejects ?? null,
          onRead: progress.advance,
        });
        const isJson = (command.optsWithGlobals() as { json?: boolean }).json === true;
        process.stderr.write(`${isJson ? toJson(jsonOf(counts)) : textOf(counts)}\n`);
      } finally {
        progress.stop();
      }
    });
}

function collectColumn(value: string, columns: readonly IdentifierColumn[] = []): IdentifierColumn[] {
  const column = readIdentifierColumn(value);
  if (column === null) throw new InvalidArgumentError(`it must read ${identifierColumnSyntax}`);
  if (columns.some(({ name }) => name === column.name))
    throw new InvalidArgumentError(`\`${column.name}\` is named twice`);
  return [...columns, column];
}

function formatOf(path: string): 'csv' | 'ndjson' {
  const format = FORMATS.find(([pattern]) => pattern.test(path))?.[1];
  if (format === undefined)
    throw new UsageFault(`\`${path}\` does not end in .csv, .tsv, .ndjson or .jsonl: add --format`);
  return format;
}

function startProgress(path: string): { advance: (byteCount: number) => void; stop: () => void } {
  const total = path === '-' ? null : (statSync(path, { throwIfNoEntry: false })?.size ?? null);
  let read = 0;
  const megabytes = (count: number): string => `${(count / 1e6).toFixed(1)} MB`;
  const say = (): void => {
    process.stderr.write(`  read ${megabytes(read)}${total === null ? '' : ` of ${megabytes(total)}`}\n`);
  };
  const timer = setInterval(say, PROGRESS_EVERY_MS);
  return {
    advance: (byteCount) => {
      read += byteCount;
    },
    stop: () => clearInterval(timer),
  };
}

function jsonOf({ rows, hashed, missing, unhashed }: HashCounts): unknown {
  const reasons = [...unhashed].map(([column, counts]) => [column, Object.fromEntries(counts)]);
  return {
    rows,
    hashed: Object.fromEntries(hashed),
    missing: Object.fromEntries(missing),
    unhashed: Object.fromEntries(reasons),
  };
}

function textOf({ rows, hashed, missing, unhashed }: HashCounts): string {
  const number = (count: number): string => count.toLocaleString('en-US');
  const columns = [...hashed].map(([name, count]) => {
    const unusable = unhashed.get(name)?.get('not-an-identifier') ?? 0;
    return `  ${name}: ${number(count)} hashed, ${number(missing.get(name) ?? 0)} missing, ${number(unusable)} not usable and left empty`;
  });
  const leftOut = [...(unhashed.get('') ?? [])].map(([reason, count]) => `  ${number(count)} rows left out: ${reason}`);
  return [`${number(rows)} rows written`, ...columns, ...leftOut].join('\n');
}
