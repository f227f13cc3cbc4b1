import { NOTHING } from '../node-table.ts';
import { Spine } from '../spine.ts';
import { type Identifier, topOf, type World, wordOf } from './reference-spine.ts';

/** The words of a node that stands for an identifier: in the order of ranks, then of values. */
function wordsOf({ rank, value }: Identifier): [low: number, high: number] {
  return [value, rank];
}

/** The person of each identifier that names rows, by member, as the real spine resolves it. */
export function personsOf(world: World, unit: 'person' | 'household' = 'person'): Map<string, string>[] {
  const spine = resolvedSpine(world, unit);
  return world.map((rows, member) => {
    const persons = new Map(rows.map((row) => [wordOf(topOf(row)), wordOf(topOf(row))]));
    for (const [node, named] of spine.namingsOf(member)) {
      const alone = named.aloneAt === NOTHING ? '' : ` alone at ${named.aloneAt}`;
      persons.set(word(spine, node), `${word(spine, named.node)}${alone}`);
    }
    return persons;
  });
}

/** A spine that has been given all rows of a world. */
export function resolvedSpine(world: World, unit: 'person' | 'household' = 'person'): Spine {
  const spine = new Spine(world.length, unit);
  for (const [member, rows] of world.entries()) {
    for (const row of rows) {
      const top = topOf(row);
      for (const other of row) {
        if (other === top) continue;
        spine.addLinks(member, [top.rank, other.rank], Uint32Array.of(...wordsOf(top), ...wordsOf(other)), 1);
      }
    }
  }
  for (const [member, rows] of world.entries()) {
    for (const row of rows) if (row.length === 1) spine.addPresent(member, Uint32Array.of(...wordsOf(topOf(row))), 1);
  }
  spine.resolve();
  return spine;
}

function word(spine: Spine, index: number): string {
  return wordOf({ rank: spine.nodes.high(index), value: spine.nodes.low(index) });
}
