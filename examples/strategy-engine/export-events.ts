// Brings what persons saw and did back under the platform's own names: the engine knows tokens only, so the platform's
// list of its members is gone through, a line at a time, and each member's token is looked up. Memory is flat.
import { createReadStream, createWriteStream, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { EVENT_FILE } from './event-schema.ts';
import { lineForm, schemaOf } from './export-lines.ts';
import { type ExportOptions, parseExportOptions } from './export-options.ts';
import { membershipToken } from './membership-token.ts';
import { openForReading } from './store-file.ts';

async function exportEvents(options: ExportOptions): Promise<{ members: number; lines: number }> {
  const { dataDirectory, membersPath, outPath, schemaPath, identifier, by, tokenKey } = options;
  if (!existsSync(join(dataDirectory, EVENT_FILE)))
    throw new Error(`\`${dataDirectory}\` has no events; name the directory of the engine with \`--data\``);
  using database = openForReading(dataDirectory, EVENT_FILE);
  // One moment of the events for the whole file, however long it takes and whatever is recorded meanwhile.
  database.exec('begin');
  const form = lineForm(database, options);
  const counts = { members: 0, lines: 0 };
  async function* csv(): AsyncGenerator<string> {
    yield lineOf([by, ...form.columns.map(({ name }) => name)]);
    const members = createReadStream(membersPath).pipe(parse({ columns: true, bom: true }));
    for await (const member of members as AsyncIterable<Readonly<Record<string, string>>>) {
      const [id, name] = [member[identifier], member[by]];
      if (id === undefined || name === undefined)
        throw new Error(
          `\`${membersPath}\` has no column \`${id === undefined ? identifier : by}\`; see \`--identifier\` and \`--by\``,
        );
      counts.members += 1;
      const token = Buffer.from(membershipToken(tokenKey, identifier, id), 'base64url');
      for (const line of form.linesOf(token)) {
        counts.lines += 1;
        yield lineOf([name, ...line]);
      }
    }
  }
  // Under another name until it is whole: half a file must not be uploaded.
  await pipeline(Readable.from(csv()), createWriteStream(`${outPath}.part`, { mode: 0o600 }));
  renameSync(`${outPath}.part`, outPath);
  if (schemaPath !== undefined) writeFileSync(schemaPath, `${JSON.stringify(schemaOf(form, options), null, 2)}\n`);
  return counts;
}

function lineOf(fields: readonly (string | number)[]): string {
  const quoted = fields
    .map(String)
    .map((field) => (/[",\r\n]/u.test(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return `${quoted.join(',')}\n`;
}

try {
  process.stdout.write(`${JSON.stringify(await exportEvents(parseExportOptions(process.argv.slice(2))))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
