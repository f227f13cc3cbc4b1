// Audiences as somebody writes them who looks for a row that one program counts and another does not: NULL among values,
// arithmetic that does not fit, texts that are cut, tables joined to themselves, and memberships within memberships.
import type { Dice, PlannedTables } from './random-layouts.ts';

const pick = <T>(g: Dice, among: readonly T[]): T => among[g(among.length)] as T;
const LONG = 'l'.repeat(260);

/** Conditions on visits; `R` stands for the name of the table. */
const OF_VISITS = [
  ...["R.kind in ('a', null)", "R.kind not in ('a', null)", "R.kind not in ('a', 'b')", "(R.kind = 'a') is null"],
  ...["R.kind is distinct from 'a'", "nullif(R.kind, 'a') is null", "coalesce(R.kind, R.city) = 'a'", 'R.flag is null'],
  ...['R.n + R.n > 1', 'R.n * R.n > 1', 'R.amount * R.amount > 3', 'cast(R.kind as integer) > 1', 'R.amount > 0.005'],
  ...[
    `R.kind = '${LONG}1'`,
    `R.kind <> '${LONG}1'`,
    "substr(R.kind, 260) = '1'",
    'length(R.kind) > 255',
    "R.kind > ''",
  ],
  ...[
    'R.kind < R.city',
    'R.kind = R.city',
    "lower(R.kind) = 'a'",
    "R.kind like 'a%' or R.n = 1",
    "R.city || R.kind = 'aa'",
  ],
  ...["R.day + 400 > date '2024-03-01'", "R.day in (date '2024-01-01', null)", 'R.points in (1, 7, null)', 'R.n > 0.5'],
  ...['R.n = 9223372036854775807', 'case when R.flag then R.n else R.points end > 0', "R.kind = 'a' and R.kind = 'b'"],
];
const OF_PEOPLE = [
  ...[
    "R.segment in ('a', null)",
    "R.segment not in ('a', null)",
    'R.vip',
    'R.vip is null',
    'not R.vip',
    'R.score > 2.49',
  ],
  ...['R.score * R.score > 5', `R.segment = '${LONG}1'`, "coalesce(R.segment, 'b') = 'b'", "R.segment = 'a' or R.vip"],
  '(R.vip and R.score > 1) is null',
];
const OF_TAGS = ["R.tag = 'a'", 'R.tag is null', "R.tag in ('b', 'c', null)", "R.tag <> 'a'"];
/** Conditions on all visits of a person. */
const OF_PERSON = [
  ...['count(*) >= 2', 'count(*) = 1', 'count(distinct R.city) >= 2', "min(R.city) = 'a'", 'sum(R.points) > 3'],
  ...['count(R.amount) >= 2', 'avg(R.points) < 2', 'bool_or(R.flag)', 'bool_and(R.flag)', "max_by(R.city, R.n) = 'a'"],
  ...[
    "arg_min(R.kind, R.day) = 'b'",
    'count(distinct case when R.flag then R.kind end) > 1',
    'max(length(R.kind)) > 200',
  ],
  ...["count(*) filter (where R.kind = 'a') > 1", "max(R.kind) filter (where R.flag) = 'c'"],
  'count(distinct R.kind || R.city) > 1',
];

/** Fewer than a join may have of one person. */
const MAX_JOINED_ROWS_COUNT = 1_000;

/** Writes one audience; each of its tables has a name of its own. */
class AudienceWriter {
  readonly #g: Dice;
  readonly #visitsPerPerson: number;
  #tableCount = 0;

  constructor(g: Dice, { visits }: PlannedTables) {
    this.#g = g;
    this.#visitsPerPerson = visits.view.rules.rowsPerPerson;
  }

