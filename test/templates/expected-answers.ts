import type { Template } from '../../policies/index.ts';
import {
  ages,
  arms,
  type Contact,
  contacts,
  type Deed,
  dateOf,
  dayOf,
  deeds,
  type Purchase,
  purchases,
} from './made-shop.ts';
import type { Answer } from './run-filled.ts';

/** What a question should answer; the first columns of each row are its keys. */
interface Expected {
  readonly keys: number;
  readonly rows: readonly Answer[];
}

const since = dayOf('2024-06-01');
const until = dayOf('2024-11-30');
const asOf = dayOf('2024-12-15');
const launched = dayOf('2024-08-01');

/** Values of every parameter of every template; the columns of a template are of its own tables. */
const values: Readonly<Record<string, unknown>> = {
  since: dateOf(since),
  until: dateOf(until),
  as_of: dateOf(asOf),
  launched: dateOf(launched),
  orders: 'shop.orders',
  contacts: 'shop.contacts',
  profiles: 'shop.ages',
  campaign: 'shop.campaign',
  person: 'email',
  buyer: 'email',
  bought_on: 'day',
  seen_on: 'day',
  day: 'day',
  amount: 'amount',
  category: 'category',
  product: 'product',
  channel: 'channel',
  deed: 'deed',
  attribute: 'age',
  arm: 'arm',
  of: 'foam',
  of_category: 'cleansing',
  aware_deeds: ['seen'],
  interested_deeds: ['clicked'],
  bought_deeds: ['bought'],
  channels: ['feed', 'live'],
  buyers: 'returning',
  to_sum: 400,
  least_sum: '150.00',
  least_count: 1,
};

/** What a template is filled in with. */
export function valuesOf({ name, parameters }: Template): Record<string, unknown> {
  const special: Record<string, unknown> = {
    ...values,
    events: name.startsWith('aipl/') ? 'shop.deeds' : 'shop.orders',
    stages: name.startsWith('aipl/') ? ['interested', 'loyal'] : ['silent', 'dormant'],
    recency: ['recent', 'past'],
    money: ['high', 'middle'],
    frequency: ['again'],
    first: name.startsWith('brand-marketing/') ? 'feed' : 'cleansing',
    second: name.startsWith('brand-marketing/') ? 'search' : 'toning',
    ...(name === 'new-and-returning/audience' ? { of: 'toning' } : {}),
  };
  return Object.fromEntries(
    parameters.filter(({ name: one }) => Object.hasOwn(special, one)).map(({ name: one }) => [one, special[one]]),
  );
}

const isIn = ({ day }: { readonly day: number }): boolean => day >= since && day <= until;
const within = (day: number, end: number, days: number): boolean => day <= end && day > end - days;

