import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { collaborations, datasets, destinations } from '../../proto/index.ts';
import { parseColumn } from '../commands/index.ts';
import { formatNumber, renderTable } from '../render/index.ts';
import { uploadFile } from '../upload-file.ts';
import { cast, destinationId, members } from './cast.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';
import type { Story, StoryTable } from './story.ts';

const grantDays = 30;
const dayMs = 24 * 60 * 60 * 1000;

/** Lets the parties agree and bring their data. Returns the collaboration's id. */
export async function setTheTable(stage: Stage, story: Story, narrator: Narrator): Promise<string> {
  narrator.part('The agreement');
  const collaborationId = await agree(stage);
  narrator.say(
    `The platform ${cast.platform.member} proposed an agreement; the brand ${cast.brand.member} accepted. The auditor ${cast.auditor.member} may read the log and nothing else. Without every owner's yes nothing could be asked. Each side's data goes behind a wall: there is no command and no screen that shows one side's rows to the other, or to anybody else.`,
  );

  narrator.part('Who brought what');
  const rows: string[][] = [];
  for (const table of story.tables) rows.push(await bring(stage, collaborationId, table));
  narrator.block(renderTable(['table', 'what it holds', 'rows', 'unusable rows left out'], rows));
  narrator.say(
    'Each address was turned into a secret code on arrival, so that the two sides can be matched without anybody reading it. Each owner signed rules for its own tables: what may be counted, how small a group may be, and a privacy budget, which is how much all answers together may ever reveal about any one person.',
  );

  await grantToIsv(stage, story, collaborationId);
  await registerEngine(stage, collaborationId);
  narrator.say(
    `The brand lets its service provider ${cast.isv.member} ask for it, on these tables, for ${grantDays} days.`,
  );
  return collaborationId;
}

async function agree({ clients }: Stage): Promise<string> {
  const { collaborationId } = await clients.platform.collaborations.create({
    displayName: 'before and after the sale',
    members: [...members],
    budget: { epsilon: 6, delta: 1e-6, rho: 0 },
    consumerBudget: { epsilon: 5, delta: 1e-6, rho: 0 },
    requestId: randomUUID(),
  });
  await clients.brand.collaborations.accept(collaborationId);
  return collaborationId;
}

async function bring({ clients }: Stage, collaborationId: string, table: StoryTable): Promise<string[]> {
  const client = clients[table.owner];
  const columns = table.columns.map(parseColumn);
  const { datasetId } = await client.datasets.create({ displayName: table.alias, columns, requestId: randomUUID() });
  const name = `${cast[table.owner].member}.${table.alias}`;
  const { path, maxRejects } = table;
  const file = { datasetId, path, requestId: randomUUID(), label: name.padEnd(18) };
  const tolerance = { rows: BigInt(maxRejects), share: 0 };
  const { snapshot } = await uploadFile(client, file, { mode: datasets.SnapshotMode.REPLACE, tolerance });
  if (snapshot === undefined) throw new Error('the service answered without the snapshot');
  const rulesJson = JSON.stringify(table.rules);
  await client.collaborations.bind({ collaborationId, datasetId, alias: table.alias, rulesJson });
  return [name, table.what, formatNumber(Number(snapshot.rowCount)), formatNumber(Number(snapshot.rejectedCount))];
}

async function grantToIsv({ clients }: Stage, story: Story, collaborationId: string): Promise<void> {
  await clients.brand.collaborations.grant({
    collaborationId,
    grantee: cast.isv.member,
    abilities: [collaborations.Ability.QUERY, collaborations.Ability.ACTIVATE],
    tables: story.tables.map(({ owner, alias }) => `${cast[owner].member}.${alias}`),
    expiresAt: new Date(Date.now() + grantDays * dayMs),
  });
}

async function registerEngine({ clients, engineAddress, tokenKeyPath }: Stage, collaborationId: string): Promise<void> {
  const { tokenKey, destination } = await clients.platform.destinations.propose({
    collaborationId,
    destinationId,
    terms: {
      kind: destinations.DestinationKind.STRATEGY_ENGINE,
      address: engineAddress,
      caCertificatePem: '',
      identifier: 'email',
      purpose: 'shop-front',
      minSize: 0n,
      allowedMembers: [],
      retentionDays: 0,
      recipient: '',
    },
  });
  // Whose persons would go there reads the terms and says yes to these, by their digest.
  const termsDigest = destination?.termsDigest ?? '';
  await clients.brand.destinations.approve({ collaborationId, destinationId, termsDigest });
  writeFileSync(tokenKeyPath, Buffer.from(tokenKey).toString('hex'), { mode: 0o600 });
}
