// The written rules once more, as plainly as they can be said and as slowly: sets and maps of words, one rule after the
// other. Tests hold the real spine to it.
import { MAX_LINKS_COUNT } from '../clusters.ts';
import { MAX_HOUSEHOLD_CLUSTERS_COUNT } from '../households.ts';

/** An identifier: the rank of its kind, and a number for its value. Rank 255 is a household. */
export interface Identifier {
  readonly rank: number;
  readonly value: number;
}

/** A row: its identifiers, of different kinds. */
export type Row = readonly Identifier[];

/** The rows of each member, in the order of members. */
export type World = readonly (readonly Row[])[];

/** The identifier as a word. */
export function wordOf({ rank, value }: Identifier): string {
  return `${rank}/${value}`;
}

/** The identifier that names a row. */
export function topOf(row: Row): Identifier {
  return row.reduce((best, next) => (next.rank < best.rank ? next : best));
}

const rankOf = (word: string): number => Number(word.split('/')[0]);
const numberOf = (word: string): number => Number(word.split('/')[1]);
const isBefore = (a: readonly number[], b: readonly number[]): boolean => {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && (a[at] as number) < (b[at] as number);
};

/** The clusters of one member: the root of each of its identifiers, and which are shared. */
function referenceClusters(rows: readonly Row[]) {
  const under = new Map<string, Set<string>>();
  const seen = new Set<string>();
  const households = new Map<string, Set<string>>();
  for (const row of rows) {
    const top = topOf(row);
    seen.add(wordOf(top));
    for (const other of row) {
      if (other === top) continue;
      const list = other.rank === 255 ? households : under;
      if (other.rank !== 255) seen.add(wordOf(other));
      list.set(wordOf(top), (list.get(wordOf(top)) ?? new Set()).add(wordOf(other)));
    }
  }
  const parent = new Map<string, string>();
  const shared = new Set<string>();
  for (const word of seen) {
    const tops = [...under].filter(([, others]) => others.size <= MAX_LINKS_COUNT && others.has(word));
    const higher = tops.map(([top]) => top).filter((top) => rankOf(top) < rankOf(word));
    const best = Math.min(...higher.map(rankOf));
    const candidates = higher.filter((top) => rankOf(top) === best);
    if (candidates.length === 1) parent.set(word, candidates[0] as string);
    if (candidates.length > 1) shared.add(word);
  }
  const rootOf = (word: string): string => {
    const over = parent.get(word);
    return over === undefined ? word : rootOf(over);
  };
  return { roots: new Map([...seen].map((word) => [word, rootOf(word)])), shared, households };
}

/** The person of each identifier of each member: by its name, and under which a cluster stands alone. */
export function referencePersons(world: World, unit: 'person' | 'household' = 'person') {
  const known = new Map<string, { person: string; member: number; isShared: boolean; isRoot: boolean }>();
  const householdOf = new Map<string, string>();
  const named = world.map((rows, member) => {
    const { roots, shared, households } = referenceClusters(rows);
    const members = Map.groupBy(roots.keys(), (word) => roots.get(word) as string);
    const proposals = [...members].map(([root, words]) => {
      const keys = words.flatMap((word) => {
        const entry = known.get(word);
        if (entry === undefined) return [];
        const isShared = entry.isShared || shared.has(word);
        if (isShared && !(entry.isRoot && word === root)) return [];
        return [{ key: [entry.member, rankOf(word), numberOf(word)], person: entry.person }];
      });
      const best = keys.reduce<(typeof keys)[number] | null>(
        (a, b) => (a === null || isBefore(b.key, a.key) ? b : a),
        null,
      );
      return { root, best };
    });
    const persons = new Map(
      proposals.map(({ root, best }) => {
        const rivals = proposals.filter((p) => best !== null && p.best?.person === best.person && p.root !== root);
        const wins = best !== null && rivals.every((p) => isBefore(best.key, p.best?.key ?? []));
        const own = known.has(root) ? `${root} alone at ${member}` : root;
        return [root, wins ? best.person : own];
      }),
    );
    claimHouseholds(roots, households).forEach((household, root) => {
      const person = persons.get(root) as string;
      if (!householdOf.has(person)) householdOf.set(person, household);
    });
    for (const [word, root] of roots) {
      if (known.has(word)) continue;
      const person = persons.get(root) as string;
      known.set(word, { person, member, isShared: shared.has(word), isRoot: word === root });
    }
    return new Map([...roots].map(([word, root]) => [word, persons.get(root) as string]));
  });
  if (unit === 'person') return named;
  return named.map((persons) => new Map([...persons].map(([word, name]) => [word, householdOf.get(name) ?? name])));
}

function claimHouseholds(roots: Map<string, string>, households: Map<string, Set<string>>): Map<string, string> {
  const claims = new Map<string, Set<string>>();
  for (const [top, words] of households) {
    const root = roots.get(top) as string;
    claims.set(root, (claims.get(root) ?? new Set()).union(words));
  }
  const single = [...claims].flatMap(([root, words]) =>
    words.size === 1 ? [[root, [...words][0] as string] as const] : [],
  );
  const sizes = Map.groupBy(single, ([, household]) => household);
  return new Map(single.filter(([, household]) => (sizes.get(household)?.length ?? 0) <= MAX_HOUSEHOLD_CLUSTERS_COUNT));
}