  audience(): string {
    const [a, b, c] = [this.#table(), this.#table(), this.#table()];
    const own = `shop.visits ${a}`;
    const joined = `${own} join brand.people ${b} on ${a}.email = ${b}.email`;
    const members = this.#memberships(`${a}.email`);
    const selected = (from: string, ...where: (readonly string[])[]) => `select ${a}.email from ${from}${all(where)}`;
    // More rows of a person than can be protected are refused.
    const isSmall = this.#visitsPerPerson ** 2 <= MAX_JOINED_ROWS_COUNT;
    switch (this.#g(isSmall ? 9 : 8)) {
      case 0: {
        const thrice = `${joined} join brand.people ${c} on ${c}.email = ${a}.email`;
        return selected(thrice, this.#some(OF_VISITS, a, 1), this.#some(OF_PEOPLE, c, 2), members);
      }
      case 1: {
        const held = [this.#membership(`${a}.email`, 1)];
        return selected(`brand.people ${a}`, this.#some(OF_PEOPLE, a, 1), members, held);
      }
      case 2: {
        const tagged = `brand.people ${a} join club.tags ${b} on ${a}.email = ${b}.email`;
        return selected(tagged, this.#some(OF_PEOPLE, a, 1), this.#some(OF_TAGS, b, 1), members);
      }
      case 3: {
        const tagged = `${joined} and ${this.#one(OF_VISITS, a)} left join club.tags ${c} on ${c}.email = ${a}.email`;
        return selected(tagged, this.#some(OF_PEOPLE, b, 1), this.#some(OF_TAGS, c, 1), members);
      }
      case 4: {
        const how = pick(this.#g, [`semi join brand.people ${b}`, `anti join brand.people ${b}`]);
        return selected(`${own} ${how} on ${a}.email = ${b}.email`, this.#some(OF_VISITS, a, 1));
      }
      case 5: {
        const kinds = `select ${a}.email as u, ${a}.kind as k from shop.visits ${a}`;
        const united = `${kinds} union all select ${b}.email, ${b}.segment from brand.people ${b}`;
        const among = this.#g(2) === 0 ? ["s.k in ('a', null)"] : [];
        return `select s.u from (${united}) s${all([among, this.#memberships('s.u')])}`;
      }
      case 6: {
        const beside = `${own} left join brand.people ${b} on ${b}.email = ${a}.email and ${this.#one(OF_PEOPLE, b)}`;
        return selected(beside, this.#some(OF_VISITS, a, 1), this.#some(OF_PEOPLE, b, 1), members);
      }
      case 7:
        return selected(`club.tags ${a}`, this.#some(OF_TAGS, a, 1), members);
      default: {
        const unlike = this.#g(2) === 0 ? [`${a}.kind <> ${b}.kind`] : [];
        const twice = `${own} join shop.visits ${b} on ${a}.email = ${b}.email`;
        return selected(twice, this.#some(OF_VISITS, a, 1), this.#some(OF_VISITS, b, 1), unlike);
      }
    }
  }

  #table(): string {
    this.#tableCount += 1;
    return `t${this.#tableCount}`;
  }

  #one(among: readonly string[], table: string): string {
    const condition = (): string => pick(this.#g, among).replaceAll('R.', `${table}.`);
    return this.#g(5) === 0 ? `(${condition()} or ${condition()})` : `(${condition()})`;
  }

  #some(among: readonly string[], table: string, most: number): readonly string[] {
    return Array.from({ length: this.#g(most + 1) }, () => this.#one(among, table));
  }

  #memberships(person: string): readonly string[] {
    const g = this.#g;
    return Array.from({ length: g(3) }, () => {
      if (g(8) === 0) return `not (${this.#membership(person, 0)})`;
      if (g(4) > 0) return this.#membership(person, 1);
      return `(${this.#membership(person, 1)} ${pick(g, ['or', 'and'])} ${this.#membership(person, 1)})`;
    });
  }

  #membership(person: string, depth: number): string {
    const table = this.#table();
    const exists = (from: string, condition: string) =>
      `exists (select 1 from ${from} ${table} where ${table}.email = ${person} and ${condition})`;
    switch (this.#g(6)) {
      case 0:
        return `${person} not in (${this.#persons(depth)})`;
      case 1:
        return exists('shop.visits', this.#one(OF_VISITS, table));
      case 2:
        return `not ${exists('brand.people', this.#one(OF_PEOPLE, table))}`;
      default:
        return `${person} in (${this.#persons(depth)})`;
    }
  }

  /** A query of persons; within it are others, down to a depth. */
  #persons(depth: number): string {
    const g = this.#g;
    const [a, b] = [this.#table(), this.#table()];
    const within = depth > 0 && g(3) === 0 ? [this.#membership(`${a}.email`, depth - 1)] : [];
    const selected = (from: string, ...where: (readonly string[])[]) => `select ${a}.email from ${from}${all(where)}`;
    switch (g(8)) {
      case 0:
        return selected(`brand.people ${a}`, this.#some(OF_PEOPLE, a, 2), within);
      case 1:
        return selected(`club.tags ${a}`, this.#some(OF_TAGS, a, 2), within);
      case 2: {
        const joined = `shop.visits ${a} join brand.people ${b} on ${a}.email = ${b}.email`;
        return selected(joined, this.#some(OF_VISITS, a, 2), this.#some(OF_PEOPLE, b, 1));
      }
      case 3: {
        const missing = g(2) === 0 ? [`${b}.vip is null`] : [];
        const beside = `shop.visits ${a} left join brand.people ${b} on ${a}.email = ${b}.email`;
        return selected(beside, this.#some(OF_VISITS, a, 1), missing);
      }
      case 4: {
        const having = ` group by ${a}.email having ${this.#one(OF_PERSON, a)}`;
        return `${selected(`shop.visits ${a}`, this.#some(OF_VISITS, a, 1))}${having}`;
      }
      case 5: {
        const rows = `select ${a}.email as u, ${a}.kind as k, count(*) as c, max(${a}.n) as m from shop.visits ${a} group by 1, 2`;
        return `select s.u from (${rows}) s where ${pick(g, ['s.c > 1', "s.k in ('a', null)", 's.m > 0', 's.k is null'])}`;
      }
      case 6: {
        const kinds = `select distinct ${a}.email as u, ${a}.kind as k from shop.visits ${a}`;
        return `select s.u from (${kinds}) s group by s.u having count(*) > ${g(3)}`;
      }
      default:
        return selected(`shop.visits ${a}`, this.#some(OF_VISITS, a, 2), within);
    }
  }
}

function all(conditions: readonly (readonly string[])[]): string {
  const each = conditions.flat();
  return each.length === 0 ? '' : ` where ${each.join(' and ')}`;
}

/** Draws an audience over these tables that looks for what one program selects and another does not. */
export function drawAdverseAudience(g: Dice, tables: PlannedTables): string {
  return new AudienceWriter(g, tables).audience();
}
