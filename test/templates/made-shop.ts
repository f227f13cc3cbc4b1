// A shop that is made up: whom it reached, what they bought and which arm they were in, so that every answer is known.
import type { TableColumn, TableView } from '../../policies/index.ts';
import { loadTable } from '../support/load-table.ts';
import { goodRules, rulesDocument } from '../support/tables.ts';

/** Persons of the shop; enough for each group to be shown. */
const PERSON_COUNT = 700;
const DAY_MS = 86_400_000;
/** The first day of the shop; days are counted from it. */
const FIRST_DAY_MS = Date.UTC(2024, 0, 1);

/** A purchase; `day` counts from the first day of the shop. */
export interface Purchase {
  readonly person: number;
  readonly day: number;
  readonly category: string;
  readonly product: string;
  readonly amount: number;
}

/** Something that a person saw, clicked or bought. */
export interface Deed {
  readonly person: number;
  readonly day: number;
  readonly deed: string;
}

/** A contact with an advertisement. */
export interface Contact {
  readonly person: number;
  readonly day: number;
  readonly channel: string;
}

// Even shares without a generator's state: MurmurHash3's finaliser.
function mixed(...parts: readonly number[]): number {
  let bits = parts.reduce((sum, part, index) => Math.imul(sum ^ (part + 0x9e3779b9 * (index + 1)), 0x85ebca6b), 7);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function pick<Value>(values: readonly Value[], at: number): Value {
  return values[at % values.length] as Value;
}

const persons = Array.from({ length: PERSON_COUNT }, (_, person) => person + 1);
const manyOf = <Row>(salt: number, most: number, make: (person: number, index: number) => Row): readonly Row[] =>
  persons.flatMap((person) => Array.from({ length: mixed(person, salt) % (most + 1) }, (_, i) => make(person, i)));

/** What was bought. */
export const purchases = manyOf(1, 6, (person, i): Purchase => {
  const at = mixed(person, i, 2);
  const category = pick(['cleansing', 'toning', 'moisturising'], mixed(person, i, 3));
  // The new product is of the first category and comes on day 200.
  const product = category === 'cleansing' && at % 366 >= 200 && mixed(person, i, 4) % 4 > 0 ? 'foam' : 'classic';
  return { person, day: at % 366, category, product, amount: (mixed(person, i, 5) % 9_999) / 100 };
});

/** What was done. */
export const deeds = manyOf(6, 9, (person, i): Deed => {
  return {
    person,
    day: mixed(person, i, 7) % 366,
    deed: pick(['seen', 'seen', 'clicked', 'bought'], mixed(person, i, 8)),
  };
});

/** Who was reached. */
export const contacts = manyOf(9, 11, (person, i): Contact => {
  return { person, day: mixed(person, i, 10) % 366, channel: pick(['feed', 'search', 'live'], mixed(person, i, 11)) };
});

/** What is known of persons; of some nothing. */
export const ages = persons
  .filter((person) => mixed(person, 12) % 4 > 0)
  .map((person) => ({ person, age: pick(['under 30', '30 to 49', 'over 49'], mixed(person, 13)) }));

/** Who was in which arm. */
export const arms = persons.map((person) => ({ person, arm: pick(['new', 'old', 'none'], mixed(person, 14)) }));

/** A day as a date. */
export function dateOf(day: number): string {
  return new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10);
}

/** The day of a date. */
export function dayOf(date: string): number {
  return (Date.parse(date) - FIRST_DAY_MS) / DAY_MS;
}

const text = (name: string): TableColumn => ({ name, type: { kind: 'text' } });
const date = (name: string): TableColumn => ({ name, type: { kind: 'date' } });
const email: TableColumn = { name: 'email', type: { kind: 'person' } };
const amount: TableColumn = { name: 'amount', type: { kind: 'decimal', scale: 2 } };

function view(alias: string, columns: readonly TableColumn[], rules: Record<string, unknown>): TableView {
  const named = columns.filter(({ type }) => type.kind !== 'person').map(({ name }) => name);
  const permitted = {
    rowsPerPerson: 20,
    maxGroupsPerPerson: 100,
    minGroupSize: 10,
    filters: named.filter((name) => !Object.hasOwn((rules.groupKeys ?? {}) as object, name)),
    audience: { columns: named, minSize: 10, destinations: ['shop/front'] },
    ...rules,
  };
  const document = rulesDocument(permitted);
  return {
    member: 'shop',
    alias,
    datasetId: `ds-${alias}`,
    columns,
    identifiers: ['email'],
    rules: goodRules(document, columns),
  };
}

/** The tables of the shop. */
export const shopTables: readonly TableView[] = [
  view('orders', [email, date('day'), text('category'), text('product'), amount], {
    groupKeys: { category: { values: ['cleansing', 'toning', 'moisturising'] }, product: {}, day: {} },
    measures: { amount: { min: 0, max: 100 } },
    filters: ['amount'],
  }),
  view('deeds', [email, date('day'), text('deed')], {}),
  view('contacts', [email, date('day'), text('channel')], {
    groupKeys: { channel: { values: ['feed', 'search', 'live'] } },
  }),
  view('ages', [email, text('age')], {
    rowsPerPerson: 1,
    groupKeys: { age: { values: ['under 30', '30 to 49', 'over 49'] } },
  }),
  view('campaign', [email, text('arm')], { rowsPerPerson: 1, groupKeys: { arm: { values: ['new', 'old', 'none'] } } }),
];

const quoted = (value: string): string => `'${value}'`;
const onDay = (day: number): string => `DATE '${dateOf(day)}'`;

/** Loads the tables into the engine of the tests. */
export async function loadShop(): Promise<void> {
  const [orders, done, reached, known, campaign] = shopTables as [
    TableView,
    TableView,
    TableView,
    TableView,
    TableView,
  ];
  await loadTable(
    orders,
    purchases.map((p) => [`${p.person}`, onDay(p.day), quoted(p.category), quoted(p.product), p.amount.toFixed(2)]),
  );
  await loadTable(
    done,
    deeds.map((d) => [`${d.person}`, onDay(d.day), quoted(d.deed)]),
  );
  await loadTable(
    reached,
    contacts.map((c) => [`${c.person}`, onDay(c.day), quoted(c.channel)]),
  );
  await loadTable(
    known,
    ages.map((a) => [`${a.person}`, quoted(a.age)]),
  );
  await loadTable(
    campaign,
    arms.map((a) => [`${a.person}`, quoted(a.arm)]),
  );
}
