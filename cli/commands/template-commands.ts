import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { templates } from '../../proto/index.ts';
import { printable, renderTable } from '../render/index.ts';
import { when } from './collaboration-text.ts';
import { runCommand } from './command-context.ts';
import { addTemplateRun } from './template-run-command.ts';
import { makeSigningKey, readSignature, signatureFile, signTemplate } from './template-signing.ts';

interface InCollaboration {
  readonly collaboration: string;
}

/** Adds `template …`: SQL and audiences with typed blanks, signed, approved once by their digest. */
export function addTemplateCommands(program: Command): void {
  const group = program
    .command('template')
    .description('questions and audiences with typed blanks: signed, approved once by their digest, run with values');
  addSigning(group);
  addPublish(group);
  addReads(group);
  addApprovals(group);
  addTemplateRun(group);
}

function addSigning(group: Command): void {
  group
    .command('key <file>')
    .description('make a key that signs templates, in a new file')
    .action(async (file: string) => {
      await makeSigningKey(file);
      process.stdout.write(`${file} holds the key now; whoever has it signs as you\n`);
    });
  group
    .command('sign <file>')
    .description('sign a template as it stands; the signature is written beside it')
    .requiredOption('--signing-key <file>', 'the key, from `galley template key`')
    .action(async (file: string, { signingKey }: { signingKey: string }) => {
      const digest = await signTemplate(file, signingKey);
      process.stdout.write(`${digest}\nsigned: ${signatureFile(file)}\n`);
    });
}

function addPublish(group: Command): void {
  group
    .command('publish <file...>')
    .description('publish signed templates in a collaboration; nothing runs by them before somebody approves them')
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action((files: string[], { collaboration }: InCollaboration, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const published: templates.Template[] = [];
        for (const file of files) {
          const document = readFileSync(file, 'utf8');
          const request = { collaborationId: collaboration, document, ...readSignature(file) };
          published.push(await client.templates.publish(request));
        }
        show(published.map(templates.Template.toJSON), () => renderTemplates(published));
      }),
    );
}

function addReads(group: Command): void {
  group
    .command('list')
    .description('the templates of a collaboration, and those that come with Galley')
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action(({ collaboration }: InCollaboration, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.templates.list(collaboration);
        show(all.map(templates.Template.toJSON), () => renderTemplates(all));
      }),
    );
  group
    .command('show <digest>')
    .description('one template as it was signed: read it before you approve it')
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action((digest: string, { collaboration }: InCollaboration, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const one = await client.templates.get(collaboration, digest);
        show(templates.Template.toJSON(one), () => renderTemplate(one));
      }),
    );
}

function addApprovals(group: Command): void {
  const add = (name: 'approve' | 'withdraw', description: string): void => {
    group
      .command(`${name} <digest>`)
      .description(description)
      .requiredOption('--collaboration <id>', 'in which collaboration')
      .action((digest: string, { collaboration }: InCollaboration, command: Command) =>
        runCommand(command, async ({ client, show }) => {
          const one = await client.templates[name](collaboration, digest);
          show(templates.Template.toJSON(one), () => stateOf(one));
        }),
      );
  };
  add('approve', 'approve a template for your member: whoever acts for it may run it, with values of their choice');
  add('withdraw', 'take the approval back: nothing more is run by it');
}

const KINDS: Readonly<Partial<Record<templates.TemplateKind, string>>> = {
  [templates.TemplateKind.SQL]: 'sql',
  [templates.TemplateKind.AUDIENCE]: 'audience',
  [templates.TemplateKind.EFFECT]: 'effect',
};

function renderTemplates(all: readonly templates.Template[]): string {
  const rows = all.map((one) => [one.digest, one.name, one.version, KINDS[one.kind] ?? '', one.author, stateOf(one)]);
  return renderTable(['digest', 'name', 'version', 'kind', 'author', 'approved'], rows);
}

function stateOf({ approvedBy }: templates.Template): string {
  return approvedBy.length === 0 ? 'by nobody' : `by ${approvedBy.join(', ')}`;
}

function renderTemplate(one: templates.Template): string {
  const signed = one.signer === '' ? 'comes with Galley' : `published ${when(one.publishedAt)}, key ${one.signer}`;
  const head = [`${one.name} ${one.version}: ${one.title}`, `  of ${one.author}, ${signed}`, `  ${one.digest}`];
  const { sql, ...rest } = JSON.parse(one.document) as { sql: string | readonly string[] };
  const lines = typeof sql === 'string' ? sql.split('\n') : sql;
  const parts = [...head, `  approved ${stateOf(one)}`, '', ...JSON.stringify(rest, null, 2).split('\n'), '', ...lines];
  return parts.map(printable).join('\n');
}
