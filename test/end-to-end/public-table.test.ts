import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collaborations } from '../../proto/index.ts';
import { bindCatalogue, bindPurchases, catalogue, catalogueCsv, purchases } from '../support/service-catalogue.ts';
import { ask, chargesOf, entriesOf, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, grantToIsv, upload } from '../support/service-table.ts';

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

const sql =
  'select p.category, sum(e.amount) as amount from jiufang.events e join chenxi.catalogue p on e.sku = p.sku group by p.category';

/** What everybody bought of each category, in the currency. */
const truth = Map.groupBy(purchases, ({ article }) => article.category);
const amountOf = (category: string): number =>
  (truth.get(category as 'beauty') ?? []).reduce((sum, { amountCents }) => sum + amountCents, 0) / 100;

/** Some twelve standard deviations of the noise of these sums: less than one false alarm in a million million runs. */
const TOLERANCE = 6_000;

async function setCatalogue(file?: string | null) {
  const collaborationId = await agree(stage);
  const eventsId = await bindPurchases(stage, collaborationId);
  const catalogueId = await bindCatalogue(stage, collaborationId, file);
  return { collaborationId, eventsId, catalogueId };
}

describe('a public table', () => {
  it('may be joined to rows of persons on its own key, and its columns group them', async () => {
    const { collaborationId } = await setCatalogue();
    const { rows } = await ask(stage, 'brand', collaborationId, sql, { epsilon: 4 });
    expect(rows.map(({ category }) => category).toSorted()).toEqual(['beauty', 'shoes', 'toys']);
    for (const { category, amount } of rows) {
      expect(Math.abs(Number(amount) - amountOf(String(category))), String(category)).toBeLessThan(TOLERANCE);
    }
  });

  it('is never charged for: the owner of the persons, the collaboration and who asks are', async () => {
    const { collaborationId, eventsId, catalogueId } = await setCatalogue();
    await ask(stage, 'brand', collaborationId, sql);
    const charges = await chargesOf(stage, 'brand', collaborationId);
    const charged = Object.keys(charges).filter((account) => (charges[account] ?? 0) > 0);
    expect(charged.toSorted()).toEqual(
      [
        `collaboration/${collaborationId}`,
        `consumer/${collaborationId}/${cast.brand.member}`,
        `owner/${eventsId}`,
      ].toSorted(),
    );
    expect(Object.keys(charges)).not.toContain(`owner/${catalogueId}`);
    const logged = (await entriesOf(stage, 'budget-reserved')).at(-1)?.subject.accounts as string[];
    expect(logged.toSorted()).toEqual(charged.toSorted());
  });

  it('is read as it was uploaded last: a question over another catalogue is another question', async () => {
    const { collaborationId, catalogueId } = await setCatalogue();
    const before = await ask(stage, 'brand', collaborationId, sql, { epsilon: 4 });
    const oneShelf = catalogue.map((article) => ({ ...article, category: 'toys' as const }));
    await upload(stage, 'brand', catalogueId, catalogueCsv(oneShelf));
    const after = await ask(stage, 'brand', collaborationId, sql, { epsilon: 4 });
    expect(after.query).toMatchObject({ stored: false, charged: before.query.charged });
    const toys = after.rows.find(({ category }) => category === 'toys');
    const all = ['beauty', 'shoes', 'toys'].reduce((sum, category) => sum + amountOf(category), 0);
    expect(Number(toys?.amount)).toBeGreaterThan(all - 3 * TOLERANCE);
  });

  it('without data holds a question up until its owner uploads some', async () => {
    const { collaborationId } = await setCatalogue(null);
    const submit = stage.as('brand').queries.submit(questionOf(collaborationId, sql), randomUUID());
    const refusal = await expectRefused(submit, 'NOT_ACCEPTED');
    expect(refusal.metadata).toMatchObject({ owner: cast.brand.member });
  });

  it('must be named by a grant like any other table', async () => {
    const { collaborationId } = await setCatalogue();
    const { QUERY } = collaborations.Ability;
    const fields = { onBehalfOf: cast.brand.member };
    await grantToIsv(stage, collaborationId, [QUERY], ['jiufang.events']);
    const submit = stage.as('isv').queries.submit(questionOf(collaborationId, sql, fields), '');
    await expectRefused(submit, 'PERMISSION_DENIED');
    await grantToIsv(stage, collaborationId, [QUERY], ['jiufang.events', 'chenxi.catalogue']);
    expect((await ask(stage, 'isv', collaborationId, sql, fields)).rows).toHaveLength(3);
  });
});
