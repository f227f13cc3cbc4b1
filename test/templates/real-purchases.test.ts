// Real purchases, where they lie beside the checkout: the CDNOW file of 23,570 persons over eighteen months.
// GALLEY_REAL_DATA names another folder.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TableColumn, TableView } from '../../policies/index.ts';
import { loadTable } from '../support/load-table.ts';
import { goodRules, rulesDocument } from '../support/tables.ts';
import { answersOf, everyTemplate, membersOf } from './run-filled.ts';

const named = process.env.GALLEY_REAL_DATA;
const folder = named ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const file = join(folder, 'cdnow_brand_orders.csv.gz');
const MAX_TEST_MS = 300_000;
const DAY_MS = 86_400_000;

const columns: readonly TableColumn[] = [
  { name: 'member_id', type: { kind: 'person' } },
  { name: 'day', type: { kind: 'date' } },
  { name: 'amount', type: { kind: 'decimal', scale: 2 } },
];
const rules = {
  identity: 'member_id',
  // The heaviest buyer has 217 orders.
  rowsPerPerson: 250,
  filters: ['day', 'amount'],
  measures: { amount: { min: 0, max: 1_300 } },
  minGroupSize: 10,
  audience: { columns: ['day', 'amount'], minSize: 100, destinations: ['shop/front'] },
};
const orders: TableView = {
  member: 'cdnow',
  alias: 'orders',
  datasetId: 'ds-orders',
  columns,
  identifiers: ['member_id'],
  rules: goodRules(rulesDocument(rules), columns),
};
const asOf = '1998-06-30';
const common = { events: 'cdnow.orders', person: 'member_id', day: 'day', as_of: asOf };

interface Order {
  readonly person: number;
  readonly day: number;
  readonly cents: number;
}

let persons: ReadonlyMap<number, readonly Order[]>;

async function load(): Promise<void> {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n').slice(1);
  const all = lines.map((line): Order => {
    const [id = '', date = '', , usd = ''] = line.split(',');
    return { person: Number(id), day: Date.parse(date) / DAY_MS, cents: Math.round(Number(usd) * 100) };
  });
  const dates = lines.map((line) => line.split(',')[1] ?? '');
  persons = Map.groupBy(all, ({ person }) => person);
  await loadTable(
    orders,
    all.map((o, index) => [`${o.person}`, `DATE '${dates[index]}'`, (o.cents / 100).toFixed(2)]),
  );
}

function templateOf(name: string) {
  return everyTemplate.find((one) => one.name === name) ?? expect.fail(`there is no template ${name}`);
}

const agoOf = (own: readonly Order[]): number => Date.parse(asOf) / DAY_MS - Math.max(...own.map(({ day }) => day));

if (!existsSync(file)) {
  describe('the purchases of CDNOW', () => {
    it('are not beside this checkout, so that nothing is shown of them here', () => {
      process.stdout.write('the real files are not beside this checkout: GALLEY_REAL_DATA names their folder\n');
      expect(named).toBeUndefined();
    });
  });
} else {
  describe('the purchases of CDNOW', () => {
    beforeAll(load, MAX_TEST_MS);

    it(
      'are of 23,570 persons, most of whom were lost or dormant in the end',
      async () => {
        expect(persons.size).toBe(23_570);
        const stages = [...persons.values()].map((own) => {
          const ago = agoOf(own);
          if (ago < 30) return 'active';
          if (ago < 90) return 'silent';
          return ago < 365 ? 'dormant' : 'lost';
        });
        const expected = Map.groupBy(stages, (stage) => stage);
        const rows = await answersOf({ template: templateOf('life-cycle/stages'), values: common, tables: [orders] });
        expect(Object.fromEntries(rows)).toEqual(
          Object.fromEntries([...expected].map(([stage, all]) => [stage, all.length])),
        );
      },
      MAX_TEST_MS,
    );

    it(
      'came back as often as the file says',
      async () => {
        const values = {
          orders: 'cdnow.orders',
          buyer: 'member_id',
          bought_on: 'day',
          since: '1997-01-01',
          until: asOf,
        };
        const rows = await answersOf({
          template: templateOf('brand-overview/repeat-buyers'),
          values,
          tables: [orders],
        });
        const back = [...persons.values()].filter(({ length }) => length >= 2).length;
        expect(rows).toEqual([[persons.size, back, back / persons.size]]);
      },
      MAX_TEST_MS,
    );

    it(
      'have an audience of those who bought often and much, and lately',
      async () => {
        const grades = { recency: ['recent', 'past'], frequency: ['often'], money: ['high'] };
        const values = { ...common, amount: 'amount', window_days: 545, ...grades };
        const members = await membersOf({ template: templateOf('rfm/audience'), values, tables: [orders] });
        const expected = [...persons].flatMap(([person, own]) => {
          const within = own.filter(({ day }) => Date.parse(asOf) / DAY_MS - day < 545);
          const cents = within.reduce((sum, one) => sum + one.cents, 0);
          return within.length >= 5 && cents >= 50_000 && agoOf(within) < 120 ? [person] : [];
        });
        expect(members).toEqual(expected.toSorted((a, b) => a - b));
        expect(members.length).toBeGreaterThan(100);
      },
      MAX_TEST_MS,
    );
  });
}
