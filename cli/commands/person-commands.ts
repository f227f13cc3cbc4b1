import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { rights } from '../../proto/index.ts';
import { renderTable } from '../render/index.ts';
import { runCommand } from './command-context.ts';
import { showErasures, untilDone } from './erasure-commands.ts';
import { addPersonOptions, inRequests, type PersonOptions, readPersons } from './read-persons.ts';

/** Most identifiers of one change of opt-outs. */
const MAX_OPT_OUTS_COUNT = 10_000;
/** Most identifiers of one erasure. */
const MAX_ERASED_COUNT = 1_000;

/** Adds `person …`: what persons may demand of the caller's member. */
export function addPersonCommands(program: Command): void {
  const group = program.command('person').description('persons who no longer count, or are erased');
  addPersonOptions(group.command('opt-out'))
    .description('persons no longer count, from the next question on, in all data of your member; hashed here')
    .action((options: PersonOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        let recorded = 0n;
        for (const part of inRequests(readPersons(options), MAX_OPT_OUTS_COUNT))
          recorded += await client.rights.optOut(part);
        show({ recorded }, () => `${recorded} identifiers were not recorded before`);
      }),
    );
  addPersonOptions(group.command('withdraw-opt-out'))
    .description('persons count again')
    .action((options: PersonOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        let withdrawn = 0n;
        for (const part of inRequests(readPersons(options), MAX_OPT_OUTS_COUNT)) {
          withdrawn += await client.rights.withdrawOptOut(part);
        }
        show({ withdrawn }, () => `${withdrawn} identifiers are no longer recorded`);
      }),
    );
  group
    .command('opt-outs')
    .description('how many identifiers are recorded')
    .action((_options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const counts = await client.rights.countOptOuts();
        const rows = counts.map((count) => [count.kind, Number(count.identifierCount)]);
        show(counts.map(rights.OptOutCount.toJSON), () => renderTable(['kind', 'identifiers'], rows));
      }),
    );
  addErase(group);
}

function addErase(group: Command): void {
  addPersonOptions(group.command('erase'))
    .description('erase persons for good from all data of your member, originals included; hashed here')
    .requiredOption('--yes', 'says that it is meant: there is no way back')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((options: PersonOptions & { requestId?: string }, command: Command) =>
      runCommand(command, async (context) => {
        const requestId = options.requestId ?? randomUUID();
        const erasures: rights.Erasure[] = [];
        for (const [index, identifiers] of inRequests(readPersons(options), MAX_ERASED_COUNT).entries()) {
          const begun = await context.client.rights.erasePersons({ identifiers, requestId: `${requestId}/${index}` });
          erasures.push(await untilDone(context.client, begun));
        }
        showErasures(context, erasures);
      }),
    );
}
