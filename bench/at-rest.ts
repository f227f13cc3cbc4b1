// `node bench/at-rest.ts [rows…]`: how sealed data gets to the engine, from the request to the first answer, the ways side
// by side in one run and in rotating order (decision 21).
//
//   nothing   the same question over no rows behind the whole wall: what a job costs before any data
//   chunks    a sealed file a column, opened by the host and piped into engine vectors behind the whole wall: what we do
//   shards    a sealed file a range of persons, opened by the host into memory-only storage that is bound read-only
//   built-in  one file that the engine encrypted and itself opens, with the cryptography that is built into it
//   extension the same with its crypto extension; GALLEY_BENCH_HTTPFS names the extension's file, without it both are
//             left out, as the engine writes encrypted files with the extension only
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDataKeys } from '../api/keys/index.ts';
import { openStore } from '../api/store/index.ts';
import { openVault } from '../api/vault/index.ts';
import { openWall } from '../sandbox/index.ts';
import { type AtRest, bytesOf, COLUMNS, placeOf, readChunks, writeEncrypted, writeTables } from './at-rest-tables.ts';

/** Fewer for large tables, whose ratios spread less. */
const roundsOf = (rowCount: number): number => (rowCount > 2_000_000 ? 3 : 5);
const ROW_COUNTS = [1_000_000, 10_000_000];
const ROWS_PER_SHARD = 1_000_000;
const SAMPLE_MS = 50;
/** Lets the wall's next worker get ready, so that no start is measured. */
const REST_MS = 1_000;
const BYTES_PER_MIB = 1_048_576;
const ENCRYPTION_KEY = Buffer.alloc(32, 7).toString('base64');

/** All six columns, and two of them: what questions touch is rarely everything. */
const QUESTIONS = {
  'six columns':
    'SELECT region, count(*) AS n, CAST(sum(amount) AS BIGINT) AS a, CAST(sum(visits) AS BIGINT) AS v, CAST(max("day") - DATE \'1970-01-01\' AS BIGINT) AS d, CAST(count(channel) AS BIGINT) AS c, CAST(bit_xor(person) >> 1 AS BIGINT) AS p FROM "rows" GROUP BY region ORDER BY region',
  'two columns of six': 'SELECT region, CAST(sum(visits) AS BIGINT) AS v FROM "rows" GROUP BY region ORDER BY region',
} as const;

type Question = keyof typeof QUESTIONS;
type Answer = { readonly rows: readonly (readonly string[])[]; readonly peakMib: number };
/** Time on the clock, and of processors: on a busy machine the second one says more. */
type Measured = Answer & { readonly ms: number; readonly cpuMs: number };
type Way = { readonly name: string; readonly run: (question: Question) => Promise<Measured> };

const extension = process.env.GALLEY_BENCH_HTTPFS;
const scratch = mkdtempSync(join(tmpdir(), 'galley-at-rest-'));
const memory = mkdtempSync('/dev/shm/galley-at-rest-');
const keysAt = { dataDirectory: scratch, keys: { master: { kind: 'file' as const, file: null } } };
const store = await openStore(scratch);
const vault = openVault(await openDataKeys(keysAt, store));
const wall = await openWall({ spareCount: 1 });
try {
  const counts = process.argv.slice(2).map(Number);
  for (const rowCount of counts.length > 0 ? counts : ROW_COUNTS) await compareWays(rowCount);
} finally {
  await wall.close();
  await store.close();
  rmSync(scratch, { recursive: true, force: true });
  rmSync(memory, { recursive: true, force: true });
}
process.exit(0);

async function compareWays(rowCount: number): Promise<void> {
  const shardCount = Math.max(4, rowCount / ROWS_PER_SHARD);
  const at: AtRest = {
    directory: join(scratch, String(rowCount)),
    rowCount,
    shardCount: 2 ** Math.round(Math.log2(shardCount)),
  };
  await writeTables(at, vault);
  const ways: Way[] = [chunksWay(at), chunksWay({ ...at, rowCount: 0 }), shardsWay(at)];
  if (extension !== undefined) {
    await writeEncrypted(at, ENCRYPTION_KEY, extension);
    ways.push(encryptedWay(at, 'built-in'), encryptedWay(at, 'extension', extension));
  }
  showSizes(at);
  for (const question of Object.keys(QUESTIONS) as Question[]) await compareOn(question, ways, rowCount);
  rmSync(at.directory, { recursive: true });
}

