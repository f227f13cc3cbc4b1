import type { TableView } from '../../policies/index.ts';
import type { Dice, PlannedTables } from './random-layouts.ts';
import { SCORES_PERMITTED } from './scoring.ts';

const pick = <T>(g: Dice, among: readonly T[]): T => among[g(among.length)] as T;

/** The same table under rules that permit audiences by each of its columns, and by scores of them. */
export function permittingAudiences(view: TableView): TableView {
  const columns = view.columns.flatMap(({ name, type }) => (type.kind === 'person' ? [] : [name]));
  const audience = { columns, minSize: 10, destinations: [], purposes: null, blurred: null };
  return { ...view, rules: { ...view.rules, audience, functions: SCORES_PERMITTED } };
}

const FROM = [
  'shop.visits v',
  'shop.visits v',
  'shop.visits v join brand.people b using (email)',
  'brand.people b join shop.visits v on v.email = b.email',
  'shop.visits v join brand.people b on v.email = b.email and b.vip',
  'shop.visits v join brand.people b on v.email = b.email join club.tags t on t.email = v.email',
  'shop.visits v left join brand.people b on v.email = b.email',
] as const;
const OF_VISITS = [
  ...["kind = 'a'", "kind in ('a', 'c', 'k7')", 'kind is null', "city = 'it''s'", "city like 'l%1'", "city < 'b'"],
  ...['n >= 1', 'flag', 'not flag', "day >= '2024-02-01'", "kind = 'a' or city is null", 'amount > 1', 'points = 7'],
  ...["grade in ('x', 'y')", "kind = 'nowhere'", 'length(city) > 3 and flag'],
];
const OF_PEOPLE = ['vip', 'not vip', "segment = 'a'", "segment in ('b', 'c')", 'score < 9', 'segment is null'];
const COUNTED = [
  ...['count(*) >= 2', 'count(*) = 1', 'count(distinct city) >= 2', 'max(n) > 0', 'sum(points) > 3', "min(city) = 'a'"],
  ...['count(amount) >= 2', 'avg(points) < 2', 'bool_or(flag)'],
];

const named = (ref: string, condition: string): string =>
  condition.replaceAll(/\b(kind|city|n|flag|day|amount|points|grade|vip|segment|score)\b(?!')/g, `${ref}.$1`);

/** Persons with such visits, as a subquery. */
function personsWith(g: Dice): string {
  const where = g(6) === 0 ? '' : ` where ${named('w', pick(g, OF_VISITS))}`;
  const having = g(2) === 0 ? '' : ` group by w.email having ${named('w', pick(g, COUNTED))}`;
  return `select w.email from shop.visits w${where}${having}`;
}

function memberships(g: Dice, identity: string): string {
  const one = () => `${identity} ${g(3) === 0 ? 'not in' : 'in'} (${personsWith(g)})`;
  return g(2) === 0 ? one() : `(${one()} ${pick(g, ['and', 'or'])} ${one()})`;
}

/** An audience over them: by rows, by rows of both tables, by who has such rows, how many of them, or by either of two. */
export function drawAudience(g: Dice, { visits }: PlannedTables): string {
  const conditions = (ref: string, among: readonly string[], most: number): string[] =>
    Array.from({ length: g(most + 1) }, () => `(${named(ref, pick(g, among))})`);
  const where = (all: readonly string[]): string => (all.length === 0 ? '' : ` where ${all.join(' and ')}`);
  // Mostly by columns that pairs are made of.
  const sets = visits.view.rules.plannedGroups ?? [['kind'], ['city'], ['day']];
  const planned = pick(g, sets);
  const ofPairs = OF_VISITS.filter((c) =>
    [...c.matchAll(/\b(kind|city|n|flag|day|amount|points|grade)\b(?!')/g)].every(([name]) => planned.includes(name)),
  );
  const own = g(3) === 0 || ofPairs.length === 0 ? OF_VISITS : ofPairs;
  switch (g(4)) {
    case 0:
      return `select b.email from brand.people b where ${[memberships(g, 'b.email'), ...conditions('b', OF_PEOPLE, 1)].join(' and ')}`;
    case 1: {
      const branches = [0, 1].map(() => `select v.email as u from shop.visits v${where(conditions('v', own, 2))}`);
      const people = `select b.email as u from brand.people b${where(conditions('b', OF_PEOPLE, 1))}`;
      return `select s.u from (${[branches[0], g(2) === 0 ? people : branches[1]].join(' union all ')}) s`;
    }
    default: {
      const from = pick(g, FROM);
      const isBeside = from.includes('brand') && !from.includes('left');
      const all = [...conditions('v', own, 2), ...(isBeside ? conditions('b', OF_PEOPLE, 1) : [])];
      const member = g(6) === 0 ? [memberships(g, 'v.email')] : [];
      return `select ${isBeside && g(2) === 0 ? 'b' : 'v'}.email from ${from}${where([...all, ...member])}`;
    }
  }
}
