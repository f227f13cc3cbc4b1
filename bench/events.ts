// The made-up data of the bench: events of a platform and members of a brand, as both would hand them in. Every value is
// a hash of its place and a seed, so that a size is the same data on every machine.
import { renameSync, rmSync } from 'node:fs';
import { DuckDBInstance, version as engineVersion } from 'duckdb';
import { keptFile, sourceText } from './cache-folder.ts';

const SEED = 20_111_111;
const ROWS_OF_A_PERSON = 10;
const PERSONS_OF_A_MEMBER = 2;
/** Sixty of a hundred members are on the platform. */
const KNOWN_MEMBERS_RATIO = 0.6;
/** The most rows a person that rules can declare. */
const MAX_EVENTS_OF_A_PERSON = 10_000;
const DAYS_COUNT = 90;
/** Rows that are put in order at a time: more would not fit into the memory below. */
const SORTED_ROWS = 10_000_000;
const MAKING_MEMORY = '6GB';

/** Generated tables in a database file of the engine. */
export interface EventsFile {
  readonly path: string;
  /** About so many events; the tail of the law decides exactly. */
  readonly rows: number;
  readonly persons: number;
  readonly members: number;
}

/**
 * The events of a size, made once and kept outside of the repository.
 *
 * `events`: `uid` (64 hex characters), `category` (200), `subcategory` (1,000), `product` (5,000), `city` (300), `day`
 * (0 to 89), `event_type` (3), `amount` DECIMAL(12, 2); in order of time. `members`: `uid`, `segment` (8), `tier` (4), one
 * row a person. Rows a person: about 10 in the mean, 7 in the middle, 55 at the 99th of a hundred, and up to ten thousand.
 */
export async function makeEvents(rows: number): Promise<EventsFile> {
  const persons = Math.round(rows / ROWS_OF_A_PERSON);
  const members = Math.round(persons / PERSONS_OF_A_MEMBER);
  const { path, exists } = keptFile(`events-${rows}`, 'duckdb', [sourceText(import.meta.url), engineVersion()]);
  if (!exists) await make(path, { rows, persons, members });
  return { path, rows, persons, members };
}

async function make(path: string, { rows, persons, members }: Omit<EventsFile, 'path'>): Promise<void> {
  const unfinished = `${path}.unfinished`;
  for (const ending of ['', '.wal', '.tmp']) rmSync(`${unfinished}${ending}`, { force: true, recursive: true });
  const instance = await DuckDBInstance.create(unfinished, { threads: '2', memory_limit: MAKING_MEMORY });
  const connection = await instance.connect();
  await connection.run(printPersons(persons));
  await connection.run(EVENTS_TABLE);
  const passes = Math.ceil(rows / SORTED_ROWS);
  for (let pass = 0; pass < passes; pass += 1) {
    const [from, to] = [pass, pass + 1].map((p) => Math.floor((DAYS_COUNT * p) / passes));
    await connection.run(printEvents(from ?? 0, to ?? DAYS_COUNT));
    process.stderr.write(`made ${Math.round((100 * (pass + 1)) / passes)} % of ${rows} events\n`);
  }
  await connection.run(printMembers(persons, members));
  await connection.run('DROP TABLE drawn');
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
  renameSync(unfinished, path);
}

const EVENTS_TABLE = `CREATE TABLE events (uid VARCHAR, category VARCHAR, subcategory VARCHAR, product VARCHAR, city VARCHAR,
  day INTEGER, event_type VARCHAR, amount DECIMAL(12, 2))`;

/** Hashed twice: the engine combines the hashes of a place and a use by their bits, and two uses would go together. */
const bitsOf = (place: string, use: number): string => `hash(hash(${place}, ${SEED + use}))`;

/** Uniform in [0, 1), of 53 bits. */
const uniform = (place: string, use: number): string =>
  `(CAST(${bitsOf(place, use)} >> 11 AS DOUBLE) / 9007199254740992)`;

const normal = (place: string, use: number): string =>
  `(sqrt(-2 * ln(greatest(1e-12, ${uniform(place, use)}))) * cos(2 * pi() * ${uniform(place, use + 1)}))`;

/** The name of a person as a member of the collaboration hands it in: 32 bytes, of which nobody can guess the place. */
const hexOf = (person: string): string => `sha256('person ' || ${person})`;

const numbered = (letter: string, number: string, digits: number): string =>
  `'${letter}' || lpad(CAST(${number} AS VARCHAR), ${digits}, '0')`;

// Lognormal in the middle, and one person in fifty thousand two hundred times as busy.
function printPersons(persons: number): string {
  const tail = `CASE WHEN ${uniform('i', 3)} < 0.00002 THEN 200 ELSE 1 END`;
  return `CREATE TABLE drawn AS SELECT i AS person,
    CAST(least(${MAX_EVENTS_OF_A_PERSON}, greatest(1, round(exp(1.9 + 0.9 * ${normal('i', 1)}) * ${tail}))) AS INTEGER) AS events,
    CAST(floor(200 * pow(${uniform('i', 4)}, 2)) AS INTEGER) AS favourite, CAST(${bitsOf('i', 5)} % 300 AS INTEGER) AS home
    FROM range(${persons}) t(i)`;
}

// Days are drawn before all else: what is put in order is narrow, and a pass takes the days it is for.
function printEvents(fromDay: number, toDay: number): string {
  const place = 'person * 100000 + k';
  const at = (use: number): string => bitsOf(place, use);
  return `INSERT INTO events
    WITH taken AS (SELECT person, k, favourite, home, day FROM (
        SELECT *, CAST(${at(9)} % ${DAYS_COUNT} AS INTEGER) AS day
        FROM (SELECT person, favourite, home, unnest(range(events)) AS k FROM drawn))
      WHERE day >= ${fromDay} AND day < ${toDay} ORDER BY day, ${at(20)}, person, k),
    chosen AS (SELECT *, CASE WHEN ${at(7)} % 100 < 28 THEN favourite
        ELSE CAST(floor(200 * pow(${uniform(place, 8)}, 2)) AS INTEGER) END AS c FROM taken)
    SELECT ${hexOf('person')}, ${numbered('c', 'c', 3)}, ${numbered('s', `5 * c + ${at(13)} % 5`, 4)},
      ${numbered('p', `25 * c + 5 * (${at(13)} % 5) + ${at(14)} % 5`, 5)},
      ${numbered('city', `CASE WHEN ${at(15)} % 100 < 80 THEN home ELSE ${at(16)} % 300 END`, 3)}, day,
      CASE WHEN ${at(10)} % 100 < 3 THEN 'purchase' WHEN ${at(10)} % 100 < 30 THEN 'click' ELSE 'view' END,
      CAST(exp(3 + 1.1 * ${normal(place, 11)}) AS DECIMAL(12, 2)) FROM chosen`;
}

function printMembers(persons: number, members: number): string {
  const known = Math.round(members * KNOWN_MEMBERS_RATIO);
  return `CREATE TABLE members AS
    SELECT ${hexOf('person')} AS uid, ${numbered('segment', `${bitsOf('person', 31)} % 8`, 1)} AS segment,
      ${numbered('tier', `${bitsOf('person', 32)} % 4`, 1)} AS tier
    FROM (FROM (SELECT person FROM drawn ORDER BY ${bitsOf('person', 30)} LIMIT ${known})
      UNION ALL SELECT ${persons} + i FROM range(${members - known}) t(i)) ORDER BY ${bitsOf('person', 33)}`;
}
