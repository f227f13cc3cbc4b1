import type { Command } from 'commander';
import { queries } from '../../proto/index.ts';
import { runCommand } from './command-context.ts';
import { exitCodes, UsageFault } from './command-failure.ts';
import { parseEpsilon, readText } from './parse-option.ts';
import { renderRemaining } from './remaining-text.ts';

interface RemainingOptions {
  readonly collaboration: string;
  readonly sql?: string;
  readonly epsilon?: number;
  readonly onBehalfOf?: string;
}

/** Adds `remaining`: how many more of a question the budgets bear. */
export function addRemainingCommand(program: Command): void {
  program
    .command('remaining [sql]')
    .description('how many more of a question fit, at its epsilon and at smaller ones; spends nothing')
    .requiredOption('--collaboration <id>', 'where the tables are joined')
    .option('--sql <file>', 'read the SQL from a file; - for standard input')
    .option('--epsilon <number>', 'privacy budget of the question; 1 when left out', parseEpsilon)
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for')
    .addHelpText('after', '\nwithout SQL it shows what each account has left')
    .action((argument: string | undefined, options: RemainingOptions, command: Command) => {
      const sql = sqlOf(argument, options.sql);
      const question = {
        collaborationId: options.collaboration,
        sql,
        epsilon: options.epsilon ?? 0,
        onBehalfOf: options.onBehalfOf ?? '',
        omitIntervals: false,
        mode: queries.ReleaseMode.PRIVATE,
      };
      return runCommand(
        command,
        async ({ client, show }) => {
          const remaining = await client.queries.remaining(question);
          show(queries.Remaining.toJSON(remaining), () => renderRemaining(sql, remaining));
          if (remaining.violations.length > 0) process.exitCode = exitCodes.failed;
        },
        sql,
      );
    });
}

function sqlOf(argument: string | undefined, path: string | undefined): string {
  if (argument !== undefined && path !== undefined) {
    throw new UsageFault('give the SQL either as an argument or with --sql');
  }
  return argument ?? (path === undefined ? '' : readText(path));
}
