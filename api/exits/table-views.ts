import type { TableView } from '../../policies/index.ts';
import { type CollaborationRecord, rulesOf } from '../collaborations/index.ts';
import { columnsOf, identifiersOf, tableColumnsOf } from '../datasets/index.ts';
import { ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { anyOf, writtenOnce } from '../store/index.ts';

const findColumns = writtenOnce((db, of: { readonly ids: readonly string[] }) =>
  db.selectFrom('datasets').select(['dataset_id', 'columns']).where('dataset_id', 'in', anyOf(of.ids)),
);

/** The bound tables of a collaboration as the check sees them: names, schemas and rules, never a row. */
export async function readTableViews(
  kitchen: Kitchen,
  collaboration: CollaborationRecord,
): Promise<readonly TableView[]> {
  const ids = collaboration.bindings.map((b) => b.dataset_id);
  const datasets = await findColumns(kitchen.store.db, { ids });
  const columns = new Map(datasets.map((d) => [d.dataset_id, columnsOf(d.columns)]));
  return collaboration.bindings.map((binding) => {
    const schema = columns.get(binding.dataset_id) ?? [];
    const identifiers = identifiersOf(schema).map(({ kind }) => kind);
    const rules = rulesOf(binding);
    // INVARIANT: binding refuses the one without the other. Rows of persons under public rules would leave bare.
    if ((identifiers.length === 0) !== (rules.publicTable !== null)) {
      throw new Error(`the rules of \`${binding.owner}.${binding.alias}\` do not fit its dataset`);
    }
    return {
      member: binding.owner,
      alias: binding.alias,
      datasetId: binding.dataset_id,
      columns: tableColumnsOf(schema),
      identifiers,
      rules,
    };
  });
}

/**
 * Holds back everything until each owner of a touched table has accepted.
 *
 * @throws {ServiceError} NOT_ACCEPTED naming the first owner that has not
 */
export function assertAccepted(collaboration: CollaborationRecord, owners: Iterable<string>): void {
  for (const owner of owners) {
    const member = collaboration.members.find((m) => m.member === owner);
    if (member?.accepted_at_ms) continue;
    const message = `\`${owner}\` has not accepted this collaboration yet; nothing runs over its data before it does`;
    throw new ServiceError('NOT_ACCEPTED', message, { metadata: { owner } });
  }
}
