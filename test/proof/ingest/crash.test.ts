// Hundreds of deaths (`npm run verify:ingest -- --long`), or some two dozen: what members had brought by then, what they
// were bringing and what they were erasing is afterwards whole or absent, leaks nothing and names nobody in the clear.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Choices, campaignSeed } from '../../fuzz/choices.ts';
import { effortOf } from '../../support/effort.ts';
import { mailingsRules } from '../../support/service-rules.ts';
import { agree } from '../../support/service-table.ts';
import { tally } from '../../support/tally.ts';
import { type CrashCounts, runCrashLoop } from './crash-loop.ts';
import type { Deed } from './deed.ts';
import { EraseDeed, OptOutDeed } from './erase-deed.ts';
import { findErasedPersons } from './erased-persons.ts';
import { IdentifierSearch, needlesOf } from './found-identifiers.ts';
import { IngestStage } from './ingest-stage.ts';
import { AbandonDeed, RefusedDeed, TakeOutDeed } from './other-deeds.ts';
import { type MadeUpPerson, personOf } from './people.ts';
import { FORMS, fileOf, peopleSchema } from './people-files.ts';
import { readStoredData } from './stored-data.ts';
import { UploadDeed } from './upload-deed.ts';

const isLong = process.env.GALLEY_LONG === '1';
const KILLS_COUNT = effortOf(4, 25, 300);
const MAX_CAMPAIGN_MS = isLong ? 4 * 3_600_000 : 900_000;
/** Persons of a small file, and of one whose original has several segments. */
const FEW_PERSONS = 2_000;
const MANY_PERSONS = 24_000;
const LONG_NOTE_CHARS = 500;
/** One file in so many is large. */
const FILES_PER_LARGE_FILE = 6;
const PERSONS_PER_ERASURE = 3;

const choices = new Choices(campaignSeed);
const marker = `zq${campaignSeed.toString(36).padStart(6, 'x')}q`;
const erased: MadeUpPerson[] = [];
let stage: IngestStage;
let datasetId: string;
/** The first person of the next file: nobody comes twice, so that nobody erased comes again. */
let nextPerson = 0;
let brought: MadeUpPerson[] = [];

beforeAll(async () => {
  stage = await IngestStage.open();
  const request = { displayName: 'people', columns: peopleSchema(), requestId: randomUUID() };
  datasetId = (await stage.stage.as('brand').datasets.create(request)).datasetId;
  // With somebody to share it with, publishing goes on to persons, and erasing has more to look into.
  const collaborationId = await agree(stage.stage);
  const rulesJson = mailingsRules({ groupKeys: { city: {} }, filters: [], audience: null });
  await stage.stage.as('brand').collaborations.bind({ collaborationId, datasetId, alias: 'people', rulesJson });
}, MAX_CAMPAIGN_MS);

afterAll(() => stage[Symbol.asyncDispose]());

async function nextUpload(): Promise<Deed> {
  const isLarge = choices.onceIn(FILES_PER_LARGE_FILE);
  const count = isLarge ? MANY_PERSONS : FEW_PERSONS;
  const people = Array.from({ length: count }, (_, index) =>
    personOf(marker, nextPerson + index, isLarge ? LONG_NOTE_CHARS : 0),
  );
  nextPerson += count;
  const form = choices.of(FORMS);
  const file = await fileOf(form, people);
  const mode = choices.onceIn(3) ? 'replace' : 'append';
  brought = mode === 'replace' ? people : [...brought, ...people];
  const usualMs = isLarge ? 4_000 : 1_200;
  return new UploadDeed({ actor: 'brand', datasetId, form, file, rowCount: count, mode, usualMs });
}

/** What is done, over and over in an order of the seed's choice: of few kills, too, every kind of deed gets some. */
const DECK = [
  'upload',
  'erase',
  'upload',
  'refuse',
  'upload',
  'abandon',
  'erase',
  'upload',
  'opt-out',
  'take-out',
] as const;
let deck: (typeof DECK)[number][] = [];

async function nextDeed(): Promise<Deed> {
  const file = await fileOf('csv', [personOf(marker, nextPerson + 1_000_000)]);
  const fields = { actor: 'brand', datasetId, file } as const;
  if (brought.length === 0) return await nextUpload();
  if (deck.length === 0) deck = [...DECK];
  const [kind] = deck.splice(choices.below(Math.min(deck.length, 3)), 1);
  switch (kind) {
    case 'erase':
      return nextErasure();
    case 'abandon':
      return new AbandonDeed({ ...fields, file: Buffer.concat([file, Buffer.alloc(2_000_000, 'x')]) });
    case 'refuse':
      return new RefusedDeed(fields);
    case 'take-out':
      return new TakeOutDeed(fields);
    case 'opt-out':
      return new OptOutDeed('brand', brought.slice(0, 10));
    default:
      return await nextUpload();
  }
}

function nextErasure(): Deed {
  const people = Array.from({ length: PERSONS_PER_ERASURE }, () => choices.of(brought));
  brought = brought.filter((person) => !people.includes(person));
  const deed = new EraseDeed('brand', people, 1_500);
  const attempt = async (of: IngestStage): Promise<void> => {
    await deed.attempt(of);
    erased.push(...people);
  };
  return { name: deed.name, usualMs: deed.usualMs, attempt, check: () => deed.check() };
}

async function runCampaign(): Promise<CrashCounts> {
  const search = new IdentifierSearch(needlesOf(marker, [personOf(marker, 0), personOf(marker, 1)]));
  const findErased = async () => await findErasedPersons(await readStoredData(stage.stage.dataDirectory), erased);
  const onKill = (place: string): void => void process.stdout.write(`${place}\n`);
  return await runCrashLoop({ stage, choices, kills: KILLS_COUNT, nextDeed, search, findErased, onKill });
}

describe('a service that is killed over and over', () => {
  it(`keeps what was brought whole and what was erased away: ${KILLS_COUNT} kills, seed ${campaignSeed}`, {
    timeout: MAX_CAMPAIGN_MS,
  }, async () => {
    const { faults, ...counts } = await runCampaign();
    for (const [name, count] of Object.entries(counts)) tally(name as keyof typeof counts, count);
    expect(faults).toEqual([]);
    expect(counts).toMatchObject({ tornSnapshots: 0, leakedBytes: 0, erasedPersonsFound: 0, rawIdentifiersFound: 0 });
    expect(counts.kills).toBeGreaterThanOrEqual(KILLS_COUNT);
    expect(counts.resumed).toBeGreaterThan(0);
  });
});
