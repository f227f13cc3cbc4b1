import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CheckpointSigner, openCheckpointKey, verifyLog } from '../audit/index.ts';
import { armsSql, ask } from '../test/support/service-questions.ts';
import type { ServiceStage } from '../test/support/service-stage.ts';
import { compare, type Figure } from './compare.ts';
import { bytesIn, growTo, ORIGIN, openGrowingLog, Story } from './growing-log.ts';

const ROUNDS = 5;
const CONCURRENCIES = [1, 4, 16, 64, 256] as const;
/** Entries of one measurement: enough for some groups of the largest. */
const APPENDS_COUNT = 1_024;
/** Questions of one telling, beside what brings data and rules. */
const STORY_QUESTIONS_COUNT = 8;
/** Entries of the smallest log. */
const SMALLEST_SIZE = 1_000;
const GROWTH = 10;
/** Entries of the largest log of a bench that names none. */
export const LARGEST_SIZE = 100_000;
/** Largest log that is verified in as many rounds as the others; a larger one is verified in one. */
const REPEATED_SIZE = 100_000;
/** Largest log that is verified at all: what an entry costs does not depend on how many there are. */
const VERIFIED_SIZE = 1_000_000;
/** Entries whose leaves are measured: one telling is as long as the next. */
const MEASURED_COUNT = 100_000;

/** What a log of a size showed, in a process of its own. */
interface Proofs {
  readonly treeSize: number;
  readonly openMs: number;
  readonly proofMs: number;
  readonly proofHighMs: number;
  readonly bytes: number;
  readonly consistencyBytes: number;
  readonly memoryMib: number;
}

/** Takes what is no ratio, line by line, as soon as it is known: the large logs take long. */
type Tell = (line: string) => void;

/** How far to go, and who hears of it on the way. */
export interface LogBench {
  /** Entries of the largest log. */
  readonly largest: number;
  readonly tell: Tell;
}

/** What the log costs: appends, its share of a question, proofs and verification at each size, and room on the disk. */
export async function logFigures(
  stage: ServiceStage,
  collaborationId: string,
  { largest, tell }: LogBench,
): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'galley-bench-log-'));
  try {
    const keyFile = join(directory, 'log.key');
    const signer = await openCheckpointKey(keyFile, ORIGIN);
    const story = await storyOf(stage, collaborationId);
    const appends = await appendFigures({ directory: join(directory, 'appends'), signer, story }, tell);
    const share = await shareOfQuestion(stage, collaborationId, { directory, signer, story });
    const sizes = await sizeFigures({ directory: join(directory, 'sizes'), keyFile, signer, story, largest, tell });
    return [...appends, share, ...sizes];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function storyOf(stage: ServiceStage, collaborationId: string): Promise<Story> {
  const questions: string[] = [];
  for (let index = 0; index < STORY_QUESTIONS_COUNT; index += 1) {
    const { query } = await ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.049 - index / 10_000 });
    questions.push(query.queryId);
  }
  const leaves = await Array.fromAsync(stage.as('auditor').audit.leaves(0n));
  return new Story(leaves, questions[0] ?? '');
}

async function appendFigures({ directory, signer, story }: Place, tell: Tell): Promise<readonly Figure[]> {
  const log = await openGrowingLog(directory, signer);
  const bytes = Buffer.alloc(Math.ceil(story.leafBytes), 7);
  const figures: Figure[] = [];
  for (const concurrency of CONCURRENCIES) {
    const figure = await compare({
      name: `${APPENDS_COUNT} appends, ${concurrency} at a time`,
      baseline: 'as many writes of that size, each with a disk sync of its own',
      roundCount: ROUNDS,
      run: () => appendTogether(log, concurrency, story),
      against: () => writeEach(join(directory, '..', 'plain'), bytes),
    });
    figures.push(figure);
    tell(`appends, ${concurrency} at a time: ${rateOf(APPENDS_COUNT, figure)} a second here`);
  }
  await log.close();
  return figures;
}

type Log = Awaited<ReturnType<typeof openGrowingLog>>;

async function appendTogether(log: Log, concurrency: number, story: Story): Promise<void> {
  const waiting = entriesOf(story, APPENDS_COUNT);
  const caller = async (): Promise<void> => {
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) await log.append(entry);
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
}

function entriesOf(story: Story, count: number) {
  const entries = [];
  while (entries.length < count) entries.push(...story.tell());
  return entries.slice(0, count).toReversed();
}

async function writeEach(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'w');
  for (let index = 0; index < APPENDS_COUNT; index += 1) {
    await file.write(bytes);
    await file.datasync();
  }
}

