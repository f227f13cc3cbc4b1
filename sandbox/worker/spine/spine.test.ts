import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MAX_LINKS_COUNT } from './clusters.ts';
import { MAX_HOUSEHOLD_CLUSTERS_COUNT } from './households.ts';
import { HOUSEHOLD_RANK } from './spine.ts';
import { type Identifier, type Row, referencePersons, topOf, type World, wordOf } from './testkit/reference-spine.ts';
import { personsOf, resolvedSpine } from './testkit/spine-of.ts';

const id = (rank: number, value: number): Identifier => ({ rank, value });
const [EMAIL, PHONE, DEVICE, CARD] = [0, 1, 2, 3];

/** Few values, so that whatever can meet does. */
const row = fc
  .uniqueArray(fc.record({ rank: fc.constantFrom(0, 1, 2, 3, 4, HOUSEHOLD_RANK), value: fc.nat({ max: 6 }) }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ rank }) => rank,
  })
  .map((identifiers): Row => identifiers);
const rows = fc.array(row, { maxLength: 14 });
const worlds = fc.array(rows, { minLength: 1, maxLength: 4 });

/** Rows that bear the same person, as sets of rows of one member. */
function groupsOf(persons: Map<string, string>, named: readonly Row[]): string[] {
  const groups = Map.groupBy(
    named.map((r) => wordOf(topOf(r))),
    (word) => persons.get(word),
  );
  return [...groups.values()].map((words) => [...new Set(words)].sort().join(' ')).sort();
}

