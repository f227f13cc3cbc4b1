// Real files with real blemishes, where they lie beside the checkout: e-mail addresses with stray spaces and capitals that
// must match, people whom the other side does not know, and purchases, several a person, that come month by month.
// GALLEY_REAL_DATA names another folder; its README says what must come out.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { intervalOf } from '../../../cli/render/index.ts';
import { datasets } from '../../../proto/index.ts';
import { cellsOfChunk } from '../../../sandbox/wire/cells.ts';
import { decodeColumnChunk } from '../../../sandbox/wire/column-chunk.ts';
import { ask } from '../../support/service-questions.ts';
import { type Actor, mailingsRules, outcomesRules, type RulesFields } from '../../support/service-rules.ts';
import { ServiceStage } from '../../support/service-stage.ts';
import { agree, createDataset, upload } from '../../support/service-table.ts';
import { chunksOfColumn, readStoredData, textOf } from './stored-data.ts';

const named = process.env.GALLEY_REAL_DATA;
const folder = named ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const isHere = named !== undefined || existsSync(folder);
const MATCHED_PERSONS = 64_000;
const OUTSIDERS = 6_000;
const MAX_TEST_MS = 600_000;
/** An honest release is so many half widths of its 95 % interval off once in ten thousand million. */
const SURE_HALF_WIDTHS = 3.3;

let stage: ServiceStage;

const fileOf = (name: string): Buffer => readFileSync(join(folder, `${name}.csv.gz`));

async function bring(owner: Actor, columns: readonly string[], file: Buffer): Promise<string> {
  const { datasetId } = await createDataset(stage, owner, columns);
  await upload(stage, owner, datasetId, file);
  return datasetId;
}

async function bind(
  collaborationId: string,
  owner: Actor,
  { datasetId, alias, fields }: { datasetId: string; alias: string; fields: RulesFields },
): Promise<void> {
  const rules = owner === 'brand' ? mailingsRules : outcomesRules;
  const rulesJson = rules({ filters: [], audience: null, ...fields });
  await stage.as(owner).collaborations.bind({ collaborationId, datasetId, alias, rulesJson });
}

/** The digests of the first column of the newest snapshot of a dataset, row by row. */
async function digestsOf(datasetId: string): Promise<readonly string[]> {
  return (await rowsOf(datasetId)).map(([digest]) => String(digest));
}

/** The rows of the newest snapshot of a dataset, as they lie sealed. */
async function rowsOf(datasetId: string): Promise<readonly (readonly unknown[])[]> {
  const data = await readStoredData(stage.dataDirectory);
  const newest = data.rows('snapshots').findLast(({ dataset_id: id }) => id === datasetId);
  const dataset = data.rows('datasets').find(({ dataset_id: id }) => id === datasetId);
  const width = (JSON.parse(String(dataset?.columns)) as unknown[]).length;
  const parts = data.rows('snapshot_parts').filter(({ snapshot_id: id }) => id === newest?.snapshot_id);
  const rows: unknown[][] = [];
  for (const part of parts.toSorted((a, b) => Number(a.position) - Number(b.position))) {
    const columns: unknown[][] = [];
    for (let index = 0; index < width; index += 1) {
      const chunks = await Array.fromAsync(chunksOfColumn(data, { partId: textOf(part, 'part_id'), datasetId }, index));
      columns.push(chunks.flatMap((bytes) => cellsOfChunk(decodeColumnChunk(bytes))));
    }
    rows.push(...(columns[0] ?? []).map((_, row) => columns.map((cells) => cells[row])));
  }
  return rows;
}

if (!isHere) {
  describe('the real files', () => {
    it('are not beside this checkout, so that nothing is shown of them here', () => {
      process.stdout.write('the real files are not beside this checkout: GALLEY_REAL_DATA names their folder\n');
      expect(existsSync(folder)).toBe(false);
    });
  });
}

