// `node bench/entry-index.ts [entries]`: what it costs to find entries of the log by what they name: to make the index, its size,
// and searches, from the rarest word to two that are everywhere and never together.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EntryIndex, type EntryQuery } from '../api/log/index.ts';
import { type AuditLog, type EntryBody, openCheckpointKey, openLog } from '../audit/index.ts';

const DEFAULT_ENTRY_COUNT = 1_000_000;
const AT_ONCE_COUNT = 2_048;
const COLLABORATION_COUNT = 20;
const COLUMN_COUNT = 40;
const ROUND_COUNT = 5;
const forever = new AbortController().signal;

const entryCount = Number(process.argv[2] ?? DEFAULT_ENTRY_COUNT);
const directory = mkdtempSync(join(tmpdir(), 'galley-bench-index-'));
const origin = 'bench.example/log';

/** Entries of questions, five each: one in ten is refused, one in a thousand touches a column that is asked for seldom. */
function entryAt(place: number): EntryBody {
  const question = Math.floor(place / 5);
  const step = place % 5;
  const collaboration = `col-${question % COLLABORATION_COUNT}`;
  const id = `q-${question.toString(16).padStart(32, '0')}`;
  const column = question % 1_000 === 0 ? 'seldom' : `column_${question % COLUMN_COUNT}`;
  const touched = [{ table: 'jiufang.outcomes', columns: ['email', column] }];
  const isRefused = question % 10 === 3;
  const steps: Pick<EntryBody, 'kind' | 'subject'>[] = [
    { kind: 'question-submitted', subject: { question: id, actingFor: 'chenxi', touched } },
    { kind: 'budget-reserved', subject: { question: id, accounts: [`owner/ds-${question % 7}`], rho: 0.02 } },
    isRefused
      ? {
          kind: 'question-refused',
          subject: { question: id, violations: [{ rule: 'sum-is-bounded', owner: 'jiufang' }] },
        }
      : { kind: 'question-admitted', subject: { question: id } },
    isRefused ? { kind: 'log-read', subject: {} } : { kind: 'release-made', subject: { question: id } },
    isRefused ? { kind: 'log-read', subject: {} } : { kind: 'release-read', subject: { question: id } },
  ];
  const actor = { principal: `lin-${question % 50}`, member: question % 3 === 0 ? 'chenxi' : 'jiufang' };
  const at = new Date(Date.UTC(2031, 0, 1) + place * 1_000).toISOString();
  return { ...(steps[step] ?? { kind: 'log-read', subject: {} }), at, actor, collaboration };
}

async function fill(log: AuditLog): Promise<void> {
  for (let from = 0; from < entryCount; from += AT_ONCE_COUNT) {
    const count = Math.min(AT_ONCE_COUNT, entryCount - from);
    await Promise.all(Array.from({ length: count }, (_, index) => log.append(entryAt(from + index))));
  }
}

const seconds = (sinceMs: number): number => (performance.now() - sinceMs) / 1_000;
/** Processor time of this process: what it costs also where others share the machine. */
const cpuSeconds = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;

async function search(index: EntryIndex, query: Partial<EntryQuery>, limit: number): Promise<string> {
  const whole = { visible: 'all', terms: [], minRho: 0, fromIndex: 0, untilIndex: entryCount, ...query } as const;
  const times: number[] = [];
  let count = 0;
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    const began = cpuSeconds();
    count = 0;
    for await (const _ of index.find(whole, forever)) {
      count += 1;
      if (count >= limit) break;
    }
    times.push((cpuSeconds() - began) * 1_000);
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(ROUND_COUNT / 2)] ?? 0;
  return `${count.toLocaleString('en-US').padStart(9)} found in ${median.toFixed(2).padStart(8)} ms of processor`;
}

try {
  const signer = await openCheckpointKey(join(directory, 'log.key'), origin);
  const log = await openLog({ directory: join(directory, 'log'), origin, signer });
  const filled = performance.now();
  await fill(log);
  process.stdout.write(
    `log of ${log.treeSize.toLocaleString('en-US')} entries written in ${seconds(filled).toFixed(1)} s\n`,
  );
  const made = performance.now();
  const madeCpu = cpuSeconds();
  const index = await EntryIndex.open({ directory, log, onFailure: (error) => process.stderr.write(`${error}\n`) });
  await index.reach(log.treeSize, forever);
  const cpu = cpuSeconds() - madeCpu;
  const bytes = ['', '-wal'].reduce((sum, end) => sum + statSync(join(directory, `log-index.sqlite${end}`)).size, 0);
  process.stdout.write(
    `index made in ${seconds(made).toFixed(1)} s, ${((cpu / log.treeSize) * 1e6).toFixed(0)} µs of processor an entry, `,
  );
  process.stdout.write(`${(bytes / 1e6).toFixed(0)} MB, ${(bytes / log.treeSize).toFixed(0)} bytes an entry\n`);
  const all = Number.POSITIVE_INFINITY;
  const last = `q-${Math.floor((entryCount - 1) / 5)
    .toString(16)
    .padStart(32, '0')}`;
  const visible = [{ collaboration: 'col-3', fromIndex: 0, untilIndex: entryCount }];
  const searches: Readonly<Record<string, [Partial<EntryQuery>, number]>> = {
    'one question, the last': [{ terms: [[`subject/${last}`]] }, all],
    'a page of a seldom column': [{ terms: [['column/jiufang.outcomes.seldom']] }, 1_000],
    'all of a seldom column': [{ terms: [['column/jiufang.outcomes.seldom']] }, all],
    'a page of a usual column, in one collaboration': [
      { visible, terms: [['column/jiufang.outcomes.column_3']] },
      1_000,
    ],
    'all refusals by a rule, in one collaboration': [{ visible, terms: [['rule/sum-is-bounded']] }, all],
    'two words that are never together': [{ terms: [['rule/sum-is-bounded'], ['kind/release-made']] }, all],
    'all charges of at least 0.03 rho: none': [{ minRho: 0.03 }, all],
    'every release': [{ terms: [['kind/release-made']] }, all],
  };
  for (const [name, [query, limit]] of Object.entries(searches)) {
    process.stdout.write(`${name.padEnd(50)}${await search(index, query, limit)}\n`);
  }
  await index.close();
  await log.close();
} finally {
  rmSync(directory, { recursive: true });
}
