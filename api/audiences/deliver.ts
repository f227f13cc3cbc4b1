import { addressTable, columnsNeeded, type IdentifierKind, printPersons } from '../../policies/index.ts';
import { readCollaboration } from '../collaborations/index.ts';
import {
  columnPlace,
  columnsOf,
  identifierOf,
  newestSnapshots,
  openTables,
  personPlace,
  readColumnChunks,
} from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type ActivationRow, type AudienceRow, checkDefinition, sqlOf } from './audience-record.ts';
import { type DestinationRow, readDestination, tokenKeyOf } from './destinations.ts';
import { publish, withdraw } from './strategy-engine-client.ts';

/** Longest time to select and publish one audience. */
const DELIVERY_DEADLINE_MS = 600_000;
/** Most persons of one audience. */
const MAX_AUDIENCE_PERSONS = 10_000_000;

/** One attempt to deliver a publication or a withdrawal; answers the destination's receipt. */
export async function deliver(kitchen: Kitchen, activation: ActivationRow, signal: AbortSignal): Promise<string> {
  const { db } = kitchen.store;
  const audience = await db
    .selectFrom('audiences')
    .selectAll()
    .where('audience_id', '=', activation.audience_id)
    .executeTakeFirstOrThrow();
  const { collaboration_id: collaborationId, destination_id: destinationId } = activation;
  const destination = await readDestination(kitchen, collaborationId, destinationId);
  if (destination === undefined) throw new Error('the destination is gone');
  const identity = { audienceId: activation.audience_id, version: BigInt(activation.version) };
  if (activation.state === 'revoking') return await withdraw(destination, identity, signal);
  const tokens = await collectTokens(kitchen, audience, destination, signal);
  const header = {
    ...identity,
    displayName: audience.display_name,
    identifier: destination.identifier,
    memberCount: BigInt(tokens.reduce((sum, batch) => sum + batch.length, 0)),
  };
  return await publish(destination, header, tokens, signal);
}

/** The members as this destination alone can know them. */
async function collectTokens(
  kitchen: Kitchen,
  audience: AudienceRow,
  destination: DestinationRow,
  signal: AbortSignal,
): Promise<readonly string[][]> {
  const collaboration = await readCollaboration(kitchen, audience.collaboration_id);
  if (collaboration === undefined) throw new Error('the collaboration is gone');
  const checked = await checkDefinition(kitchen, collaboration, sqlOf(kitchen, audience));
  const identifier = destination.identifier as IdentifierKind;
  const to = { destination: destination.destination_id, owner: destination.owner, identifier };
  const address = addressTable(checked, to)?.view;
  const snapshots = await newestSnapshots(
    kitchen,
    checked.tables.map((t) => t.view.datasetId),
  );
  const snapshot = address && snapshots.get(address.datasetId);
  if (snapshot === undefined) throw new Error('the destination knows none of these persons');
  const limits = { deadlineMs: DELIVERY_DEADLINE_MS, signal };
  const job = {
    tables: await openTables(kitchen, audience.collaboration_id, columnsNeeded(checked), snapshots),
    sql: printPersons(checked),
    parameters: [],
    resultColumns: [{ name: 'person', kind: 'person' as const }],
    maxRows: MAX_AUDIENCE_PERSONS,
  };
  const persons = await kitchen.wall.selectPersons(job, limits);
  const { index } = identifierOf(columnsOf(snapshot.columns));
  const batches = kitchen.wall.tokenise(
    {
      key: tokenKeyOf(kitchen, destination),
      identifier,
      persons,
      personChunks: () =>
        readColumnChunks(kitchen, personPlace(kitchen, audience.collaboration_id, snapshot.snapshotId)),
      vaultChunks: () => readColumnChunks(kitchen, columnPlace(kitchen, snapshot.snapshotId, index)),
    },
    limits,
  );
  return await Array.fromAsync(batches);
}
