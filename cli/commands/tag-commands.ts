import type { Command } from 'commander';
import { tags } from '../../proto/index.ts';
import { printable, renderTable } from '../render/index.ts';
import { runCommand } from './command-context.ts';
import { UsageFault } from './command-failure.ts';
import { readText } from './parse-option.ts';

/** The words of a catalogue file. */
const SENSITIVITIES: Readonly<Record<string, tags.TagSensitivity>> = {
  ordinary: tags.TagSensitivity.ORDINARY,
  personal: tags.TagSensitivity.PERSONAL,
  sensitive: tags.TagSensitivity.SENSITIVE,
};

/** Adds `tags …`: what each owner lets others select persons by. */
export function addTagCommands(program: Command): void {
  const group = program.command('tags').description('what each owner lets others select persons by, and its price');
  addPublish(group);
  addList(group);
}

function addPublish(group: Command): void {
  group
    .command('publish <file>')
    .description('publish the catalogue of your member, replacing its earlier one; - for standard input')
    .requiredOption('--collaboration <id>', 'where the tables are bound')
    .addHelpText(
      'after',
      `\na file is a JSON list of tags, for example:
  [{ "name": "bought", "meaning": "bought something of a category", "sensitivity": "ordinary",
     "table": "jiufang.orders", "column": "category", "dateColumn": "day", "price": 0.05 }]`,
    )
    .action((file: string, { collaboration: collaborationId }: { collaboration: string }, command: Command) => {
      const catalogue = readCatalogue(readText(file));
      return runCommand(command, async ({ client, show }) => {
        const published = await client.tags.publish({ collaborationId, tags: catalogue });
        show(published.map(tags.Tag.toJSON), () => tagTable(published));
      });
    });
}

function addList(group: Command): void {
  group
    .command('list')
    .description('the tags of all members of a collaboration')
    .requiredOption('--collaboration <id>', 'which collaboration')
    .action((options: { collaboration: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const answer = await client.tags.list(options.collaboration);
        show(tags.ListTagsResponse.toJSON(answer), () => tagTable(answer.tags));
      }),
    );
}

/** Reads a catalogue file as far as the contract needs; what it says is for the service to judge. */
function readCatalogue(text: string): tags.Tag[] {
  const document = parseJson(text);
  if (!Array.isArray(document)) throw new UsageFault('the file must be a JSON list of tags');
  return document.map((one: unknown) => {
    if (typeof one !== 'object' || one === null) throw new UsageFault('each tag must be a JSON object');
    const { sensitivity, ...fields } = one as Readonly<Record<string, unknown>>;
    const level = typeof sensitivity === 'string' ? SENSITIVITIES[sensitivity] : undefined;
    if (level === undefined) {
      throw new UsageFault(`the sensitivity of a tag must be one of ${Object.keys(SENSITIVITIES).join(', ')}`);
    }
    const known = Object.keys(tags.Tag.fromPartial({}));
    const unknown = Object.keys(fields).find((name) => !known.includes(name));
    if (unknown !== undefined) throw new UsageFault(`\`${unknown}\` is not a field of a tag; see docs/audiences.md`);
    return { ...tags.Tag.fromJSON(fields), sensitivity: level };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageFault('the file is not JSON');
  }
}

function tagTable(found: readonly tags.Tag[]): string {
  const words = Object.entries(SENSITIVITIES);
  const rows = found.map((tag) => [
    `${tag.owner}/${tag.name}`,
    printable(tag.meaning),
    tag.kind === '' ? 'not bound' : tag.kind,
    tag.dateColumn === '' ? '' : 'yes',
    words.find(([, level]) => level === tag.sensitivity)?.[0] ?? '?',
    String(tag.price),
    printable(tag.values.join(', ')),
  ]);
  return renderTable(['tag', 'meaning', 'holds', 'dated', 'sensitivity', 'price', 'values'], rows);
}