function byKey<Row>(
  rows: readonly Row[],
  key: (row: Row) => string | number,
): ReadonlyMap<string | number, readonly Row[]> {
  const groups = new Map<string | number, Row[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}

/** Persons by what they are told apart by. */
function personsBy<Row extends { readonly person: number }>(
  rows: readonly Row[],
  told: (own: readonly Row[]) => Answer | null,
): Expected {
  const keys = [...byKey(rows, (row) => row.person).values()].flatMap((own) => {
    const key = told(own);
    return key === null ? [] : [key];
  });
  const rowsOf = [...byKey(keys, (key) => JSON.stringify(key)).values()].map((same) => [
    ...(same[0] ?? []),
    same.length,
  ]);
  return { keys: keys[0]?.length ?? 0, rows: rowsOf };
}

function personsOf<Row extends { readonly person: number }>(
  rows: readonly Row[],
  isWanted: (own: readonly Row[]) => boolean,
): readonly number[] {
  return [...byKey(rows, (row) => row.person)].flatMap(([person, own]) => (isWanted(own) ? [Number(person)] : []));
}

const countOf = (rows: readonly { readonly person: number }[]): number =>
  new Set(rows.map(({ person }) => person)).size;
const total = (rows: readonly Purchase[]): number => rows.reduce((sum, { amount }) => sum + amount, 0);
const last = (rows: readonly { readonly day: number }[]): number => Math.max(...rows.map(({ day }) => day));
const first = (rows: readonly { readonly day: number }[]): number => Math.min(...rows.map(({ day }) => day));
const steps = (count: number): string => {
  if (count <= 2) return String(count);
  if (count <= 4) return '3 to 4';
  return count <= 9 ? '5 to 9' : '10 and more';
};
/** The step of ten from 0 to an end that a number is in. */
const tenth = (value: number, end: number): number =>
  value < 0 ? 0 : value >= end ? 11 : Math.floor((value / end) * 10) + 1;
const oneOrBoth = (hasFirst: boolean, hasSecond: boolean): string => {
  if (hasFirst && hasSecond) return 'both';
  if (hasFirst) return 'first only';
  return hasSecond ? 'second only' : 'neither';
};

function lifeStage(own: readonly Purchase[]): string | null {
  const past = own.filter(({ day }) => day <= asOf);
  if (past.length === 0) return null;
  const ago = asOf - last(past);
  if (ago < 30) return 'active';
  if (ago < 90) return 'silent';
  return ago < 365 ? 'dormant' : 'lost';
}

function grades(own: readonly Purchase[]): readonly [string, string, string] | null {
  const past = own.filter(({ day }) => within(day, asOf, 365));
  if (past.length === 0) return null;
  const ago = asOf - last(past);
  const spent = total(past);
  return [
    ago < 30 ? 'recent' : ago < 120 ? 'past' : 'long-ago',
    past.length >= 5 ? 'often' : past.length >= 2 ? 'again' : 'once',
    spent >= 500 ? 'high' : spent >= 100 ? 'middle' : 'low',
  ];
}

function stageAt(own: readonly Deed[], end: number): string {
  const number = (deed: string, days: number) => own.filter((d) => d.deed === deed && within(d.day, end, days)).length;
  const bought = number('bought', 365);
  if (bought >= 3) return 'loyal';
  if (bought > 0) return 'purchased';
  if (number('clicked', 30) > 0) return 'interested';
  return number('seen', 30) > 0 ? 'aware' : 'none';
}

/** New or returning in one category; null for who did not buy there in the period. */
function newOrReturning(own: readonly Purchase[]): 'new' | 'returning' | null {
  const past = own.filter(({ day }) => day <= until);
  if (past.length === 0 || last(past) < since) return null;
  return first(past) >= since ? 'new' : 'returning';
}

const isTrial = (p: Purchase): boolean => p.product === 'foam' && p.day >= launched && p.day <= until;

function monthOf(day: number): string {
  return `${dateOf(day).slice(0, 7)}-01`;
}

function monthsBetween(from: number, to: number): number {
  const number = (day: number) => Number(dateOf(day).slice(0, 4)) * 12 + Number(dateOf(day).slice(5, 7));
  return number(to) - number(from);
}

const inPeriod = purchases.filter(isIn);
const reached = contacts.filter(isIn);

function figures(rows: readonly Purchase[]): Answer {
  return [countOf(rows), rows.length, total(rows)];
}

function grouped<Row>(
  rows: readonly Row[],
  key: (row: Row) => string | number,
  numbers: (own: readonly Row[]) => Answer,
): Expected {
  return { keys: 1, rows: [...byKey(rows, key)].map(([one, own]) => [one, ...numbers(own)]) };
}

function boughtAfter({ person }: Contact, from: number): boolean {
  return purchases.some((p) => p.person === person && p.day >= from && p.day <= from + 14);
}

function afterContact(own: readonly Contact[]): Answer {
  const firsts = [...byKey(own, ({ person }) => person).values()];
  const bought = firsts.filter((theirs) => boughtAfter(theirs[0] as Contact, first(theirs)));
  return [firsts.length, bought.length];
}

function cohorts(): Expected {
  const firstOf = new Map([...byKey(purchases, ({ person }) => person)].map(([person, own]) => [person, first(own)]));
  const from = (p: Purchase): number => firstOf.get(p.person) ?? 0;
  const counted = purchases.filter((p) => from(p) >= since && from(p) <= until);
  const cells = byKey(counted, (p) => `${monthOf(from(p))} ${monthsBetween(from(p), p.day)}`);
  return {
    keys: 2,
    rows: [...cells.values()].map((own) => {
      const p = own[0] as Purchase;
      return [monthOf(from(p)), monthsBetween(from(p), p.day), countOf(own)];
    }),
  };
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const buyersOf = new Set(inPeriod.map(({ person }) => person));

/** What each question should answer. */
export const questionAnswers: Readonly<Record<string, () => Expected>> = {
  'life-cycle/stages': () =>
    personsBy(purchases, (own) => {
      const stage = lifeStage(own);
      return stage === null ? null : [stage];
    }),
  'rfm/grid': () => personsBy(purchases, grades),
  'aipl/stages': () => personsBy(deeds, (own) => [stageAt(own, asOf)]),
  'aipl/flow': () => personsBy(deeds, (own) => [stageAt(own, since), stageAt(own, until)]),
  'new-and-returning/by-category': () => {
    const each = [...byKey(purchases, ({ category }) => category)].flatMap(
      ([category, rows]) =>
        personsBy(rows, (own) => {
          const kind = newOrReturning(own);
          return kind === null ? null : [category, kind];
        }).rows,
    );
    return { keys: 2, rows: each };
  },
  'brand-marketing/channel-reach': () =>
    grouped(
      reached,
      ({ channel }) => channel,
      (own) => [countOf(own), own.length],
    ),
  'brand-marketing/channel-overlap': () =>
    personsBy(reached, (own) => [
      oneOrBoth(
        own.some((c) => c.channel === 'feed'),
        own.some((c) => c.channel === 'search'),
      ),
    ]),
  'brand-marketing/contact-frequency': () => ({
    keys: 2,
    rows: [...byKey(reached, ({ channel }) => channel)].flatMap(
      ([channel, rows]) => personsBy(rows, (own) => [channel, steps(own.length)]).rows,
    ),
  }),
  'brand-marketing/purchase-after-contact': () => grouped(reached, ({ channel }) => channel, afterContact),
  'brand-marketing/campaign-effect': () =>
    grouped(
      arms,
      ({ arm }) => arm,
      (own) => [own.length, own.filter(({ person }) => buyersOf.has(person)).length],
    ),
  'new-product-research/source-of-buyers': () =>
    personsBy(purchases, (own) => {
      if (!own.some(isTrial)) return null;
      const before = own.filter(({ day }) => day < launched);
      if (before.some(({ category }) => category === 'cleansing')) return ['from the category'];
      return [before.length > 0 ? 'from other categories' : 'new'];
    }),
  'new-product-research/trial-and-repeat': () =>
    personsBy(purchases.filter(isTrial), ({ length }) => [
      length === 1 ? 'once' : length === 2 ? 'twice' : 'more often',
    ]),
  'new-product-research/bought-before': () => {
    const triers = new Set(purchases.filter(isTrial).map(({ person }) => person));
    const before = purchases.filter(({ person, day }) => triers.has(person) && day < launched);
    return grouped(
      before,
      ({ category }) => category,
      (own) => [countOf(own)],
    );
  },
  'new-product-research/paid-prices': () =>
    grouped(
      purchases.filter(isTrial),
      ({ amount }) => tenth(amount, 100),
      (own) => [own.length],
    ),
  'consumer-research/category-affinity': () =>
    personsBy(inPeriod, (own) => [
      oneOrBoth(
        own.some((p) => p.category === 'cleansing'),
        own.some((p) => p.category === 'toning'),
      ),
    ]),
  'consumer-research/spend-per-person': () =>
    personsBy(inPeriod, (own) => [tenth(Math.round(total(own) * 100) / 100, 400)]),
  'consumer-research/purchases-per-person': () => personsBy(inPeriod, (own) => [steps(own.length)]),
  'consumer-research/who-buys': () =>
    grouped(
      ages,
      ({ age }) => age,
      (own) => [own.length, own.filter(({ person }) => buyersOf.has(person)).length],
    ),
  'consumer-research/days-of-the-week': () =>
    // The shop's first day, 2024-01-01, was a Monday.
    grouped(
      inPeriod,
      ({ day }) => WEEKDAYS[day % 7] ?? '',
      (own) => [own.length],
    ),
  'brand-overview/key-figures': () => {
    const [buyers = 0, count = 0, sales = 0] = figures(inPeriod).map(Number);
    return { keys: 0, rows: [[buyers, count, sales, sales / count, sales / buyers]] };
  },
  'brand-overview/repeat-buyers': () => {
    const buyers = [...byKey(inPeriod, ({ person }) => person).values()];
    const back = buyers.filter(({ length }) => length >= 2).length;
    return { keys: 0, rows: [[buyers.length, back, back / buyers.length]] };
  },
  'brand-overview/category-mix': () => grouped(inPeriod, ({ category }) => category, figures),
  'brand-overview/months': () => grouped(inPeriod, ({ day }) => monthOf(day), figures),
  'brand-overview/retention': cohorts,
};

/** Who should be in each audience. */
export const audienceAnswers: Readonly<Record<string, () => readonly number[]>> = {
  'life-cycle/audience': () => personsOf(purchases, (own) => ['silent', 'dormant'].includes(lifeStage(own) ?? '')),
  'rfm/audience': () =>
    personsOf(purchases, (own) => {
      const [recency = '', frequency = '', money = ''] = grades(own) ?? [];
      return recency !== 'long-ago' && recency !== '' && frequency === 'again' && money !== 'low';
    }),
  'aipl/audience': () => personsOf(deeds, (own) => ['interested', 'loyal'].includes(stageAt(own, asOf))),
  'new-and-returning/audience': () =>
    personsOf(
      purchases.filter(({ category }) => category === 'toning'),
      (own) => newOrReturning(own) === 'returning',
    ),
  'brand-marketing/reached-without-purchase': () => {
    const bought = new Set(purchases.filter(({ day }) => day >= since).map(({ person }) => person));
    return personsOf(
      reached.filter(({ channel }) => channel !== 'search'),
      ([one]) => one !== undefined && !bought.has(one.person),
    );
  },
  'new-product-research/likely-triers': () =>
    personsOf(
      inPeriod,
      (own) => own.some(({ category }) => category === 'cleansing') && !own.some(({ product }) => product === 'foam'),
    ),
  'consumer-research/heavy-buyers': () => personsOf(inPeriod, (own) => Math.round(total(own) * 100) >= 15_000),
  'brand-overview/lapsing-buyers': () =>
    personsOf(
      purchases.filter(({ day }) => day <= asOf),
      (own) => last(own) <= asOf - 60 && last(own) >= asOf - 180,
    ),
};
