import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ReplayRules } from '../audit-replay.ts';
import { renderTable, startProgress } from '../render/index.ts';
import { type Replayed, type ReplayOutcome, replayHistory, replayOne } from '../replay-history.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { exitCodes, UsageFault } from './command-failure.ts';
import { collect, parseCount } from './parse-option.ts';

interface ReplayOptions {
  readonly all?: boolean;
  readonly collaboration?: string;
  readonly from: number;
  readonly code?: readonly string[];
  readonly save?: string;
}

/** In the order in which they are summed up; the first two are no reason to worry. */
const MEANINGS: Readonly<Record<ReplayOutcome, string>> = {
  identical: 'decided again, with the same outcome to the last digit',
  erased: 'an erasure removed what it needs',
  'other-code': 'decided by other code, and otherwise by this: give the checkout of the time with --code',
  differs: 'the recorded decision does not follow from what was recorded',
  unbound: 'the record is not the one that the log binds',
  missing: 'the log binds a record that the service does not give',
};
const UNWORRYING: readonly ReplayOutcome[] = ['identical', 'erased'];

/** Adds `audit replay`: decisions, made again here. */
export function addAuditReplay(group: Command): void {
  group
    .command('replay')
    .description('decide again, here, from what was recorded, with the same rules; auditors only')
    .argument(
      '[what]',
      'an entry by its place in the log, or a question, audience, size, activation or match by its id',
    )
    .option('--all', 'every decision of the history, with a summary')
    .option('--collaboration <id>', 'with --all: only of this collaboration')
    .option('--from <index>', 'with --all: from this entry on', parseCount, 0)
    .option('--code <folder>', 'a checkout of other code, to decide again what it decided; repeatable', collect(String))
    .option('--save <file>', 'keep the record in this file; it has the literals of the question')
    .action((what: string | undefined, options: ReplayOptions, command: Command) =>
      runCommand(command, async (context) => {
        if ((what === undefined) === (options.all !== true)) {
          throw new UsageFault('say one entry or id, or `--all` for the whole history');
        }
        const rules = await ReplayRules.of(options.code ?? []);
        if (what === undefined) await showHistory(context, rules, options);
        else await showOne(context, await replayOne(context.client, rules, what), options.save);
      }),
    );
}

async function showOne({ show }: CommandContext, replayed: Replayed, savePath: string | undefined): Promise<void> {
  const { record, ...told } = replayed;
  if (savePath !== undefined && record !== undefined) writeFileSync(savePath, `${JSON.stringify(record, null, 2)}\n`);
  show({ identical: told.outcome === 'identical', ...told }, () => linesOf(replayed).join('\n'));
  if (!UNWORRYING.includes(replayed.outcome)) process.exitCode = exitCodes.failed;
}

function linesOf(replayed: Replayed): readonly string[] {
  const { outcome, decided, differences = [], leafIndex, code, isSameCode, about } = replayed;
  const first = {
    identical: `identical: ${decided}`,
    erased: erasedLine(replayed),
    'other-code': `differs from \`${decided}\` at: ${differences.join(', ')}; ${MEANINGS['other-code']}`,
    differs: `differs from \`${decided}\` at: ${differences.join(', ')}`,
    unbound: `unbound: ${MEANINGS.unbound}`,
    missing: `missing: ${MEANINGS.missing}${unprovenLine(replayed)}`,
  }[outcome];
  const bound = leafIndex === null ? 'no entry of the log has its digest' : `bound by entry ${leafIndex} of the log`;
  const pinned = code === undefined || code === null ? 'by code that its record does not name' : `by ${code.version}`;
  const same = isSameCode === true ? ', whose rules are the very rules here' : ', whose rules are not those here';
  return [
    first,
    ...(outcome === 'erased' && leafIndex === null ? [] : [bound]),
    ...(about === undefined ? [] : [`about: ${about}; decided ${pinned}${code ? same : ''}`]),
  ];
}

function erasedLine({ erasedBy }: Replayed): string {
  return `erased: the erasure of entry ${erasedBy} removed what it needs`;
}

function unprovenLine({ erasedBy }: Replayed): string {
  if (erasedBy === undefined) return '';
  if (erasedBy === null) return '; it says that an erasure is under way: ask again when the log tells of it';
  return `; it says that entry ${erasedBy} erased it, which that entry does not show`;
}

async function showHistory(context: CommandContext, rules: ReplayRules, options: ReplayOptions): Promise<void> {
  const { client, show } = context;
  const counts = new Map<ReplayOutcome, number>();
  const findings: Omit<Replayed, 'record'>[] = [];
  const range = { collaborationId: options.collaboration ?? '', fromIndex: BigInt(options.from) };
  const progress = startProgress('deciding again', await sizeOfLog(context), 'entries');
  try {
    const lookedAt = (leafIndex: number): void => progress.to(leafIndex + 1, `${sumOf(counts)} decisions`);
    for await (const { record: _, ...replayed } of replayHistory(client, rules, range, lookedAt)) {
      counts.set(replayed.outcome, (counts.get(replayed.outcome) ?? 0) + 1);
      if (!UNWORRYING.includes(replayed.outcome)) findings.push(replayed);
    }
    progress.finish();
  } catch (cause) {
    progress.stop();
    throw cause;
  }
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, counts.get(outcome) ?? 0]));
  show({ decisions: sumOf(counts), outcomes, findings }, () => renderHistory(counts, findings));
  if (findings.length > 0) process.exitCode = exitCodes.failed;
}

/** How many entries there are to go through, as the newest checkpoint says in its second line; for the bar alone. */
async function sizeOfLog({ client }: CommandContext): Promise<number> {
  const { checkpoint } = await client.audit.checkpoint();
  return Number(checkpoint.split('\n')[1]);
}

const OUTCOMES = Object.keys(MEANINGS) as ReplayOutcome[];

function sumOf(counts: ReadonlyMap<ReplayOutcome, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function renderHistory(
  counts: ReadonlyMap<ReplayOutcome, number>,
  findings: readonly Omit<Replayed, 'record'>[],
): string {
  const decisions = sumOf(counts);
  if (decisions === 0) return 'no decisions that you may read';
  const rows = OUTCOMES.flatMap((outcome) => {
    const count = counts.get(outcome) ?? 0;
    return count === 0 ? [] : [[outcome, count, MEANINGS[outcome]]];
  });
  const told = findings.map(({ outcome, subject, leafIndex, differences = [] }) => {
    const where = differences.length === 0 ? '' : ` at: ${differences.join(', ')}`;
    return `entry ${leafIndex ?? '-'}, ${subject}: ${outcome}${where}`;
  });
  return [`${decisions} decisions`, renderTable(['outcome', 'count', 'means'], rows), ...told].join('\n');
}
