import type { Store } from '../store/index.ts';

/** A sealed file of persons, of nodes, of links or of a spine, which lie together, a folder a collaboration. */
export interface PersonFile {
  readonly collaborationId: string;
  readonly name: string;
}

/** All files that the persons of all collaborations are made of; what lies beside them is of nobody. */
export async function readPersonFiles({ db }: Pick<Store, 'db'>): Promise<readonly PersonFile[]> {
  const persons = await db.selectFrom('person_columns').selectAll().execute();
  const nodes = await db.selectFrom('node_columns').selectAll().execute();
  const spines = await db.selectFrom('spines').selectAll().execute();
  const named: { collaborationId: string; names: readonly (string | null)[] }[] = [
    ...persons.map((row) => ({ collaborationId: row.collaboration_id, names: [row.file_name] })),
    ...nodes.map((row) => ({
      collaborationId: row.collaboration_id,
      names: [row.nodes_file, row.links_file, row.singles_file],
    })),
    ...spines.map((row) => ({
      collaborationId: row.collaboration_id,
      names: Object.values(JSON.parse(row.entries) as Record<string, string>),
    })),
  ];
  return named.flatMap(({ collaborationId, names }) =>
    [...new Set(names)].flatMap((name) => (name === null ? [] : [{ collaborationId, name }])),
  );
}
