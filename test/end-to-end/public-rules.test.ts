import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bindCatalogue,
  catalogue,
  catalogueColumns,
  catalogueCsv,
  catalogueRules,
} from '../support/service-catalogue.ts';
import { dataFiles } from '../support/service-files.ts';
import { armsSql, ask, chargesOf, entriesOf, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, mailingsColumns, setTable, upload } from '../support/service-table.ts';

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

const newCatalogue = async () => (await createDataset(stage, 'brand', catalogueColumns)).datasetId;
const faultPathsOf = (refusal: { readonly fields: readonly { readonly field: string }[] }) =>
  refusal.fields.map(({ field }) => field);

describe('a dataset without an identifier', () => {
  it('is taken in like any other, and its owner gets the very bytes back', async () => {
    const datasetId = await newCatalogue();
    const { snapshot } = await upload(stage, 'brand', datasetId, catalogueCsv());
    expect(snapshot).toMatchObject({ rowCount: BigInt(catalogue.length), rejectedCount: 0n });
    const parts = await Array.fromAsync(stage.as('brand').datasets.takeOut(datasetId, snapshot.snapshotId));
    expect(Buffer.concat(parts).toString()).toBe(catalogueCsv());
    const logged = (await entriesOf(stage, 'snapshot-published')).at(-1)?.subject;
    expect(logged).toMatchObject({ dataset: datasetId, snapshot: snapshot.snapshotId });
  });

  it('tells of bad rows by their place', async () => {
    const csv = 'sku,category,price\na,toys,1.00\nb,toys,cheap\n';
    const { snapshot, rejects } = await upload(stage, 'brand', await newCatalogue(), csv, { maxRejects: 1 });
    expect(snapshot).toMatchObject({ rowCount: 1n, rejectedCount: 1n });
    expect(rejects?.rejects).toMatchObject([{ line: 3n, column: 'price' }]);
  });

  it('is nobody’s to read but its owner’s, although its rows are not protected', async () => {
    const datasetId = await newCatalogue();
    for (const actor of ['platform', 'isv', 'outsider'] as const) {
      await expectRefused(stage.as(actor).datasets.get(datasetId), 'NOT_FOUND');
    }
  });

  it('has no persons on the disk, however often it is uploaded', async () => {
    const collaborationId = await agree(stage);
    const before = dataFiles(stage.dataDirectory).filter((path) => path.startsWith('persons'));
    const datasetId = await bindCatalogue(stage, collaborationId);
    await upload(stage, 'brand', datasetId, catalogueCsv(catalogue.slice(1)));
    expect(dataFiles(stage.dataDirectory).filter((path) => path.startsWith('persons'))).toEqual(before);
    // Nor did the service try: a failure to make persons is told to the operator and to nobody else.
    expect(stage.operatorLog()).not.toContain('persons of a snapshot');
  });
});

describe('rules and dataset', () => {
  it('fit each other, or the binding is refused: rows of persons can never be declared public', async () => {
    const collaborationId = await agree(stage);
    const brand = stage.as('brand').collaborations;
    const people = (await createDataset(stage, 'brand', mailingsColumns)).datasetId;
    const rulesJson = catalogueRules({ joinKeys: ['arm'], measures: {}, groupKeys: {} });
    const declared = await expectRefused(
      brand.bind({ collaborationId, datasetId: people, alias: 'mailings', rulesJson }),
      'INVALID_REQUEST',
    );
    expect(declared.message).toContain('`email` names persons');

    const goods = { collaborationId, datasetId: await newCatalogue(), alias: 'catalogue' };
    const personal = mailingsRules({ groupKeys: {}, filters: [], audience: null });
    const refused = await expectRefused(brand.bind({ ...goods, rulesJson: personal }), 'INVALID_REQUEST');
    expect(refused.message).toContain('`public`');
    expect((await stage.as('brand').collaborations.get(collaborationId)).bindings).toEqual([]);
  });

  it('fit each other in each new version too', async () => {
    const { collaborationId } = await setTable(stage);
    await bindCatalogue(stage, collaborationId);
    const brand = stage.as('brand').collaborations;
    const set = (alias: string, rulesJson: string) => brand.setRules({ collaborationId, alias, rulesJson });
    const arms = catalogueRules({ joinKeys: ['arm'], measures: {}, groupKeys: {} });
    await expectRefused(set('mailings', arms), 'INVALID_REQUEST');
    await expectRefused(set('catalogue', mailingsRules()), 'INVALID_REQUEST');
    const changed = await set('catalogue', catalogueRules({ rowsPerKey: 2 }));
    expect(changed).toMatchObject({ isPublic: true, rulesVersion: 2 });
    expect(JSON.parse(changed.rulesJson)).toMatchObject({ publicTable: { rowsPerKey: 2 } });
  });

  it('are refused with every fault at once', async () => {
    const collaborationId = await agree(stage);
    const rulesJson = catalogueRules({ rowsPerKey: 0, joinKeys: ['article'], budget: { epsilon: 1, delta: 1e-6 } });
    const bind = { collaborationId, datasetId: await newCatalogue(), alias: 'catalogue', rulesJson };
    const refusal = await expectRefused(stage.as('brand').collaborations.bind(bind), 'INVALID_REQUEST');
    expect(faultPathsOf(refusal).toSorted()).toEqual(
      ['/budget', '/joinKeys/0', '/rowsPerKey'].map((path) => `rules_json${path}`),
    );
  });
});

describe('a public table', () => {
  it('is shown and logged as public, the others as protected', async () => {
    const { collaborationId } = await setTable(stage);
    const datasetId = await bindCatalogue(stage, collaborationId);
    const { bindings } = await stage.as('platform').collaborations.get(collaborationId);
    expect(bindings.map((b) => [b.alias, b.isPublic])).toEqual([
      ['outcomes', false],
      ['mailings', false],
      ['catalogue', true],
    ]);
    const logged = (await entriesOf(stage, 'dataset-bound')).filter((e) => e.collaboration === collaborationId);
    expect(logged.map(({ subject }) => subject.public)).toEqual([false, false, true]);
    expect(logged.at(-1)?.subject).toMatchObject({ alias: 'catalogue', dataset: datasetId });
  });

  it('has no account, and changes neither the answers nor the prices of others', async () => {
    const { collaborationId } = await setTable(stage);
    const explain = () => stage.as('brand').queries.explain(questionOf(collaborationId, armsSql));
    const before = await explain();
    expect(before).toMatchObject({ admissible: true, violations: [] });
    const accounts = Object.keys(await chargesOf(stage, 'brand', collaborationId));
    const datasetId = await bindCatalogue(stage, collaborationId);
    expect(await explain()).toEqual(before);
    expect(Object.keys(await chargesOf(stage, 'brand', collaborationId))).toEqual(accounts);
    expect(accounts).not.toContain(`owner/${datasetId}`);

    const { rows } = await ask(stage, 'brand', collaborationId, armsSql);
    expect(rows).toHaveLength(3);
    const charged = (await entriesOf(stage, 'budget-reserved')).at(-1)?.subject.accounts as string[];
    expect(charged).toHaveLength(4);
    expect(charged).not.toContain(`owner/${datasetId}`);
    await verifyLogOf(stage);
  });
});