// Not a skipped test, which would count as failed: where there is nothing to read, the test above says so.
if (isHere)
  describe('the files of the e-mail experiment', () => {
    let collaborationId: string;
    const ids: Record<'customers' | 'outcomes' | 'campaign', string> = { customers: '', outcomes: '', campaign: '' };

    beforeAll(async () => {
      stage = await ServiceStage.open();
      const customers = [
        ...['email:email', 'recency_months:integer', 'history_segment:text', 'history_usd:decimal(2)'],
        ...['zip_code:text', 'newbie:integer', 'channel:text'],
      ];
      const outcomes = ['email:email', 'visit:integer', 'conversion:integer', 'spend_usd:decimal(2)'];
      const campaign = ['email:email', 'arm:text', 'bought_mens:integer', 'bought_womens:integer'];
      ids.customers = await bring('platform', customers, fileOf('hillstrom_platform_customers'));
      ids.outcomes = await bring('platform', outcomes, fileOf('hillstrom_platform_outcomes'));
      ids.campaign = await bring('brand', campaign, fileOf('hillstrom_brand_campaign'));
      collaborationId = await agree(stage);
      const flag = { min: 0, max: 1 };
      const measures = { visit: flag, conversion: flag, spend_usd: { min: 0, max: 500 } };
      const outcomeFields = { groupKeys: {}, measures };
      await bind(collaborationId, 'platform', { datasetId: ids.outcomes, alias: 'outcomes', fields: outcomeFields });
      const groupKeys = { arm: { values: ['mens_email', 'womens_email', 'control'] } };
      await bind(collaborationId, 'brand', { datasetId: ids.campaign, alias: 'campaign', fields: { groupKeys } });
    }, MAX_TEST_MS);

    afterAll(() => stage[Symbol.asyncDispose]());

    it('have as many rows as their page says, none refused', async () => {
      const expected = { customers: MATCHED_PERSONS, outcomes: MATCHED_PERSONS, campaign: MATCHED_PERSONS + OUTSIDERS };
      for (const [name, rowCount] of Object.entries(expected)) {
        const owner = name === 'campaign' ? 'brand' : 'platform';
        const { snapshots } = await stage.as(owner).datasets.get(ids[name as keyof typeof ids]);
        expect(snapshots).toMatchObject([{ rowCount: BigInt(rowCount), rejectedCount: 0n }]);
      }
    });

    it('match exactly as their page says, stray spaces and capitals or not, and outsiders do not', async () => {
      const [customers, outcomes, campaign] = [
        new Set(await digestsOf(ids.customers)),
        new Set(await digestsOf(ids.outcomes)),
        new Set(await digestsOf(ids.campaign)),
      ];
      expect(customers.size).toBe(MATCHED_PERSONS);
      expect(outcomes.symmetricDifference(customers).size).toBe(0);
      expect(campaign.size).toBe(MATCHED_PERSONS + OUTSIDERS);
      expect(campaign.intersection(customers).size).toBe(MATCHED_PERSONS);
      // Only normalising brings them together: as they are written, one in ten is another text.
      const written = gunzipSync(fileOf('hillstrom_brand_campaign')).toString().split('\n').slice(1, -1);
      const untidy = written.filter((line) => /^[^,]*[A-Z ]/.test(line) && !line.startsWith('outsider'));
      expect(untidy.length).toBeGreaterThan(MATCHED_PERSONS / 20);
    });

    it('answer the known result of the experiment, each number within its noise', {
      timeout: MAX_TEST_MS,
    }, async () => {
      const sql = `select c.arm, count(distinct c.email) as persons, sum(o.visit) as visits from chenxi.campaign c
      join jiufang.outcomes o on c.email = o.email group by c.arm order by c.arm`;
      const { rows } = await ask(stage, 'brand', collaborationId, sql, { epsilon: 4 });
      const known: Readonly<Record<string, readonly [number, number]>> = {
        control: [21_306, 2_262],
        mens_email: [21_307, 3_894],
        womens_email: [21_387, 3_238],
      };
      expect(rows.map(({ arm }) => arm)).toEqual(Object.keys(known));
      for (const row of rows) {
        const [persons, visits] = known[String(row.arm)] ?? [0, 0];
        expectNear(row, 'persons', persons);
        expectNear(row, 'visits', visits);
      }
      const all = `select count(distinct c.email) as persons from chenxi.campaign c`;
      const alone = await ask(stage, 'brand', collaborationId, all, { epsilon: 2 });
      expectNear(alone.rows[0] ?? {}, 'persons', MATCHED_PERSONS + OUTSIDERS);
    });

    it('say at a total epsilon of 1 what the published table says: which mailing worked, and how much', {
      timeout: MAX_TEST_MS,
    }, async () => {
      const { arms, splits, source } = await stage.as('brand').effects.uplift({
        ask: { collaborationId, epsilon: 1, onBehalfOf: '', requestId: '', dry: false },
        assignment: { table: 'chenxi.campaign', conditions: [] },
        armColumn: 'arm',
        segmentColumns: [],
        outcome: { table: 'jiufang.outcomes', conditions: [] },
        outcomeColumn: 'visit',
        controlArm: 'control',
        expectedShares: {},
        outcomeSegmentColumns: [],
        knownOnly: true,
        outcomeCap: 0,
      });
      expect(source?.charged?.epsilon).toBeLessThanOrEqual(1);
      const published: Readonly<Record<string, number>> = { mens_email: 0.1828, womens_email: 0.1514, control: 0.1062 };
      for (const { arm, rate, uplift, pValue } of arms) {
        expect(rate?.ci95Low, arm).toBeLessThan(published[arm] ?? 0);
        expect(rate?.ci95High, arm).toBeGreaterThan(published[arm] ?? 0);
        if (arm === 'control') continue;
        expect(uplift?.ci95Low, arm).toBeGreaterThan(0);
        expect(pValue, arm).toBeLessThan(0.000001);
      }
      expect(arms).toHaveLength(3);
      expect(splits).toMatchObject([{ mismatch: false }]);
    });

    it('are taken out as they came in', async () => {
      const [snapshot] = (await stage.as('brand').datasets.get(ids.campaign)).snapshots;
      const parts = await Array.fromAsync(stage.as('brand').datasets.takeOut(ids.campaign, snapshot?.snapshotId ?? ''));
      expect(Buffer.concat(parts).equals(fileOf('hillstrom_brand_campaign'))).toBe(true);
    });

    it(
      'are the same rows when purchases come month by month as when they come at once',
      async () => {
        const columns = ['member_id:member_id', 'order_date:date', 'cds:integer', 'amount_usd:decimal(2)'];
        const file = fileOf('cdnow_brand_orders');
        const atOnce = await bring('brand', columns, file);
        const [header = '', ...lines] = gunzipSync(file).toString().trimEnd().split('\n');
        const { datasetId } = await createDataset(stage, 'brand', columns);
        const months = Map.groupBy(lines, (line) => line.split(',')[1]?.slice(0, 7) ?? '');
        for (const [, purchases] of [...months].toSorted(([a], [b]) => a.localeCompare(b))) {
          await append(datasetId, Buffer.from(`${[header, ...purchases].join('\n')}\n`));
        }
        const newest = (await stage.as('brand').datasets.get(datasetId)).snapshots.at(-1);
        expect(newest).toMatchObject({ rowCount: 69_659n, partCount: 18 });
        const sorted = async (id: string) => (await rowsOf(id)).map((row) => row.join('|')).toSorted();
        const monthly = await sorted(datasetId);
        expect(monthly).toEqual(await sorted(atOnce));
        expect(new Set(await digestsOf(datasetId)).size).toBe(23_570);
      },
      MAX_TEST_MS,
    );
  });

async function append(datasetId: string, file: Buffer): Promise<void> {
  const client = stage.as('brand').uploads;
  const { uploadId } = await client.begin({ requestId: randomUUID(), datasetId });
  async function* whole(): AsyncGenerator<Uint8Array, void> {
    yield file;
  }
  await client.send(uploadId, 0, whole());
  const sha256 = createHash('sha256').update(file).digest();
  await client.complete({ uploadId, byteCount: BigInt(file.length), sha256 });
  const layout = datasets.FileLayout.create({ format: datasets.FileFormat.CSV });
  await client.publish({ uploadId, datasetId, mode: datasets.SnapshotMode.APPEND, tolerance: undefined, layout });
}

function expectNear(row: Parameters<typeof intervalOf>[0], column: string, truth: number): void {
  const [low, high] = intervalOf(row, column) ?? [Number.NaN, Number.NaN];
  const middle = Number(row[column]);
  expect(Math.abs(middle - truth), `${column} of ${JSON.stringify(row)}`).toBeLessThan(
    SURE_HALF_WIDTHS * Math.max(high - middle, middle - low),
  );
}
