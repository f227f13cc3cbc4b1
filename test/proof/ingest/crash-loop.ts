import { status } from '@grpc/grpc-js';
import { isServiceError } from '../../../cli/refusal.ts';
import type { Choices } from '../../fuzz/choices.ts';
import type { Deed } from './deed.ts';
import type { Found, IdentifierSearch } from './found-identifiers.ts';
import type { IngestStage } from './ingest-stage.ts';
import { waitForInstant } from './kill-instants.ts';

/** What a campaign of kills has found. Everything but the kills and what was resumed must be nothing. */
export interface CrashCounts {
  kills: number;
  /** Deeds that were broken off and were brought to their end later. */
  resumed: number;
  tornSnapshots: number;
  leakedBytes: number;
  erasedPersonsFound: number;
  rawIdentifiersFound: number;
  /** Every fault in words, with the deed and the moment of the kill before it. */
  readonly faults: string[];
}

/** What a campaign is made of. */
export interface Campaign {
  readonly stage: IngestStage;
  readonly choices: Choices;
  readonly kills: number;
  readonly nextDeed: () => Deed | Promise<Deed>;
  readonly search: IdentifierSearch;
  /** Is told of each kill, for whoever waits. */
  readonly onKill: (place: string) => void;
  /** Finds those who were erased, wherever anything is left of them. */
  readonly findErased: () => Promise<readonly string[]>;
}

/** Kills that one deed has to bear; then it is let go to its end. */
const KILLS_PER_DEED_COUNT = 3;
/** One start in so many is killed too. */
const STARTS_PER_KILLED_START = 3;
/** What a start takes at most before it listens; it is killed anywhere before. */
const START_MS = 2_500;

/** How a call ends whose service has gone. */
const GONE: ReadonlySet<number> = new Set([status.UNAVAILABLE, status.CANCELLED, status.INTERNAL, status.UNKNOWN]);

/** Kills a service over and over while members bring data, and looks at what is left each time. */
export async function runCrashLoop(campaign: Campaign): Promise<CrashCounts> {
  const counts: CrashCounts = {
    ...{ kills: 0, resumed: 0, tornSnapshots: 0, leakedBytes: 0, erasedPersonsFound: 0, rawIdentifiersFound: 0 },
    faults: [],
  };
  while (counts.kills < campaign.kills) {
    const deed = await campaign.nextDeed();
    let isDone = false;
    for (let kill = 0; kill < KILLS_PER_DEED_COUNT && !isDone && counts.kills < campaign.kills; kill += 1) {
      isDone = await killDuring(campaign, deed, counts);
      if (isDone && kill > 0) counts.resumed += 1;
    }
    if (!isDone) await bringToEnd(campaign, deed, counts);
    counts.faults.push(...(await deed.check(campaign.stage)).map((fault) => `${deed.name}: ${fault}`));
    // Without a start in between, which would have swept away what the deed itself should have.
    await lookAround(campaign, `${deed.name}, done`, counts);
  }
  return counts;
}

async function bringToEnd({ stage }: Campaign, deed: Deed, counts: CrashCounts): Promise<void> {
  try {
    await deed.attempt(stage);
    counts.resumed += 1;
  } catch (cause) {
    counts.faults.push(`${deed.name}: cannot be brought to its end: ${String(cause)}`);
  }
}

/** Attempts a deed, kills the service meanwhile, starts it again and looks at it. Tells whether the deed was done. */
async function killDuring(campaign: Campaign, deed: Deed, counts: CrashCounts): Promise<boolean> {
  const { stage, choices } = campaign;
  const settled = deed.attempt(stage).then(
    () => null,
    (cause: unknown) => ({ cause }),
  );
  const directory = stage.stage.dataDirectory;
  const instant = await waitForInstant(choices, { directory, usualMs: deed.usualMs, settled });
  await stage.kill();
  counts.kills += 1;
  const failure = await settled;
  const place = `${deed.name}, killed ${instant}`;
  campaign.onKill(`${counts.kills}. ${place}${failure === null ? ', done by then' : ''}`);
  if (failure !== null && !isOfTheKill(failure.cause)) counts.faults.push(`${place}: failed: ${String(failure.cause)}`);
  noteFound(counts, place, campaign.search.find(stage.searched));
  if (choices.onceIn(STARTS_PER_KILLED_START)) {
    await stage.killDuringStart(choices.below(START_MS));
    counts.kills += 1;
  }
  await stage.restart();
  await lookAround(campaign, place, counts);
  return failure === null;
}

function isOfTheKill(cause: unknown): boolean {
  // Whoever kills closes the clients first: a deed may have been about to make its next call.
  if (cause instanceof Error && cause.message === 'Channel has been shut down') return true;
  return isServiceError(cause) && GONE.has(cause.code);
}

async function lookAround({ stage, search, findErased }: Campaign, place: string, counts: CrashCounts): Promise<void> {
  const { torn, leaks, logFaults } = await stage.look();
  counts.tornSnapshots += torn.length;
  counts.leakedBytes += leaks.reduce((sum, { bytes }) => sum + bytes, 0);
  const words = [...torn, ...logFaults, ...leaks.map(({ path, bytes }) => `${bytes} bytes leak: ${path}`)];
  counts.faults.push(...words.map((word) => `${place}: ${word}`));
  noteFound(counts, place, search.find(stage.searched));
  const erased = await findErased();
  counts.erasedPersonsFound += erased.length;
  counts.faults.push(...erased.map((word) => `${place}: erased and found: ${word}`));
}

function noteFound(counts: CrashCounts, place: string, found: readonly Found[]): void {
  counts.rawIdentifiersFound += found.length;
  counts.faults.push(...found.map(({ path, name }) => `${place}: ${name} in the clear in \`${path}\``));
}
