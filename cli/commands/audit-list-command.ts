import type { Command } from 'commander';
import { renderTable } from '../render/index.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './audit-filter.ts';
import { runCommand } from './command-context.ts';
import { parseEntry, type ShownEntry } from './entry-text.ts';
import { parseCount } from './parse-option.ts';

interface ListOptions extends FilterOptions {
  readonly from: number;
  readonly limit?: number;
}

/** Adds `audit list`. */
export function addAuditList(group: Command): void {
  addFilterOptions(group.command('list').description('entries in order of the log'))
    .option('--from <index>', 'from this entry on', parseCount, 0)
    .option('--limit <number>', 'at most this many entries', parseCount)
    .action((options: ListOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { from, limit = Number.POSITIVE_INFINITY } = options;
        const entries: ShownEntry[] = [];
        const request = { collaborationId: '', kind: '', fromIndex: BigInt(from), filter: filterOf(options) };
        for await (const entry of client.audit.entries(request)) {
          if (entries.length >= limit) break;
          entries.push(parseEntry(entry));
        }
        show(entries, () => renderEntries(entries));
      }),
    );
}

function renderEntries(entries: readonly ShownEntry[]): string {
  if (entries.length === 0) {
    return 'no such entries that you may read; members need the ability `audit`, auditors a scope in their token or a grant';
  }
  return renderTable(
    ['entry', 'at', 'what', 'who', 'about'],
    entries.map((e) => [String(e.leafIndex), e.at, e.kind, e.who, e.about]),
  );
}