interface Place {
  readonly directory: string;
  readonly signer: CheckpointSigner;
  readonly story: Story;
}

/** A question waits for each of its entries in turn: those appends are all that the log adds to it. */
async function shareOfQuestion(
  stage: ServiceStage,
  collaborationId: string,
  { directory, signer, story }: Place,
): Promise<Figure> {
  const log = await openGrowingLog(join(directory, 'share'), signer);
  const figure = await compare({
    name: `the log's share of a question: its ${story.tellQuestion().length} entries, one after the other`,
    baseline: 'the whole question, gRPC in to Arrow out',
    roundCount: ROUNDS,
    run: async () => {
      for (const entry of story.tellQuestion()) await log.append(entry);
    },
    against: (round) => ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.03 + round / 10_000 }),
  });
  await log.close();
  return figure;
}

interface Growth extends Place, LogBench {
  readonly keyFile: string;
}

async function sizeFigures(growth: Growth): Promise<readonly Figure[]> {
  const { directory, keyFile, signer, story, largest, tell } = growth;
  const figures: Figure[] = [];
  for (let size = SMALLEST_SIZE; size <= largest; size *= GROWTH) {
    const growing = await openGrowingLog(directory, signer);
    await growTo(growing, size, story);
    await growing.close();
    const proofs = Array.from({ length: ROUNDS }, () => proveApart(directory, keyFile));
    const log = await openGrowingLog(directory, signer);
    const leafBytes = await leafBytesOf(log);
    if (size <= VERIFIED_SIZE) {
      const figure = await verificationFigure(log, signer);
      figures.push(figure);
      tell(`${count(log.treeSize)} entries: verified at ${rateOf(log.treeSize, figure)} a second here`);
    }
    await log.close();
    for (const line of linesOf(proofs, bytesIn(directory), leafBytes)) tell(line);
  }
  return figures;
}

function proveApart(directory: string, keyFile: string): Proofs {
  const worker = fileURLToPath(new URL('log-worker.ts', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [worker, directory, keyFile], { encoding: 'utf8' })) as Proofs;
}

/** Bytes of an entry, on the average. */
async function leafBytesOf(log: Log): Promise<number> {
  let [bytes, entries] = [0, 0];
  for await (const { leaf } of log.read(0, Math.min(log.treeSize, MEASURED_COUNT))) {
    bytes += leaf.length;
    entries += 1;
  }
  return bytes / entries;
}

/** Reading is on both sides: what is compared is the verification of an auditor, which checks every entry and its order. */
async function verificationFigure(log: Log, signer: CheckpointSigner): Promise<Figure> {
  const checkpoint = await log.checkpoint();
  const leaves = async function* () {
    for await (const { leaf } of log.read(0, log.treeSize)) yield leaf;
  };
  return await compare({
    name: `verification of a whole log of ${count(log.treeSize)}`,
    baseline: 'reading its entries and hashing them',
    roundCount: log.treeSize > REPEATED_SIZE ? 1 : ROUNDS,
    run: () => verifyLog({ leaves: leaves(), checkpoint, verifierKey: signer.verifierKey }),
    against: async () => {
      for await (const leaf of leaves()) createHash('sha256').update(leaf).digest();
    },
  });
}

function linesOf(proofs: readonly Proofs[], diskBytes: number, leafBytes: number): readonly string[] {
  const [first] = proofs;
  if (first === undefined) return [];
  const { treeSize, bytes, consistencyBytes } = first;
  const name = `${count(treeSize)} entries`;
  const spread = (pick: (of: Proofs) => number, digits: number): string => {
    const sorted = proofs.map(pick).toSorted((a, b) => a - b);
    const [low = 0, middle = 0, high = 0] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
    return `${middle.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
  };
  return [
    `${name}: inclusion proof ${bytes} bytes, consistency proof ${consistencyBytes} bytes at most`,
    `${name}: a proof takes ${spread((p) => p.proofMs * 1_000, 0)} µs here, the slowest in a hundred ${spread((p) => p.proofHighMs * 1_000, 0)} µs`,
    `${name}: opened in ${spread((p) => p.openMs, 0)} ms here, with ${spread((p) => p.memoryMib, 0)} MiB for opening and a thousand proofs`,
    `${name}: ${(diskBytes / treeSize).toFixed(0)} bytes on the disk an entry, ${leafBytes.toFixed(0)} of them the entry itself`,
  ];
}

function rateOf(entries: number, { medianMs }: Figure): string {
  return count(Math.round((entries / medianMs) * 1_000));
}

function count(size: number): string {
  return size.toLocaleString('en');
}
