import { type ColumnChunk, isPresent } from '../../wire/column-chunk.ts';
import { rowsOf } from './person-digests.ts';

/** An odd number without pattern: spreads the bits of a person over all 64. */
const MIXER = 0x9e37_79b9_7f4a_7c15n;
const MASK = (1n << 64n) - 1n;

/** One table of a match: its persons, and who has which identifier of each kind. */
export class MatchSide {
  readonly #persons = new Numbers();
  readonly #links: readonly { readonly keys: Numbers; readonly persons: Numbers }[];

  constructor(kindCount: number) {
    this.#links = Array.from({ length: kindCount }, () => ({ keys: new Numbers(), persons: new Numbers() }));
  }

  /** Takes a chunk of persons. */
  addPersons(chunk: ColumnChunk): void {
    if (chunk.type.kind !== 'person') throw new Error('a side begins with its persons');
    const names = chunk.values as BigUint64Array;
    for (let row = 0; row < chunk.rowCount; row += 1) {
      if (isPresent(chunk, row)) this.#persons.add(names[row] as bigint);
    }
  }

  /** Takes a chunk of one kind's digests, beside the persons of the same rows. */
  addDigests(kindIndex: number, persons: ColumnChunk | undefined, digests: ColumnChunk): void {
    const links = this.#links[kindIndex];
    if (links === undefined) throw new Error('a digest is of no kind');
    for (const [person, digest] of rowsOf(persons, digests)) {
      links.keys.add(linkOf(person, digest));
      links.persons.add(person);
    }
  }

  /** The kinds of identifiers. */
  get kindCount(): number {
    return this.#links.length;
  }

  /** The persons, rising, each once. */
  persons(): BigUint64Array {
    return distinct(this.#persons.all());
  }

  /** The links of one kind, rising. */
  links(kindIndex: number): BigUint64Array {
    return (this.#links[kindIndex]?.keys.all() ?? new BigUint64Array(0)).sort();
  }

  /** The persons, rising and each once, with a link of one kind that is among `others`. */
  personsWith(kindIndex: number, others: BigUint64Array): BigUint64Array {
    const links = this.#links[kindIndex];
    if (links === undefined) return new BigUint64Array(0);
    const keys = links.keys.all();
    return distinct(links.persons.all().filter((_, index) => includes(others, keys[index] as bigint)));
  }
}

/** Persons of both sides by the first kind of identifier that they share, and last those who share none. */
export function kindsOfMatches(one: MatchSide, other: MatchSide): number[] {
  const counts: number[] = [];
  let known: BigUint64Array = new BigUint64Array(0);
  for (let kind = 0; kind < one.kindCount; kind += 1) {
    const before = known;
    const found = other.personsWith(kind, one.links(kind));
    known = distinct(BigUint64Array.from([...before, ...found]));
    counts.push(known.length - before.length);
  }
  const persons = one.persons();
  const both = other.persons().filter((person) => includes(persons, person)).length;
  return [...counts, both - known.length];
}

// A person beside an identifier as one number. Persons are pseudonyms under a key that nobody outside has, so that
// nobody can look for two that fall together.
function linkOf(person: bigint, digest: Uint8Array): bigint {
  return Buffer.from(digest.buffer, digest.byteOffset, 8).readBigUInt64BE() ^ ((person * MIXER) & MASK);
}

/** A list of numbers that grows; an Array of bigints would take four times the memory. */
class Numbers {
  #values = new BigUint64Array(1_024);
  #count = 0;

  add(value: bigint): void {
    if (this.#count === this.#values.length) {
      const values = new BigUint64Array(this.#values.length * 2);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[this.#count] = value;
    this.#count += 1;
  }

  all(): BigUint64Array {
    return this.#values.slice(0, this.#count);
  }
}

function distinct(values: BigUint64Array): BigUint64Array {
  return values.sort().filter((value, index) => index === 0 || values[index - 1] !== value);
}

function includes(sorted: BigUint64Array, value: bigint): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) < value) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low] === value;
}
