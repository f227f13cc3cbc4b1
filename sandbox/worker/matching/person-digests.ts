import { type ColumnChunk, isPresent } from '../../wire/column-chunk.ts';
import { DIGEST_BYTES } from '../../wire/column-type.ts';

const FIRST_CAPACITY_COUNT = 1_024;
/** Share of places in use from which the table doubles: above it a search gets long. */
const FULL_RATIO = 0.5;

/**
 * Persons that are kept: far more than a match takes, and a third of a worker's memory. A table of more is as one of just
 * so many: one person more or less still changes their number by one at most.
 */
const MAX_PERSONS_COUNT = 4_194_304;

/**
 * One digest for each person: the smallest of all their rows.
 *
 * One, since whoever had several would count several times in a number whose noise hides one; the smallest, since that
 * is the same one at every match, in whatever order rows come.
 */
export class PersonDigests {
  #persons = new BigUint64Array(FIRST_CAPACITY_COUNT);
  #digests = Buffer.alloc(FIRST_CAPACITY_COUNT * DIGEST_BYTES);
  #isTaken = new Uint8Array(FIRST_CAPACITY_COUNT);
  #count = 0;

  /** Notes that a person has a digest. */
  add(person: bigint, digest: Uint8Array): void {
    if (this.#count >= this.#persons.length * FULL_RATIO) this.#grow();
    if (this.#count >= MAX_PERSONS_COUNT) return;
    const place = this.#placeOf(person);
    const start = place * DIGEST_BYTES;
    if (this.#isTaken[place] === 1) {
      if (Buffer.compare(digest, this.#digests.subarray(start, start + DIGEST_BYTES)) >= 0) return;
    } else {
      this.#isTaken[place] = 1;
      this.#persons[place] = person;
      this.#count += 1;
    }
    this.#digests.set(digest, start);
  }

  /** Every digest once, also where several persons share it; read when it is its turn, as they may be millions. */
  distinct(): { readonly count: number; at(index: number): Uint8Array } {
    const seen = new Set<string>();
    const places: number[] = [];
    for (let place = 0; place < this.#isTaken.length; place += 1) {
      if (this.#isTaken[place] !== 1) continue;
      const text = this.#digestAt(place).toString('latin1');
      if (seen.has(text)) continue;
      seen.add(text);
      places.push(place);
    }
    return { count: places.length, at: (index) => this.#digestAt(places[index] as number) };
  }

  #digestAt(place: number): Buffer {
    return this.#digests.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES);
  }

  // Persons are pseudonyms under a key: their low bits are as good as any hash, and nobody can choose them.
  #placeOf(person: bigint): number {
    const mask = this.#persons.length - 1;
    let place = Number(person & BigInt(mask));
    while (this.#isTaken[place] === 1 && this.#persons[place] !== person) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [persons, digests, isTaken] = [this.#persons, this.#digests, this.#isTaken];
    this.#persons = new BigUint64Array(persons.length * 2);
    this.#digests = Buffer.alloc(digests.length * 2);
    this.#isTaken = new Uint8Array(isTaken.length * 2);
    this.#count = 0;
    for (let place = 0; place < isTaken.length; place += 1) {
      if (isTaken[place] !== 1) continue;
      this.add(persons[place] as bigint, digests.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES));
    }
  }
}

/** The rows of a digest column that have both a person and a digest. */
export function* rowsOf(persons: ColumnChunk | undefined, digests: ColumnChunk): Generator<[bigint, Uint8Array]> {
  const isPair = persons?.type.kind === 'person' && digests.type.kind === 'digest';
  if (!isPair || persons.rowCount !== digests.rowCount) throw new Error('persons and digests do not match');
  const names = persons.values as BigUint64Array;
  const bytes = digests.values as Uint8Array;
  for (let row = 0; row < digests.rowCount; row += 1) {
    if (!isPresent(persons, row) || !isPresent(digests, row)) continue;
    yield [names[row] as bigint, bytes.subarray(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES)];
  }
}