describe('the spine', () => {
  it('is what the written rules say', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom('person' as const, 'household' as const), (world, unit) => {
        const expected = referencePersons(world, unit);
        for (const [member, persons] of personsOf(world, unit).entries()) {
          for (const [word, person] of persons)
            expect([word, person]).toEqual([word, expected[member]?.get(word) ?? word]);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('does not depend on the order of rows, nor on how often they come', () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), (world, dice) => {
        const mixed = world.map((list) => [...list, ...list].toSorted(() => ((dice.next().value ?? 0) % 2) - 0.5));
        expect(personsOf(mixed)).toEqual(personsOf(world));
      }),
    );
  });

  it('gives an identifier that nobody linked to itself', () => {
    const alone = fc.array(
      fc.array(
        row.map((r) => r.slice(0, 1)),
        { maxLength: 10 },
      ),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(alone, (world) => {
        for (const persons of personsOf(world)) for (const [word, person] of persons) expect(person).toBe(word);
      }),
    );
  });

  it('lets no member merge or split the persons of another, whatever it uploads', () => {
    fc.assert(
      fc.property(worlds, rows, fc.nat(), (world, attack, place) => {
        const at = place % world.length;
        const attacked = world.map((list, member) => (member === at ? attack : list));
        const [before, after] = [personsOf(world), personsOf(attacked)];
        for (const [member, list] of world.entries()) {
          if (member === at) continue;
          const groups = [before, after].map((persons) => groupsOf(persons[member] as Map<string, string>, list));
          expect(groups[1]).toEqual(groups[0]);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('lets no member change who meets whom among those before it', () => {
    fc.assert(
      fc.property(worlds, rows, (world, attack) => {
        expect(personsOf([...world, attack]).slice(0, world.length)).toEqual(personsOf(world));
      }),
    );
  });

  it('makes no giant of a number that many have', () => {
    const family = Array.from({ length: 50 }, (_, value) => [id(EMAIL, value), id(PHONE, 7)]);
    const persons = personsOf([[...family, [id(PHONE, 7)], [id(PHONE, 7), id(CARD, 1)]]]);
    expect(new Set(persons[0]?.values()).size).toBe(51);
    expect(resolvedSpine([family]).counts[0]).toMatchObject({ clusters: 51, attached: 0, shared: 1 });
  });

  it('follows no link of what has more of them than a person has', () => {
    const device = (count: number) => Array.from({ length: count }, (_, n) => [id(EMAIL, 1), id(DEVICE, n)]);
    const seen = (count: number) => personsOf([[...device(count), [id(DEVICE, 0)]]])[0]?.get('2/0');
    expect(seen(MAX_LINKS_COUNT)).toBe('0/1');
    expect(seen(MAX_LINKS_COUNT + 1)).toBe('2/0');
  });

  it('takes a household of the first member that names one, and none that is too large', () => {
    const home = (persons: number) => Array.from({ length: persons }, (_, n) => [id(EMAIL, n), id(HOUSEHOLD_RANK, 1)]);
    const units = (world: World) => new Set(personsOf(world, 'household')[0]?.values());
    expect(units([home(MAX_HOUSEHOLD_CLUSTERS_COUNT)]).size).toBe(1);
    expect(units([home(MAX_HOUSEHOLD_CLUSTERS_COUNT + 1)]).size).toBe(MAX_HOUSEHOLD_CLUSTERS_COUNT + 1);
    const other = [[id(EMAIL, 0), id(HOUSEHOLD_RANK, 2)]];
    expect(personsOf([home(2), other], 'household')[1]?.get('0/0')).toBe('255/1');
  });
});

/** A world without the rows that one identifier of one member names, and what it linked. */
function without(world: World, place: number, pick: number) {
  const at = place % world.length;
  const list = world[at] as readonly Row[];
  fc.pre(list.length > 0);
  const subject = wordOf(topOf(list[pick % list.length] as Row));
  const own = list.filter((r) => wordOf(topOf(r)) === subject);
  const less = world.map((rest, member) => (member === at ? rest.filter((r) => !own.includes(r)) : rest));
  const links = new Set(own.flatMap((r) => r.map(wordOf)).filter((word) => word !== subject));
  return { at, subject, less, links };
}

/** Persons as the sets of identifiers that name their rows, each with its member. */
function unitsOf(persons: readonly Map<string, string>[]): Set<string> {
  const named = persons.flatMap((own, member) =>
    [...own].map(([word, person]) => ({ person, at: `${member}:${word}` })),
  );
  return new Set(
    Map.groupBy(named, ({ person }) => person)
      .values()
      .map((all) =>
        all
          .map(({ at }) => at)
          .sort()
          .join(' '),
      ),
  );
}

/** Persons without the subject that are there in the one world and not in the other. */
function changedUnits(
  world: World,
  { at, subject, less }: { at: number; subject: string; less: World; links: Set<string> },
): number {
  const [was, is] = [unitsOf(personsOf(world)), unitsOf(personsOf(less))];
  return [...was].filter((unit) => !is.has(unit) && !unit.split(' ').includes(`${at}:${subject}`)).length;
}

describe('a person more or less', () => {
  it('changes no more of its member’s other clusters than twice its links, and nobody of a member before it', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), fc.nat(), (world, place, pick) => {
        const { at, less, links, subject } = without(world, place, pick);
        const removed = { at: 0, subject, less: [...less.slice(at, at + 1)], links };
        const changed = changedUnits(world.slice(at, at + 1), removed);
        expect(changed).toBeLessThanOrEqual(2 * links.size);
        expect(personsOf(less).slice(0, at)).toEqual(personsOf(world).slice(0, at));
      }),
      { numRuns: 400 },
    );
  });

  it('changes a number of persons that follows from its links and the number of members alone', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), fc.nat(), (world, place, pick) => {
        const removed = without(world, place, pick);
        const links = removed.links.size;
        let bound = 6 * (2 * links + 1);
        for (let later = removed.at + 1; later < world.length; later += 1) bound = 3 * bound + 3 * (links + 1);
        expect(changedUnits(world, removed)).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 400 },
    );
  });

  it('changes nobody else when its identifiers are its own', () => {
    const own = fc.array(fc.array(fc.constantFrom(EMAIL, PHONE, DEVICE, CARD), { minLength: 1, maxLength: 4 }), {
      maxLength: 3,
      minLength: 1,
    });
    fc.assert(
      fc.property(worlds, own, fc.nat(), (world, kinds, place) => {
        const at = place % world.length;
        const added = kinds.map((some) => [
          id(EMAIL, 99),
          ...some.filter((rank) => rank !== EMAIL).map((r) => id(r, 99)),
        ]);
        const more = world.map((rows, member) => (member === at ? [...rows, ...added] : rows));
        const removed = { at, subject: wordOf(id(EMAIL, 99)), less: world, links: new Set<string>() };
        expect(changedUnits(more, removed)).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  it('moves what only a shared number joined, when somebody else turns out to have it', () => {
    const [one, other, number] = [id(EMAIL, 1), id(EMAIL, 2), id(PHONE, 7)];
    const before = personsOf([
      [
        [one, number],
        [number, id(DEVICE, 3)],
      ],
    ]);
    const after = personsOf([
      [
        [one, number],
        [number, id(DEVICE, 3)],
        [other, number],
      ],
    ]);
    expect([before[0]?.get(wordOf(number)), after[0]?.get(wordOf(number))]).toEqual([wordOf(one), wordOf(number)]);
  });
});
