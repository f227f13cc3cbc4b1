// Ten million members are never in memory at once. Persons are selected and turned into tokens range by range of their
// names, each range by workers of its own; the sorted ranges lie sealed on the disk until they are merged into one list.
// A row meets rows of its own person alone (policies/plan/protected-rows.ts), so that the ranges together are exactly the
// audience.
import { addressTable, columnsNeeded, type IdentifierKind } from '../../policies/index.ts';
import type { Blur, PersonRange } from '../../sandbox/index.ts';
import {
  columnChunks,
  columnsOf,
  identifiersOf,
  neededTables,
  type PinnedPersons,
  personChunks,
  preparePersons,
  type TableSnapshot,
} from '../datasets/index.ts';
import { destinationFacts, tokenKeyOf } from '../destinations/index.ts';
import { beginWork, type Kitchen, type Work } from '../kitchen/index.ts';
import type { PermittedDelivery } from './permit-delivery.ts';
import { openSelector, type PersonSelector } from './person-selector.ts';
import {
  type ListName,
  mergeSorted,
  openListWriter,
  readList,
  removeLists,
  type Spool,
  TOKEN_BYTES,
  writeList,
} from './spool/index.ts';

/** Longest time to select one audience and turn it into tokens. */
const MAX_SELECTION_MS = 1_800_000;

/** What is selected, for whom and by which coins. */
export interface Filling {
  readonly permitted: PermittedDelivery;
  readonly spool: Spool;
  readonly blur: Blur | null;
  readonly lane: string;
  readonly signal: AbortSignal;
}

/** Writes the lists `persons` and `members` of a publication: who is in it, and as what this destination alone knows them. */
export async function fillSpool(kitchen: Kitchen, filling: Filling): Promise<void> {
  const { permitted, spool, lane, signal } = filling;
  const work = beginWork({ lane, signal, maxMs: MAX_SELECTION_MS });
  const prepared = await prepare(kitchen, permitted, work);
  const selector = await openSelector(kitchen, { ...permitted, ...prepared, work });
  const { path, ranges } = selector;
  // No number of persons and no time: the operator is told what follows from declarations, layouts and rows.
  kitchen.operatorLog.info({ activation: spool.activationId, path, ranges: ranges.length }, 'persons are selected');
  try {
    await fillFrom(kitchen, filling, { selector, prepared, work });
  } finally {
    await selector.close();
  }
}

async function fillFrom(
  kitchen: Kitchen,
  filling: Filling,
  of: { readonly selector: PersonSelector; readonly prepared: Prepared; readonly work: Work },
): Promise<void> {
  const { selector, prepared, work } = of;
  const { spool } = filling;
  const names = selector.ranges.map((_, index): ListName => `range-${index}`);
  const persons = await openListWriter(kitchen, spool, 'persons');
  try {
    for (const [index, range] of selector.ranges.entries()) {
      const selected = (await selector.select(index)).sort();
      await persons.write(bigEndian(selected));
      const tokens = kitchen.wall.tokenise(tokensOf(kitchen, filling, { prepared, range, selected }), work.nextJob());
      await writeList(kitchen, spool, names[index] as ListName, tokens);
    }
    const tokens = names.map((name) => readList(kitchen, spool, name));
    await writeList(kitchen, spool, 'members', mergeSorted(tokens, TOKEN_BYTES));
    await persons.finish();
  } finally {
    await persons.abandon();
    await removeLists(kitchen, spool, names);
  }
}

interface Prepared {
  /** All that are read: those that persons are selected from, and the one whose identifiers become tokens. */
  readonly used: readonly TableSnapshot[];
  readonly persons: PinnedPersons;
  /** The snapshot whose identifiers become tokens, and the column that holds them. */
  readonly address: TableSnapshot;
  readonly vaultIndex: number;
}

async function prepare(
  kitchen: Kitchen,
  { collaborationId, destination, checked, snapshots }: PermittedDelivery,
  work: Work,
): Promise<Prepared> {
  const view = addressTable(checked, destinationFacts(destination))?.view;
  const address = view && snapshots.get(view.datasetId);
  if (address === undefined) throw new Error('the destination knows none of these persons');
  const vault = identifiersOf(columnsOf(address.columns)).find(({ kind }) => kind === destination.identifier);
  // INVARIANT: an address table has the identifier of its destination.
  if (vault === undefined) throw new Error('the address table names no persons');
  const used = [...new Set([...neededTables(columnsNeeded(checked), snapshots), address])];
  const persons = await preparePersons(kitchen, collaborationId, used, work);
  return { used, persons, address, vaultIndex: vault.index };
}

function tokensOf(
  kitchen: Kitchen,
  { permitted: { collaborationId, destination }, blur }: Filling,
  of: { readonly prepared: Prepared; readonly range: PersonRange; readonly selected: BigUint64Array },
) {
  const { persons, address, vaultIndex } = of.prepared;
  return {
    key: tokenKeyOf(kitchen, destination),
    identifier: destination.identifier as IdentifierKind,
    persons: of.selected,
    personChunks: () => personChunks(kitchen, collaborationId, { snapshot: address, persons }),
    vaultChunks: () => columnChunks(kitchen, address, vaultIndex),
    range: of.range,
    ...(blur === null ? {} : { blur }),
  };
}

/** As bytes whose order is that of the persons. */
function bigEndian(persons: BigUint64Array): Uint8Array {
  const bytes = Buffer.from(persons.buffer, persons.byteOffset, persons.byteLength);
  return persons.length === 0 ? bytes : Buffer.from(bytes).swap64();
}
