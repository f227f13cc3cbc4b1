import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { collaborations } from '../../proto/index.ts';
import { renderTable } from '../render/index.ts';
import { showBudget } from './budget-table.ts';
import { renderCollaboration } from './collaboration-text.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { addGrantCommands } from './grant-commands.ts';
import { parseMember } from './parse-ability.ts';
import { collect, parseEpsilon, readText } from './parse-option.ts';

// One in a million: for some hundred thousand people a chance of failure far below one person.
const defaultDelta = 1e-6;

/** Adds `collaboration …`: agreements, bindings, rules, grants and the ledger. */
export function addCollaborationCommands(program: Command): void {
  const group = program.command('collaboration').description('agreements under which data may be joined');
  addCreate(group);
  addReads(group);
  addBindings(group);
  addGrantCommands(group);
}

function addCreate(group: Command): void {
  group
    .command('create <name>')
    .description('create a collaboration; its creator has accepted by creating it')
    .requiredOption(
      '--member <member=abilities>',
      'a member, as in `chenxi=contribute+query`; repeat',
      collect(parseMember),
    )
    .requiredOption('--epsilon <number>', 'privacy budget of the whole collaboration', parseEpsilon)
    .option('--delta <number>', 'delta of its budgets', parseEpsilon, defaultDelta)
    .option(
      '--consumer-epsilon <number>',
      'privacy budget of each consuming member; the whole when left out',
      parseEpsilon,
    )
    .option(
      '--purpose <word>',
      'what the data will be used for; rows that carry consent count only where it covers this',
    )
    .option('--regions <list>', 'two-letter regions whose rows may be used, separated by commas; any when left out')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((displayName: string, options: CreateOptions, command: Command) =>
      runCommand(command, async (context) => {
        const { epsilon, delta } = options;
        const created = await context.client.collaborations.create({
          displayName,
          members: options.member,
          budget: { epsilon, delta, rho: 0 },
          consumerBudget: { epsilon: options.consumerEpsilon ?? epsilon, delta, rho: 0 },
          requestId: options.requestId ?? randomUUID(),
          purpose: options.purpose ?? '',
          regions: options.regions?.split(',').map((region) => region.trim()) ?? [],
        });
        showCollaboration(context, created);
      }),
    );
}

interface CreateOptions {
  readonly member: collaborations.Member[];
  readonly epsilon: number;
  readonly delta: number;
  readonly consumerEpsilon?: number;
  readonly purpose?: string;
  readonly regions?: string;
  readonly requestId?: string;
}

function addReads(group: Command): void {
  group
    .command('show <collaboration>')
    .description('members, tables with the rules in force, and grants')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async (context) => showCollaboration(context, await context.client.collaborations.get(id))),
    );
  group
    .command('list')
    .description("the collaborations of the caller's member")
    .action((_options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.collaborations.list();
        const rows = all.map((one) => [
          one.collaborationId,
          one.displayName,
          one.creator,
          one.members.map((m) => m.member).join(', '),
        ]);
        show(all.map(collaborations.Collaboration.toJSON), () =>
          renderTable(['id', 'name', 'creator', 'members'], rows),
        );
      }),
    );
  group
    .command('accept <collaboration>')
    .description("accept the invitation for the caller's member")
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async (context) =>
        showCollaboration(context, await context.client.collaborations.accept(id)),
      ),
    );
  group
    .command('budget <collaboration>')
    .description('the privacy budget: limit, spent and left, on every level')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async (context) => showBudget(context, await context.client.collaborations.budget(id))),
    );
}

const publicMeaning = 'and whoever may ask over it can learn any of its values';

const publicRulesHelp = `
the rules of a dataset without an identifier declare it public, for example
  {"version": 1, "public": true, "joinKeys": ["sku"], "rowsPerKey": 1}
its rows are then not protected, ${publicMeaning}`;

function addBindings(group: Command): void {
  group
    .command('bind <collaboration> <dataset> <alias>')
    .description('bring a dataset in as `<member>.<alias>` under analysis rules')
    .requiredOption('--rules <file>', "the owner's analysis rules, JSON; - for standard input")
    .addHelpText('after', publicRulesHelp)
    .action((collaborationId: string, datasetId: string, alias: string, options: { rules: string }, command: Command) =>
      runCommand(command, async (context) => {
        const rulesJson = readText(options.rules);
        showBinding(
          context,
          await context.client.collaborations.bind({ collaborationId, datasetId, alias, rulesJson }),
        );
      }),
    );
  group
    .command('rules <collaboration> <alias>')
    .description('replace the analysis rules of a bound dataset; budget already spent stays spent')
    .requiredOption('--rules <file>', 'the new rules, JSON; - for standard input')
    .addHelpText('after', publicRulesHelp)
    .action((collaborationId: string, alias: string, options: { rules: string }, command: Command) =>
      runCommand(command, async (context) => {
        const rulesJson = readText(options.rules);
        showBinding(context, await context.client.collaborations.setRules({ collaborationId, alias, rulesJson }));
      }),
    );
}

function showCollaboration({ show }: CommandContext, one: collaborations.Collaboration): void {
  show(collaborations.Collaboration.toJSON(one), () => renderCollaboration(one));
}

function showBinding({ show }: CommandContext, binding: collaborations.DatasetBinding): void {
  show(collaborations.DatasetBinding.toJSON(binding), () => {
    const bound = `${binding.owner}.${binding.alias} is bound, rules version ${binding.rulesVersion} (${binding.rulesDigest})`;
    return binding.isPublic ? `${bound}\npublic: its rows are not protected, ${publicMeaning}` : bound;
  });
}