async function compareOn(question: Question, ways: readonly Way[], rowCount: number): Promise<void> {
  const times = new Map(ways.map(({ name }) => [name, [] as number[]]));
  const cpuTimes = new Map(ways.map(({ name }) => [name, [] as number[]]));
  const peaks = new Map(ways.map(({ name }) => [name, 0]));
  let expected: string | undefined;
  for (let round = 0; round <= roundsOf(rowCount); round += 1) {
    for (const offset of ways.keys()) {
      const way = ways[(round + offset) % ways.length] as Way;
      await sleep(REST_MS);
      const { ms, cpuMs, rows, peakMib } = await way.run(question);
      if (rows.length > 0) expected ??= JSON.stringify(rows);
      if (rows.length > 0 && JSON.stringify(rows) !== expected)
        throw new Error(`\`${way.name}\` answers otherwise than the others`);
      // The first round is the disk's and the compiler's.
      if (round > 0) times.get(way.name)?.push(ms);
      if (round > 0) cpuTimes.get(way.name)?.push(cpuMs);
      peaks.set(way.name, Math.max(peaks.get(way.name) ?? 0, peakMib));
    }
  }
  process.stdout.write(`${rowCount} rows, ${question}: from the request to the first answer, as a ratio to chunks\n`);
  for (const name of times.keys()) {
    const clock = spreadOf(times.get(name), times.get('chunks'));
    const cpu = spreadOf(cpuTimes.get(name), cpuTimes.get('chunks'));
    const peak = `${peaks.get(name)?.toFixed(0)} MiB at most`;
    process.stdout.write(`  ${name.padEnd(10)} clock ${clock.padEnd(36)} processors ${cpu.padEnd(36)} ${peak}\n`);
  }
}

/** The median ratio with its lowest and highest round, and the median itself, for orientation only. */
function spreadOf(measured: readonly number[] = [], base: readonly number[] = []): string {
  const ratios = measured.map((ms, index) => ms / (base[index] ?? Number.NaN)).toSorted((a, b) => a - b);
  const [low, middle, high] = [ratios[0], ratios[Math.floor(ratios.length / 2)], ratios.at(-1)];
  const median = measured.toSorted((a, b) => a - b)[Math.floor(measured.length / 2)];
  return `${middle?.toFixed(2)} x (${low?.toFixed(2)} to ${high?.toFixed(2)}), ${median?.toFixed(0)} ms`;
}

function chunksWay(at: AtRest): Way {
  const run = async (question: Question) => {
    const sql = QUESTIONS[question];
    const columns = COLUMNS.filter(({ name }) => sql.includes(name)).map(({ name, type }) => {
      return { name, type, chunks: () => (at.rowCount === 0 ? noChunks() : readChunks(at, vault, name)) };
    });
    const width = question === 'six columns' ? 7 : 2;
    const resultColumns = Array.from({ length: width }, (_, index) => {
      return { name: `c${index}`, kind: index === 0 ? ('text' as const) : ('integer' as const) };
    });
    const job = { tables: [{ name: 'rows', columns }], sql, parameters: [], resultColumns, maxRows: 1_000 };
    return await measured(async () => {
      const rows = await wall.run(job, { deadlineMs: 600_000 });
      return { rows: rows.map((row) => row.map(String)), peakMib: 0 };
    });
  };
  return { name: at.rowCount === 0 ? 'nothing' : 'chunks', run };
}

async function* noChunks(): AsyncGenerator<Uint8Array, void> {}

function shardsWay(at: AtRest): Way {
  const shards = Array.from({ length: at.shardCount }, (_, shard) => shard);
  const run = async (question: Question) => {
    const folder = join(memory, 'job');
    mkdirSync(folder, { mode: 0o700 });
    const worker = await startWorker();
    const setUp = shards.map((shard) => `ATTACH '${join(folder, `${shard}.db`)}' AS s${shard} (READ_ONLY)`);
    const union = shards.map((shard) => `SELECT * FROM s${shard}."rows"`).join(' UNION ALL ');
    const asked = { setUp: [...setUp, `CREATE VIEW "rows" AS ${union}`], sql: QUESTIONS[question] };
    try {
      return await measured(async () => {
        // Two at once, as there are two cores: opening a seal is the host's own work.
        await Promise.all(
          [0, 1].map((lane) =>
            openShards(
              at,
              folder,
              shards.filter((shard) => shard % 2 === lane),
            ),
          ),
        );
        const answer = await ask(worker, asked);
        const held = bytesOf({ ...at, directory: folder }, readdirSync(folder)) / BYTES_PER_MIB;
        return { rows: answer.rows, peakMib: held };
      });
    } finally {
      worker.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    }
  };
  return { name: 'shards', run };
}

