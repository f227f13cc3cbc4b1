import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { collaborations, destinations, tags } from '../../proto/index.ts';
import { cast, members, shopFront } from './cast.ts';
import type { Party } from './party.ts';
import { ordersRules, shoppersRules } from './rules.ts';
import type { Stage } from './stage.ts';
import type { Files } from './write-files.ts';

/** A table that a party brings, under its rules. */
export interface BroughtTable {
  readonly alias: string;
  /** Columns as the command line writes them, `name:kind`. */
  readonly columns: readonly string[];
  readonly rules: object;
  readonly path: string;
}

/** How long the shop may keep an audience that is not refreshed. */
const RETENTION_DAYS = 30;
/** Under this the shop takes no audience, whatever the owners of the data say. */
const MIN_AUDIENCE_PERSONS = 200n;

/** Lets the parties agree, bring their data and tags, and approve the destination. Answers the collaboration's id. */
export async function setTheTable({ platform, brand, engine, tokenKeyPath }: Stage, files: Files): Promise<string> {
  const collaborationId = await agree(platform, brand);
  const looks = { alias: 'shoppers', columns: ['email:email', 'need:text', 'age_band:text'], rules: shoppersRules };
  await bring(platform, collaborationId, { ...looks, path: files.shoppers });
  const orderColumns = ['email:email', 'category:text', 'ordered_on:date', 'amount:decimal(2)'];
  await bring(brand, collaborationId, {
    alias: 'orders',
    columns: orderColumns,
    rules: ordersRules,
    path: files.orders,
  });
  await publishTags(platform, brand, collaborationId);
  const key = await approveShopFront(platform, brand, { collaborationId, address: engine.address('listening') });
  writeFileSync(tokenKeyPath, Buffer.from(key).toString('hex'), { mode: 0o600 });
  return collaborationId;
}

async function agree(platform: Party, brand: Party): Promise<string> {
  const { collaboration } = await platform.call(
    platform.collaborations,
    platform.collaborations.createCollaboration,
    collaborations.CreateCollaborationRequest.fromPartial({
      displayName: 'a shop front for each skin',
      members: [...members],
      budget: { epsilon: 6, delta: 1e-6 },
      consumerBudget: { epsilon: 6, delta: 1e-6 },
      requestId: randomUUID(),
    }),
  );
  if (collaboration === undefined) throw new Error('the service answered without the collaboration');
  const { collaborationId } = collaboration;
  await brand.call(brand.collaborations, brand.collaborations.acceptInvitation, { collaborationId });
  return collaborationId;
}

/** Makes a dataset of a file and binds it under a name and rules. */
export async function bring(
  party: Party,
  collaborationId: string,
  { alias, columns, rules, path }: BroughtTable,
): Promise<void> {
  const named = columns.flatMap((column) => ['--column', column]);
  const created = JSON.parse(await party.galley('dataset', 'create', alias, '--json', ...named)) as Created;
  const { datasetId } = created;
  await party.galley('dataset', 'upload', datasetId, path);
  const binding = { collaborationId, datasetId, alias, rulesJson: JSON.stringify(rules) };
  await party.call(party.collaborations, party.collaborations.bindDataset, binding);
}

interface Created {
  readonly datasetId: string;
}

async function publishTags(platform: Party, brand: Party, collaborationId: string): Promise<void> {
  const publish = (party: Party, tag: Partial<tags.Tag>) =>
    party.call(
      party.tags,
      party.tags.publishTags,
      tags.PublishTagsRequest.fromPartial({ collaborationId, tags: [tag] }),
    );
  const sensitivity = tags.TagSensitivity.ORDINARY;
  const need = { name: 'need', meaning: 'the skin care that somebody looks at most', column: 'need' };
  await publish(platform, { ...need, table: `${cast.platform.member}.shoppers`, sensitivity });
  const orders = { name: 'orders', meaning: 'orders by product group', column: 'category', dateColumn: 'ordered_on' };
  await publish(brand, { ...orders, table: `${cast.brand.member}.orders`, sensitivity });
}

async function approveShopFront(
  platform: Party,
  brand: Party,
  { collaborationId, address }: { collaborationId: string; address: string },
): Promise<Uint8Array> {
  const proposed = await platform.call(
    platform.destinations,
    platform.destinations.proposeDestination,
    destinations.ProposeDestinationRequest.fromPartial({
      collaborationId,
      destinationId: shopFront,
      terms: {
        kind: destinations.DestinationKind.STRATEGY_ENGINE,
        address,
        identifier: 'email',
        purpose: 'shop-front',
        minSize: MIN_AUDIENCE_PERSONS,
        allowedMembers: [cast.brand.member],
        retentionDays: RETENTION_DAYS,
      },
    }),
  );
  const termsDigest = proposed.destination?.termsDigest ?? '';
  const approval = { collaborationId, destinationId: shopFront, termsDigest };
  await brand.call(brand.destinations, brand.destinations.approveDestination, approval);
  return proposed.tokenKey;
}
