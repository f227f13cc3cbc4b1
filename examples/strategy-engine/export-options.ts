import { parseArgs } from 'node:util';
import { tokenKeyReader } from './engine-options.ts';

const usage = `usage: node examples/strategy-engine/export-events.ts --data DIR --token-key FILE|HEX --members FILE --out FILE
  --data DIR             where the engine keeps its events; it may run meanwhile
  --token-key FILE|HEX   the key the engine has
  --members FILE         your members: CSV with a heading line
  --identifier NAME      its column that tokens are made of: email, phone or member_id (email)
  --by NAME              its column that names persons in the answer; the identifier's when left out
  --out FILE             where to write CSV, ready for \`galley dataset upload\`
  --schema FILE          where to write its schema, ready for \`galley dataset create --schema\`
  --form NAME            events: a line for each assignment, exposure and conversion
                         persons: a line for each person and strategy, with what they did (events)
  --kinds NAME,NAME      of events: which of assignment, exposure, conversion to write (all)`;

/** The kinds of lines, in the order in which they happen. */
const LINE_KINDS: readonly string[] = ['assignment', 'exposure', 'conversion'];

/** What is exported, and where to. */
export interface ExportOptions {
  readonly dataDirectory: string;
  readonly tokenKey: Buffer;
  readonly membersPath: string;
  readonly identifier: string;
  readonly by: string;
  readonly outPath: string;
  readonly schemaPath: string | undefined;
  readonly form: 'events' | 'persons';
  readonly kinds: ReadonlySet<string>;
}

/** Reads the command line. @throws {Error} whose message is the usage, or names the option that is wrong */
export function parseExportOptions(args: readonly string[]): ExportOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: text,
      'token-key': text,
      members: text,
      identifier: { ...text, default: 'email' },
      by: text,
      out: text,
      schema: text,
      form: { ...text, default: 'events' },
      kinds: { ...text, default: LINE_KINDS.join(',') },
    },
  });
  const { data, members, out, identifier, form, 'token-key': source } = values;
  if (data === undefined || members === undefined || out === undefined || source === undefined) throw new Error(usage);
  const tokenKey = tokenKeyReader(source)();
  if (tokenKey === undefined) throw new Error('`--token-key` must be 64 hex digits, or a file of them');
  if (form !== 'events' && form !== 'persons') throw new Error('`--form` must be `events` or `persons`');
  const kinds = values.kinds.split(',');
  const unknown = kinds.find((kind) => !LINE_KINDS.includes(kind));
  if (unknown !== undefined)
    throw new Error(`\`--kinds\` must be some of ${LINE_KINDS.join(', ')}, not \`${unknown}\``);
  const by = values.by ?? identifier;
  const paths = { dataDirectory: data, membersPath: members, outPath: out, schemaPath: values.schema };
  return { ...paths, tokenKey, identifier, by, form, kinds: new Set(kinds) };
}
