// Ours and each peer in turn, over the same rows, with the same epsilon and bounds; see README of bench/.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropKept, keptFile, sourceText } from '../cache-folder.ts';
import { makeEvents } from '../events.ts';
import { BenchEngine } from '../measure/bench-engine.ts';
import { median } from '../measure/contest.ts';
import { openLayouts } from '../stored/bench-layouts.ts';
import { openStore } from '../stored/bench-store.ts';
import { type AnswerError, answerError } from './answer-error.ts';
import { AskedSide } from './asked-side.ts';
import { type PeerEnvironment, peerEnvironment } from './peer-environment.ts';
import { type AnsweredGroup, type PeerReply, type PeerTables, printAsked } from './peer-protocol.ts';
import { type PeerMeasure, type PeerQuestion, peerStoreName, peerViews } from './peer-questions.ts';
import { type Peer, UNMEASURED_PEERS } from './peers.ts';

const MEMORY_LIMIT = '4GB';
const NOTES_FOLDER = tmpdir();
/** What Python compiles of our scripts is not left beside them. */
const NO_BYTECODE = '-B';

/** A peer beside us on one question. Ratios are ours over the peer's: below 1 we are quicker, or need less. */
export interface PeerFigure {
  readonly peer: string;
  readonly version: string;
  readonly question: string;
  readonly rows: number;
  readonly answers: true;
  /** Median of the rounds, loading told apart. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly peakMemoryRatio: number;
  /** Relative error in the middle of the groups that both show, of the worst measure; the median of the rounds. */
  readonly error: number;
  readonly ourError: number;
  readonly errors: AnswerError['byMeasure'];
  readonly ourErrors: AnswerError['byMeasure'];
  readonly groups: number;
  /** The path that our planner chose. */
  readonly path: string;
  readonly groupsKept: number;
  readonly ourGroupsKept: number;
  /** What the peer took, for orientation alone: machines differ. */
  readonly seconds: number;
  readonly loadSeconds: number;
}

/** A peer that does not answer a question, and why. */
export interface PeerSilence {
  readonly peer: string;
  readonly question: string;
  readonly answers: false;
  readonly why: string;
}

/** What is run. */
export interface PeerRun {
  readonly rows: number;
  readonly roundCount: number;
  readonly peers: readonly Peer[];
  readonly questions: readonly PeerQuestion[];
  /** Longest wait for one answer of a peer. */
  readonly replyMs: number;
  /** Told each row as it comes: a run takes long, and one that is broken off has shown what it had. */
  readonly tell: (row: PeerFigure | PeerSilence) => void;
}

type Answered = Extract<PeerReply, { kind: 'answered' }>;

/** What was measured of both sides on one question. */
interface Rounds {
  readonly version: string;
  readonly loadSeconds: number;
  readonly ours: readonly Answered[];
  readonly theirs: readonly Answered[];
}

/** A row for each peer and question; a peer that cannot answer has a row that says so. */
export async function peerFigures(run: PeerRun): Promise<readonly (PeerFigure | PeerSilence)[]> {
  const tables = await peerTables(run.rows);
  await layOut(run);
  const rows: (PeerFigure | PeerSilence)[] = [];
  for (const peer of run.peers) {
    const environment = peerEnvironment(peer);
    for (const question of run.questions) {
      const row = await rowOf(run, { peer, question, tables, environment });
      rows.push(row);
      run.tell(row);
    }
  }
  return [...rows, ...UNMEASURED_PEERS.map(({ name, why }) => silence(name, 'all', why))];
}

async function rowOf(run: PeerRun, asked: Omit<Asked, 'python'> & { readonly environment: PeerEnvironment }) {
  const { peer, question, environment } = asked;
  if ('why' in environment) return silence(peer.name, question.name, environment.why);
  try {
    const rounds = await playRounds(run, { ...asked, python: environment.python });
    if ('why' in rounds) return silence(peer.name, question.name, rounds.why);
    const figures = figureOf(question, rounds, await exactOf(run, question));
    return { peer: peer.name, question: question.name, answers: true as const, rows: run.rows, ...figures };
  } catch (error) {
    const why = `${error instanceof Error ? error.message : String(error)}; ${notesOf(peer, question)} tells more`;
    return silence(peer.name, question.name, why);
  }
}

function silence(peer: string, question: string, why: string): PeerSilence {
  return { peer, question, answers: false, why };
}

/** Removes what earlier runs of a size have kept, with the environments. */
export function dropPeers(peers: readonly Peer[]): void {
  for (const { script } of peers) dropKept(`venv-${script.replaceAll('_', '-')}`);
}

interface Asked {
  readonly peer: Peer;
  readonly question: PeerQuestion;
  readonly tables: PeerTables;
  readonly python: string;
}

