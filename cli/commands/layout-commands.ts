import type { Command } from 'commander';
import { datasets } from '../../proto/index.ts';
import { renderTable } from '../render/index.ts';
import { when } from './collaboration-text.ts';
import { runCommand } from './command-context.ts';

/** Adds `layouts …`: what is derived from tables for faster questions. */
export function addLayoutCommands(program: Command): void {
  program
    .command('layouts')
    .description('tables derived for faster questions')
    .command('list')
    .description('what is laid out: of one dataset of your own by itself, or, for the operator, of all, matches too')
    .option('--dataset <dataset>', 'a dataset of your own')
    .action(({ dataset = '' }: { dataset?: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const layouts = await client.datasets.layouts(dataset);
        show(layouts.map(datasets.Layout.toJSON), () => renderTable(HEADER, layouts.map(rowOf)));
      }),
    );
}

const HEADER = ['collaboration', 'table', 'with', 'form', 'by', 'state', 'bytes, up to', 'since'];

function rowOf(layout: datasets.Layout): (string | number)[] {
  const { collaborationId, table, matchedTable, form, dimensions, state, byteCount, madeAt } = layout;
  const bytes = byteCount === 0n ? '' : Number(byteCount);
  return [collaborationId, table, matchedTable, form, dimensions.join(', '), state, bytes, when(madeAt)];
}
