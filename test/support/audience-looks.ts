import { tags } from '../../proto/index.ts';
import type { ServiceStage } from './service-stage.ts';
import type { Table } from './service-table.ts';

/** A tag of the brand's that costs something. */
export const pricedTag = tags.Tag.fromPartial({
  name: 'arm',
  meaning: 'the mailing that somebody got',
  sensitivity: tags.TagSensitivity.ORDINARY,
  table: 'chenxi.mailings',
  column: 'arm',
  price: 0.25,
});

/** What is looked at, and who holds what each method leaves against a table. */
export interface Looked {
  readonly audienceId: string;
  readonly sql: string;
  readonly does: (method: string, deed: () => Promise<unknown>) => Promise<unknown>;
}

/** Looks at an audience, and at a definition that nothing is made of, in every way there is. */
export async function lookAtAudience(
  stage: ServiceStage,
  { collaborationId }: Table,
  { audienceId, sql, does }: Looked,
): Promise<void> {
  const { audiences: brand } = stage.as('brand');
  const definition = { source: { $case: 'sql' as const, value: `${sql} and m.tier = 2` } };
  const sized = { collaborationId, definition, epsilon: 0, onBehalfOf: '' };
  await does('EstimateDefinition', () => brand.estimateDefinition(sized));
  const portrait = { baselineAudienceId: '', table: 'chenxi.mailings', attributes: ['arm'], epsilon: 0, requestId: '' };
  await does('PortrayAudience', () => brand.portray({ audienceId, ...portrait }));
  await does('CompareAudiences', () => brand.compare({ audienceId, otherAudienceId: audienceId, epsilon: 1 }));
}