// In turn, so that a machine that slows down slows both; the first round of each warms it and is not counted.
async function playRounds(run: PeerRun, { peer, question, tables, python }: Asked): Promise<Rounds | { why: string }> {
  const { replyMs, roundCount } = run;
  const script = fileURLToPath(new URL(`${peer.script}.py`, import.meta.url));
  const theirs = { command: python, args: [NO_BYTECODE, script], notes: notesOf(peer, question), replyMs };
  using them = AskedSide.start(theirs, printAsked(question, tables, peer.options));
  const loaded = await them.loaded();
  if (loaded.kind === 'refused') return { why: loaded.why };
  const program = fileURLToPath(new URL('our-answer.ts', import.meta.url));
  const ours = {
    command: process.execPath,
    args: [program],
    notes: join(NOTES_FOLDER, 'galley-peers-ours.log'),
    replyMs,
  };
  using us = AskedSide.start(ours, printAsked(question, tables, {}));
  await us.loaded();
  const answers = { ours: [] as Answered[], theirs: [] as Answered[] };
  for (let round = 0; round <= roundCount; round += 1) {
    const [our, their] = [await us.answer(), await them.answer()];
    if (round === 0) continue;
    answers.ours.push(our);
    answers.theirs.push(their);
  }
  return { version: loaded.version, loadSeconds: loaded.loadSeconds, ...answers };
}

function figureOf(
  { measures }: PeerQuestion,
  { version, loadSeconds, ours, theirs }: Rounds,
  exact: readonly AnsweredGroup[],
): Omit<PeerFigure, 'peer' | 'question' | 'answers' | 'rows'> {
  const ratios = ours.map(({ seconds }, round) => seconds / (theirs[round]?.seconds ?? Number.NaN));
  const errorsOf = (answered: readonly AnsweredGroup[], other: readonly AnsweredGroup[]) =>
    answerError(measures, exact, { answered, other });
  const peak = (side: readonly Answered[]): number => Math.max(...side.map((a) => a.peakMemoryMib));
  const ourErrors = ours.map((our, round) => errorsOf(our.groups, theirs[round]?.groups ?? []));
  const errors = theirs.map((their, round) => errorsOf(their.groups, ours[round]?.groups ?? []));
  const [our, their] = [middleOf(measures, ourErrors), middleOf(measures, errors)];
  return {
    version,
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    peakMemoryRatio: peak(ours) / peak(theirs),
    error: their.worst,
    ourError: our.worst,
    errors: their.byMeasure,
    ourErrors: our.byMeasure,
    groups: exact.length,
    path: ours[0]?.path ?? 'none',
    groupsKept: their.groupsKept,
    ourGroupsKept: our.groupsKept,
    seconds: median(theirs.map((a) => a.seconds)),
    loadSeconds,
  };
}

/** The middle of the rounds, each figure by itself. */
function middleOf(measures: readonly PeerMeasure[], errors: readonly AnswerError[]): AnswerError {
  return {
    byMeasure: Object.fromEntries(measures.map((m) => [m, median(errors.map((e) => e.byMeasure[m] ?? Number.NaN))])),
    worst: median(errors.map((e) => e.worst)),
    groupsKept: median(errors.map((e) => e.groupsKept)),
  };
}

function notesOf({ script }: Peer, { name }: PeerQuestion): string {
  return join(NOTES_FOLDER, `galley-peers-${script}-${name}.log`);
}

/** Makes our tables and layouts beforehand: what that takes is no part of an answer, and its memory none of ours. */
async function layOut({ rows, questions }: PeerRun): Promise<void> {
  const stores = new Map(questions.map((question) => [peerStoreName(question), peerViews(question)]));
  for (const [name, views] of stores) {
    using store = await openStore(rows, { views, name });
    await openLayouts(store);
  }
}

/** The tables as Parquet, as they were handed in. */
async function peerTables(rows: number): Promise<PeerTables> {
  const { path } = await makeEvents(rows);
  const madeBy = [path, sourceText(import.meta.url)];
  const events = keptFile(`peer-events-${rows}`, 'parquet', madeBy);
  const members = keptFile(`peer-members-${rows}`, 'parquet', madeBy);
  if (!events.exists || !members.exists) {
    using engine = await handedIn(path);
    await engine.run(
      `COPY (SELECT uid, category, city, day, event_type, amount FROM handed.events) TO '${events.path}'`,
    );
    await engine.run(`COPY handed.members TO '${members.path}'`);
  }
  return { rows, events: events.path, members: members.path };
}

async function exactOf(
  { rows }: PeerRun,
  { exactSql, keys, measures }: PeerQuestion,
): Promise<readonly AnsweredGroup[]> {
  const { path } = await makeEvents(rows);
  using engine = await handedIn(path);
  return (await engine.rows(exactSql)).map((row) => ({
    key: row.slice(0, keys.length).map(String),
    ...Object.fromEntries(measures.map((measure, index) => [measure, Number(row[keys.length + index])])),
  }));
}

async function handedIn(path: string): Promise<BenchEngine> {
  const engine = await BenchEngine.open(':memory:', MEMORY_LIMIT);
  await engine.run(`ATTACH '${path}' AS handed (READ_ONLY)`);
  return engine;
}