async function openShards(at: AtRest, folder: string, shards: readonly number[]): Promise<void> {
  for (const shard of shards) {
    const file = await vault.openFile(placeOf(at, `shard-${shard}`));
    await pipeline(file.chunks(), createWriteStream(join(folder, `${shard}.db`), { mode: 0o600 }));
    await file.close();
  }
}

function encryptedWay(at: AtRest, name: string, loaded?: string): Way {
  const run = async (question: Question) => {
    const worker = await startWorker(loaded);
    const path = join(at.directory, 'encrypted.db');
    const attach = `ATTACH '${path}' AS e (ENCRYPTION_KEY '${ENCRYPTION_KEY}', READ_ONLY)`;
    const asked = { setUp: [attach, 'CREATE VIEW "rows" AS SELECT * FROM e."rows"'], sql: QUESTIONS[question] };
    try {
      return await measured(() => ask(worker, asked));
    } finally {
      worker.kill('SIGKILL');
    }
  };
  return { name, run };
}

/** Starts an engine behind a read-only root and no network, and waits until it is ready. */
async function startWorker(loaded?: string): Promise<ChildProcess> {
  const script = new URL('./at-rest-worker.ts', import.meta.url).pathname;
  const wrapper = ['--unshare-net', '--unshare-ipc', '--die-with-parent', '--ro-bind', '/', '/', '--'];
  const args = [...wrapper, process.execPath, script, ...(loaded === undefined ? [] : [loaded])];
  const worker = spawn('bwrap', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await nextLine(worker);
  return worker;
}

async function ask(worker: ChildProcess, asked: object): Promise<Answer> {
  const answer = nextLine(worker);
  worker.stdin?.write(`${JSON.stringify(asked)}\n`);
  return { ...(JSON.parse(await answer) as Answer), peakMib: 0 };
}

async function nextLine(worker: ChildProcess): Promise<string> {
  const lines = createInterface({ input: worker.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  return line;
}

/** Times work, and finds the most memory of its largest process, of this one's growth, and of files held in memory. */
async function measured(work: () => Promise<Answer>): Promise<Measured> {
  const before = process.memoryUsage.rss();
  const hostBefore = process.cpuUsage();
  // Workers that are there already: what the wall starts meanwhile is for the next job.
  const cpuBefore = new Map(descendants(process.pid).map((pid) => [pid, cpuMsOf(pid)]));
  const cpuAfter = new Map(cpuBefore);
  let peak = 0;
  const sample = (): void => {
    const largest = Math.max(...descendants(process.pid).map(rssOf), 0);
    peak = Math.max(peak, largest + process.memoryUsage.rss() - before);
    for (const pid of cpuBefore.keys()) cpuAfter.set(pid, Math.max(cpuAfter.get(pid) ?? 0, cpuMsOf(pid)));
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const began = performance.now();
  const { rows, peakMib } = await work();
  const ms = performance.now() - began;
  clearInterval(timer);
  sample();
  const host = process.cpuUsage(hostBefore);
  const ofWorkers = [...cpuAfter].reduce((sum, [pid, cpuMs]) => sum + cpuMs - (cpuBefore.get(pid) ?? 0), 0);
  return { rows, ms, cpuMs: ofWorkers + (host.user + host.system) / 1_000, peakMib: peakMib + peak / BYTES_PER_MIB };
}

/** Processor time of a process, in ticks of ten milliseconds. */
function cpuMsOf(pid: number): number {
  const fields = statOf(pid).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
}

function descendants(root: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number(/^\d+ \(.*\) \S (\d+)/s.exec(Number.isInteger(pid) ? statOf(pid) : '')?.[1]);
    if (parent > 0) parents.set(parent, [...(parents.get(parent) ?? []), pid]);
  }
  const below = (pid: number): number[] => (parents.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root);
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

function rssOf(pid: number): number {
  const pages = statOf(pid).split(') ').at(-1)?.split(' ')[21];
  return Number(pages ?? 0) * 4_096;
}

function showSizes(at: AtRest): void {
  const mib = (names: readonly string[]) => `${(bytesOf(at, names) / BYTES_PER_MIB).toFixed(0)} MiB`;
  const shards = Array.from({ length: at.shardCount }, (_, shard) => `shard-${shard}.sealed`);
  const columns = COLUMNS.map(({ name }) => `${name}.sealed`);
  const encrypted = extension === undefined ? '' : `, encrypted ${mib(['encrypted.db'])}`;
  process.stdout.write(`${at.rowCount} rows on the disk: chunks ${mib(columns)}, shards ${mib(shards)}${encrypted}\n`);
}
