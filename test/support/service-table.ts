import { randomUUID } from 'node:crypto';
import { parseColumn } from '../../cli/commands/index.ts';
import { type collaborations, type datasets as datasetMessages, datasets } from '../../proto/index.ts';
import { mailingsCsv, outcomesCsv } from './service-people.ts';
import { type Actor, cast, mailingsRules, members, outcomesRules, type RulesFields } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';

const GRANT_MS = 3_600_000;

/** What a table is set with; everything has a value that permits much. */
export interface TableFields {
  readonly epsilon?: number;
  readonly consumerEpsilon?: number;
  readonly outcomesRules?: RulesFields;
  readonly mailingsRules?: RulesFields;
  readonly outcomesCsv?: string;
  readonly mailingsCsv?: string;
  /** False leaves the brand's invitation open. */
  readonly isAccepted?: boolean;
  /** Whether both say that their data is made up. */
  readonly synthetic?: boolean;
}

/** An agreement with its data: ids to ask with. */
export interface Table {
  readonly collaborationId: string;
  readonly outcomesId: string;
  readonly mailingsId: string;
  readonly outcomesSnapshotId: string;
  readonly mailingsSnapshotId: string;
}

/** The columns of the platform's file. */
export const outcomesColumns = ['email:email', 'city:text', 'visit:integer', 'spend:decimal(2)'] as const;
/** The columns of the brand's file. */
export const mailingsColumns = ['email:email', 'arm:text', 'tier:integer'] as const;

/** Lets platform and brand agree, upload and bind: the platform's `outcomes`, the brand's `mailings`. */
export async function setTable(stage: ServiceStage, fields: TableFields = {}): Promise<Table> {
  const outcomes = await bring(stage, 'platform', outcomesColumns, fields.outcomesCsv ?? outcomesCsv(), fields);
  const mailings = await bring(stage, 'brand', mailingsColumns, fields.mailingsCsv ?? mailingsCsv(), fields);
  const collaborationId = await agree(stage, fields);
  await stage.as('platform').collaborations.bind({
    collaborationId,
    datasetId: outcomes.datasetId,
    alias: 'outcomes',
    rulesJson: outcomesRules(fields.outcomesRules),
  });
  if (fields.isAccepted !== false) await bindMailings(stage, collaborationId, mailings.datasetId, fields.mailingsRules);
  return {
    collaborationId,
    outcomesId: outcomes.datasetId,
    mailingsId: mailings.datasetId,
    outcomesSnapshotId: outcomes.snapshotId,
    mailingsSnapshotId: mailings.snapshotId,
  };
}

/** Creates a collaboration of platform and brand, which accepts unless told otherwise. */
export async function agree(stage: ServiceStage, fields: TableFields = {}): Promise<string> {
  const { collaborationId } = await stage.as('platform').collaborations.create({
    displayName: 'after the mailing',
    members: [...members],
    budget: { epsilon: fields.epsilon ?? 20, delta: 1e-6, rho: 0 },
    consumerBudget: { epsilon: fields.consumerEpsilon ?? 20, delta: 1e-6, rho: 0 },
    requestId: randomUUID(),
  });
  if (fields.isAccepted !== false) await stage.as('brand').collaborations.accept(collaborationId);
  return collaborationId;
}

/** Binds the brand's dataset. */
export async function bindMailings(
  stage: ServiceStage,
  collaborationId: string,
  datasetId: string,
  rules: RulesFields = {},
): Promise<collaborations.DatasetBinding> {
  const rulesJson = mailingsRules(rules);
  return await stage.as('brand').collaborations.bind({ collaborationId, datasetId, alias: 'mailings', rulesJson });
}

async function bring(
  stage: ServiceStage,
  owner: Actor,
  columns: readonly string[],
  csv: string,
  said: Pick<TableFields, 'synthetic'>,
): Promise<{ datasetId: string; snapshotId: string }> {
  const { datasetId } = await createDataset(stage, owner, columns, said);
  const { snapshot } = await upload(stage, owner, datasetId, csv);
  return { datasetId, snapshotId: snapshot.snapshotId };
}

/** Creates a dataset. */
export async function createDataset(
  stage: ServiceStage,
  owner: Actor,
  columns: readonly string[],
  { synthetic = false }: Pick<TableFields, 'synthetic'> = {},
): Promise<datasetMessages.Dataset> {
  const request = {
    displayName: 'a file',
    columns: columns.map(parseColumn),
    requestId: randomUUID(),
    synthetic,
  };
  return await stage.as(owner).datasets.create(request);
}

/** What an upload says of itself. */
export interface UploadFields {
  readonly format?: datasetMessages.FileFormat;
  readonly uploadId?: string;
  readonly maxRejects?: number;
}

/** Uploads bytes as a new snapshot. */
export async function upload(
  stage: ServiceStage,
  owner: Actor,
  datasetId: string,
  file: string | Uint8Array | AsyncIterable<Buffer>,
  { format = datasets.FileFormat.CSV, uploadId = randomUUID(), maxRejects = 0 }: UploadFields = {},
): Promise<{ snapshot: datasetMessages.Snapshot; rejects: datasetMessages.RejectReport | undefined }> {
  const header = { datasetId, format, uploadId, maxRejects: BigInt(maxRejects) };
  const parts = typeof file === 'string' || file instanceof Uint8Array ? wholeFile(file) : file;
  return await stage.as(owner).datasets.upload(header, parts, () => {});
}

async function* wholeFile(file: string | Uint8Array): AsyncGenerator<Buffer> {
  yield Buffer.from(file);
}

/** Lets the ISV act for the brand on some tables. */
export async function grantToIsv(
  stage: ServiceStage,
  collaborationId: string,
  abilities: collaborations.Ability[],
  tables: string[] = [`${cast.platform.member}.outcomes`, `${cast.brand.member}.mailings`],
): Promise<collaborations.Grant> {
  return await stage.as('brand').collaborations.grant({
    collaborationId,
    grantee: cast.isv.member,
    abilities,
    tables,
    expiresAt: new Date(Date.now() + GRANT_MS),
  });
}
