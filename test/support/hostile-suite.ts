import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FileSource, type IngestColumn, type IngestFormat, openWall, type Wall } from '../../sandbox/index.ts';
import { effortOf } from './effort.ts';
import { tally } from './tally.ts';
import { sendFile } from './uploads.ts';

/** A hostile file, and how its upload must end: refused by a word, or taken with so many rows and these rejects. */
export interface HostileCase {
  readonly title: string;
  /** Made when it is sent: some are large. */
  readonly file: () => Uint8Array | FileSource;
  readonly ends: string | { readonly rows: number; readonly rejects?: readonly string[] };
  readonly columns?: readonly IngestColumn[];
}

/** Every commit sends one file in so many; `npm run verify:wall` sends all. */
const TURN_COUNT = effortOf(3, 1, 1);
/** Which of them: another one each day, so that three days of commits have sent all. `GALLEY_SEED` says a day. */
const TURN = Number(process.env.GALLEY_SEED ?? Math.floor(Date.now() / 86_400_000)) % TURN_COUNT;

function ofThisTurn(groups: Readonly<Record<string, readonly HostileCase[]>>) {
  const numbered = Object.values(groups).flat();
  const isSent = new Set(numbered.filter((_, index) => index % TURN_COUNT === TURN));
  return Object.entries(groups)
    .map(([name, cases]) => [name, cases.filter((one) => isSent.has(one))] as const)
    .filter(([, cases]) => cases.length > 0);
}

/** A column that an upload is asked for. */
export function askFor(type: IngestColumn['type'], name = 'n'): readonly IngestColumn[] {
  return [{ name, type, nullable: true }];
}

/** The files of one format, each through the wall, and after each a clean one that must still be read. */
export function hostileSuite(
  format: IngestFormat,
  clean: { readonly file: Uint8Array; readonly rows: number },
  groups: Readonly<Record<string, readonly HostileCase[]>>,
): void {
  let wall: Wall;
  let sentCount = 0;
  beforeAll(async () => {
    wall = await openWall({ spareCount: 3, engine: 'cold' });
  });
  afterAll(() => wall.close());

  const integers = askFor({ kind: 'integer' });
  const expectClean = async (): Promise<void> => {
    const end = await sendFile(wall, { format, columns: integers, file: clean.file });
    expect(end).toMatchObject({ end: 'taken', rows: clean.rows, rejects: [] });
  };

  const sent = ofThisTurn(groups);
  for (const [name, cases] of sent) {
    describe(`${format}: ${name}`, () => {
      it.concurrent.each([...cases])('$title', async ({ file, ends, columns = integers }) => {
        const end = await sendFile(wall, { format, columns, file: file() });
        sentCount += 1;
        if (typeof ends === 'string') expect(end).toEqual({ end: 'refused', reason: ends });
        else {
          expect(end).toMatchObject({ end: 'taken', rows: ends.rows });
          expect(end.end === 'taken' && end.rejects.map(({ reason }) => reason)).toEqual(ends.rejects ?? []);
        }
      });

      it('a clean file is read afterwards as before', expectClean);
    });
  }

  it(`${format}: all of turn ${TURN + 1} of ${TURN_COUNT} have been sent`, () => {
    expect(sentCount).toBeGreaterThan(0);
    expect(sentCount).toBe(sent.flatMap(([, cases]) => cases).length);
    tally('hostileFiles', sentCount);
  });
}
