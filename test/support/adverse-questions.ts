// Questions as somebody writes them who looks for a row that one program counts and another does not: see
// adverse-audiences.ts, whose conditions these have on keys, rows and measures alike.
import type { Dice, PlannedTables } from './random-layouts.ts';

const pick = <T>(g: Dice, among: readonly T[]): T => among[g(among.length)] as T;
const drawn = <T>(g: Dice, count: number, draw: () => T): T[] => Array.from({ length: g(count + 1) }, draw);
const LONG = 'l'.repeat(260);

const FROM = [
  ...['shop.visits v', 'shop.visits v', 'shop.visits v semi join brand.people b on v.email = b.email'],
  'shop.visits v join club.tags t on t.email = v.email',
];
const FROM_BESIDE = [
  ...['shop.visits v join brand.people b using (email)', 'brand.people b join shop.visits v on v.email = b.email'],
  'shop.visits v join brand.people b on v.email = b.email and b.vip',
  "shop.visits v left join brand.people b on v.email = b.email and v.kind = 'a'",
  'shop.visits v join brand.people b on v.email = b.email join club.tags t on t.email = v.email',
];
const CONDITIONS = [
  ...[
    "v.kind in ('a', null)",
    "v.kind not in ('a', null)",
    "v.kind not in ('a', 'b')",
    "(v.kind = 'a') is null",
    'v.flag',
  ],
  ...['v.n + v.n > 1', 'v.n * v.n > 1', 'v.amount * v.amount > 3', 'cast(v.kind as integer) > 1', 'v.amount > 0.005'],
  ...[`v.kind = '${LONG}1'`, `v.kind <> '${LONG}1'`, "substr(v.kind, 260) = '1'", 'length(v.kind) > 255', 'v.n > 0.5'],
  ...[
    "v.kind is distinct from 'a'",
    "coalesce(v.kind, v.city) = 'a'",
    'v.kind = v.city',
    "v.kind like 'a%' or v.n = 1",
  ],
  ...["v.day + 400 > date '2024-03-01'", 'v.points in (1, 7, null)', 'case when v.flag then v.n else v.points end > 0'],
  "v.email in (select w.email from shop.visits w where w.kind = 'a')",
  'v.email in (select p.email from brand.people p where p.vip)',
];
const CONDITIONS_BESIDE = [
  ...["b.segment in ('a', null)", "b.segment not in ('a', null)", 'b.vip is null', 'b.score * b.score > 5'],
  ...[`b.segment = '${LONG}1'`, "coalesce(b.segment, 'b') = 'b'", 'b.score > 2.49'],
];
const KEYS = [
  ...['v.kind', 'v.city', 'v.day', 'v.n', 'v.flag', 'lower(v.kind)', "coalesce(v.kind, 'none')", "v.kind = 'a'"],
  ...["date_trunc('month', v.day)", 'v.n + 1', "case when v.kind in ('a', null) then 'x' end"],
];
const KEYS_BESIDE = ['b.segment', 'b.vip', 'upper(b.segment)'];
/** `C` stands for a condition. */
const MEASURES = [
  ...['count(*)', 'count(distinct v.email)', 'count(v.amount)', 'sum(v.amount)', 'avg(v.amount)', 'sum(v.points)'],
  ...['sum(v.amount) filter (where C)', 'count(*) filter (where C)', 'count(distinct v.email) filter (where C)'],
  ...[
    'sum(case when C then v.amount else 0 end)',
    'sum(case when C then v.points end)',
    'avg(v.points) filter (where C)',
  ],
];
const MEASURES_OF_ROWS = [
  ...['median(v.points)', 'median(v.amount) filter (where C)', 'quantile_cont(v.amount, 0.9)', 'max(v.points)'],
  ...[
    'count(distinct v.city) filter (where C)',
    'count(distinct v.kind)',
    'stddev(v.points)',
    'sum(v.amount + v.points)',
  ],
  ...['sum(clamp(v.points * v.points, 0, 9))', 'median(clamp(v.n * v.n, 0, 100))', 'sum(cast(v.amount as double))'],
];

/** Those of some conditions that read no column of visits but these. */
const readingOnly = (conditions: readonly string[], columns: readonly string[]): readonly string[] =>
  conditions.filter((c) => [...c.matchAll(/\bv\.(\w+)/g)].every(([, name = '']) => columns.includes(name)));

/** Draws a question over these tables that looks for what one program counts and another does not. */
export function drawAdverseQuestion(g: Dice, { visits }: PlannedTables): string {
  const sets = visits.view.rules.plannedGroups ?? [['kind'], ['city'], ['day'], ['n']];
  const set = pick(g, [[], ...sets, ...sets]);
  const isBeside = g(2) === 0;
  // Half of them read nothing but a planned set, and are counted over pairs.
  const isPlanned = g(2) === 0;
  const ofVisits = isPlanned ? [...readingOnly(CONDITIONS, set), 'v.email is not null'] : CONDITIONS;
  const condition = () => pick(g, isBeside && g(3) === 0 ? CONDITIONS_BESIDE : ofVisits);
  const own = isPlanned || g(2) === 0 ? set.map((key) => `v.${key}`) : drawn(g, 2, () => pick(g, KEYS));
  const keys = [...new Set([...own, ...(isBeside && g(2) === 0 ? [pick(g, KEYS_BESIDE)] : [])])];
  const among = g(4) === 0 ? [...MEASURES, ...MEASURES_OF_ROWS] : MEASURES;
  const measures = [pick(g, among), ...drawn(g, 1, () => pick(g, among))].map((m) => m.replaceAll('C', condition));
  const where = g(2) === 0 ? [] : drawn(g, 2, condition);
  const filter = where.length === 0 ? '' : ` where ${where.join(' and ')}`;
  const grouped = keys.length === 0 ? '' : ` group by ${keys.map((_, index) => index + 1).join(', ')}`;
  return `select ${[...keys, ...measures].join(', ')} from ${pick(g, isBeside ? FROM_BESIDE : FROM)}${filter}${grouped}`;
}
