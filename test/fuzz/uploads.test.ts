// Files that nobody thought of: good ones of each format, spoiled at random by bytes, by structure, by cutting and by
// splicing, through a real wall. Whatever comes in, it ends in the closed set: rows of the declared types whose counts
// agree, or a refusal by a word; before its deadline, with no other error and no text of the file; and the next clean
// file is read as if nothing had been.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IngestFormat, openWall, type Wall } from '../../sandbox/index.ts';
import { effortOf } from '../support/effort.ts';
import { tally } from '../support/tally.ts';
import { sendFile, type UploadEnd } from '../support/uploads.ts';
import { Choices, campaignSeed } from './choices.ts';
import { spoiled } from './upload-mutations.ts';
import { type Seed, uploadSeeds } from './upload-seeds.ts';

const DEFAULT_COUNT = effortOf(24, 50, 4_000);
const LONG_MS = 7_200_000;
/** Files on their way at once: as many as the wall lets run. */
const LANE_COUNT = 4;
/** Files between two clean ones. */
const CLEAN_EVERY_COUNT = 40;
const SHOWN_BYTES = 4_096;

const inputCount = Number(process.env.GALLEY_FUZZ_INPUTS ?? DEFAULT_COUNT);

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ spareCount: LANE_COUNT, engine: 'cold' });
});
afterAll(() => wall.close());

function send(format: IngestFormat, { columns }: Seed, file: Buffer): Promise<UploadEnd> {
  return sendFile(wall, { format, columns, file });
}

/** What is wrong with how an upload ended, if anything; a refusal for want of time or memory is, in files this small. */
function complaintOf(end: UploadEnd): string | null {
  if (end.end === 'failed') return `it failed: ${end.what}`;
  return end.end === 'refused' && end.reason === 'needs-too-much' ? 'it took all the time or memory there is' : null;
}

async function expectClean(format: IngestFormat, before: ReadonlyMap<Seed, UploadEnd>): Promise<void> {
  for (const [seed, end] of before) expect(await send(format, seed, seed.file), seed.name).toEqual(end);
}

describe.each(['csv', 'ndjson', 'parquet', 'arrow'] as const)('any %s file', (format) => {
  it(
    `ends as an upload may, and leaves the next as it was (seed ${campaignSeed})`,
    async () => {
      const seeds = uploadSeeds[format];
      const before = new Map<Seed, UploadEnd>();
      for (const seed of seeds) before.set(seed, await send(format, seed, seed.file));
      for (const [{ name }, end] of before) expect(end, `the seed \`${name}\` is read`).toMatchObject({ end: 'taken' });
      const choices = new Choices(campaignSeed);
      const ends = new Map<string, number>();
      let sentCount = 0;
      const lane = async (): Promise<void> => {
        while (sentCount < inputCount) {
          const index = sentCount;
          sentCount += 1;
          const seed = choices.of(seeds);
          const file = spoiled(choices, seed, seeds);
          const end = await send(format, seed, file);
          const complaint = complaintOf(end);
          const shown = file.subarray(0, SHOWN_BYTES).toString('base64');
          if (complaint !== null)
            expect.fail(`input ${index} of seed ${campaignSeed} (${seed.name}): ${complaint}\n${shown}`);
          const word = end.end === 'refused' ? end.reason : end.end;
          ends.set(word, (ends.get(word) ?? 0) + 1);
          if (index % CLEAN_EVERY_COUNT === 0) await expectClean(format, new Map([...before].slice(0, 1)));
        }
      };
      await Promise.all(Array.from({ length: LANE_COUNT }, lane));
      await expectClean(format, before);
      // A fuzzer whose files are all refused at the door, or all taken, tries nothing.
      expect(ends.size, JSON.stringify([...ends])).toBeGreaterThan(2);
      tally('hostileFiles', sentCount);
    },
    LONG_MS,
  );
});
