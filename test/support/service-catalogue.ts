import { emailOf } from './service-people.ts';
import { mailingsRules, type RulesFields } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';
import { createDataset, upload } from './service-table.ts';

/** One article of a made-up catalogue. */
export interface Article {
  readonly sku: string;
  readonly category: 'beauty' | 'shoes' | 'toys';
  readonly priceCents: number;
}

/** The catalogue of the brand: what everybody can read in its shop. */
export const catalogue: readonly Article[] = (['beauty', 'shoes', 'toys'] as const).flatMap((category, shelf) =>
  [1, 2, 3].map((place) => ({ sku: `${category}-${place}`, category, priceCents: 100 * (10 * shelf + place) })),
);

/** The columns of the catalogue: none of them is an identifier. */
export const catalogueColumns = ['sku:text', 'category:text', 'price:decimal(2)'] as const;

/** The brand's file of the catalogue. */
export function catalogueCsv(articles: readonly Article[] = catalogue): string {
  const lines = articles.map((a) => `${a.sku},${a.category},${(a.priceCents / 100).toFixed(2)}`);
  return `sku,category,price\n${lines.join('\n')}\n`;
}

/** The rules that declare the catalogue public. */
export function catalogueRules(fields: RulesFields = {}): string {
  return JSON.stringify({
    version: 1,
    public: true,
    joinKeys: ['sku'],
    rowsPerKey: 1,
    measures: { price: { min: 0, max: 5_000 } },
    groupKeys: { category: { values: ['beauty', 'shoes', 'toys'] } },
    ...fields,
  });
}

/** Binds the catalogue as the brand's, with its data unless told otherwise, and answers its dataset. */
export async function bindCatalogue(
  stage: ServiceStage,
  collaborationId: string,
  file: string | null = catalogueCsv(),
): Promise<string> {
  const { datasetId } = await createDataset(stage, 'brand', catalogueColumns);
  if (file !== null) await upload(stage, 'brand', datasetId, file);
  const bind = { collaborationId, datasetId, alias: 'catalogue', rulesJson: catalogueRules() };
  await stage.as('brand').collaborations.bind(bind);
  return datasetId;
}

/** Something that a person bought. */
export interface Purchase {
  readonly email: string;
  readonly article: Article;
  readonly amountCents: number;
}

const BUYERS = 3_000;
/** Purchases of one person. */
const PURCHASES_PER_PERSON_ROWS = 3;

/** What the platform's people bought: each three articles, one of every category. */
export const purchases: readonly Purchase[] = Array.from({ length: BUYERS }, (_, person) =>
  Array.from({ length: PURCHASES_PER_PERSON_ROWS }, (__, shelf) => ({
    email: emailOf(person),
    article: catalogue[shelf * PURCHASES_PER_PERSON_ROWS + (person % 3)] as Article,
    amountCents: 1_000 * (shelf + 1) + (person % 7) * 100,
  })),
).flat();

/** Brings the platform's purchases and binds them as `events`; answers the dataset. */
export async function bindPurchases(stage: ServiceStage, collaborationId: string): Promise<string> {
  const columns = ['email:email', 'sku:text', 'amount:decimal(2)'];
  const { datasetId } = await createDataset(stage, 'platform', columns);
  const lines = purchases.map((p) => `${p.email},${p.article.sku},${(p.amountCents / 100).toFixed(2)}`);
  await upload(stage, 'platform', datasetId, `email,sku,amount\n${lines.join('\n')}\n`);
  const rulesJson = mailingsRules({
    rowsPerPerson: PURCHASES_PER_PERSON_ROWS,
    maxGroupsPerPerson: PURCHASES_PER_PERSON_ROWS,
    groupKeys: {},
    filters: ['sku'],
    measures: { amount: { min: 0, max: 50 } },
    audience: null,
  });
  await stage.as('platform').collaborations.bind({ collaborationId, datasetId, alias: 'events', rulesJson });
  return datasetId;
}
