import { addressTable, columnsNeeded, type IdentifierKind, printPersons } from '../../policies/index.ts';
import {
  columnChunks,
  columnsOf,
  identifiersOf,
  neededTables,
  openTables,
  personChunks,
  preparePersons,
} from '../datasets/index.ts';
import { saltOf } from '../exits/index.ts';
import { openFunctions } from '../functions/index.ts';
import { beginWork, type Kitchen } from '../kitchen/index.ts';
import type { ActivationRow, AudienceRow } from './audience-record.ts';
import { destinationFacts, readDestination, tokenKeyOf } from './destinations.ts';
import { type PermittedDelivery, permitDelivery } from './permit-delivery.ts';
import { publish, withdraw, withEngine } from './strategy-engine-client.ts';

/** Longest time to select one audience and turn it into tokens. */
const MAX_SELECTION_MS = 600_000;
/** Most persons of one audience, and so most tokens that one attempt holds in memory: about half a gigabyte. */
const MAX_AUDIENCE_PERSONS = 10_000_000;

/**
 * One attempt to deliver a publication or a withdrawal; answers the destination's receipt.
 *
 * A withdrawal is held against nothing: to stop a disclosure must always be possible.
 *
 * @throws {HeldBack} when what held at the acceptance holds no longer
 * @throws {EngineFailed} when the destination could not be reached or did not confirm
 */
export async function deliver(kitchen: Kitchen, activation: ActivationRow, signal: AbortSignal): Promise<string> {
  const destination = await readDestination(kitchen, activation.collaboration_id, activation.destination_id);
  if (destination === undefined) throw new Error('the destination is gone');
  const identity = { audienceId: activation.audience_id, version: BigInt(activation.version) };
  return await withEngine(destination, signal, async (engine) => {
    if (activation.state === 'revoking') return await withdraw(engine, identity, signal);
    const audience = await readAudience(kitchen, activation.audience_id);
    const permit = () => permitDelivery(kitchen, activation, { row: audience, destination, signal });
    // Only now that it is connected: for a destination that is down nobody's data need be touched.
    const tokens = await collectTokens(kitchen, await permit(), { lane: activation.member, signal });
    // To select may take minutes. What let it begin must still hold when it leaves.
    await permit();
    const memberCount = BigInt(tokens.reduce((sum, batch) => sum + batch.length, 0));
    const { display_name: displayName } = audience;
    const header = { ...identity, displayName, identifier: destination.identifier, memberCount };
    return await publish(engine, header, tokens, signal);
  });
}

async function readAudience(kitchen: Kitchen, audienceId: string): Promise<AudienceRow> {
  return await kitchen.store.db
    .selectFrom('audiences')
    .selectAll()
    .where('audience_id', '=', audienceId)
    .executeTakeFirstOrThrow();
}

/**
 * The members as this destination alone can know them.
 *
 * All of them at once, as the header counts them; the wall yields no more tokens than persons were selected.
 */
async function collectTokens(
  kitchen: Kitchen,
  { collaborationId, destination, checked, snapshots }: PermittedDelivery,
  of: { readonly lane: string; readonly signal: AbortSignal },
): Promise<readonly string[][]> {
  const address = addressTable(checked, destinationFacts(destination))?.view;
  const snapshot = address && snapshots.get(address.datasetId);
  if (snapshot === undefined) throw new Error('the destination knows none of these persons');
  const work = beginWork({ ...of, maxMs: MAX_SELECTION_MS });
  const { sql, functions } = printPersons(checked);
  const needed = columnsNeeded(checked);
  const used = [...neededTables(needed, snapshots), snapshot];
  const pinned = await preparePersons(kitchen, collaborationId, new Set(used), work);
  const job = {
    tables: openTables(kitchen, collaborationId, needed, { snapshots, persons: pinned }),
    functions: await openFunctions(kitchen, collaborationId, functions),
    sql,
    parameters: [saltOf(kitchen, collaborationId)],
    resultColumns: [{ name: 'person', kind: 'person' as const }],
    maxRows: MAX_AUDIENCE_PERSONS,
  };
  const persons = await kitchen.wall.selectPersons(job, work.nextJob());
  const vault = identifiersOf(columnsOf(snapshot.columns)).find(({ kind }) => kind === destination.identifier);
  // INVARIANT: an address table has the identifier of its destination.
  if (vault === undefined) throw new Error('the address table names no persons');
  const batches = kitchen.wall.tokenise(
    {
      key: tokenKeyOf(kitchen, destination),
      identifier: destination.identifier as IdentifierKind,
      persons,
      personChunks: () => personChunks(kitchen, collaborationId, { snapshot, persons: pinned }),
      vaultChunks: () => columnChunks(kitchen, snapshot, vault.index),
    },
    work.nextJob(),
  );
  return await Array.fromAsync(batches);
}
