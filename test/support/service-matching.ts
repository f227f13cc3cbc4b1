import type { HiddenList } from '../../cli/client/index.ts';
import { digestIdentifier } from '../../identity/index.ts';
import type { matching } from '../../proto/index.ts';
import { emailOf, outcomes, outcomesCsv } from './service-people.ts';
import { outcomesRules, type RulesFields } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';
import { agree, createDataset, outcomesColumns, type TableFields, upload } from './service-table.ts';

/** The platform's table as a match names it. */
export const OUTCOMES = 'jiufang.outcomes';

/** The digest of the address of the person of a number. */
function digestOfPerson(person: number): Uint8Array {
  const digest = digestIdentifier('email', emailOf(person));
  if (digest === null) throw new Error('a made-up address is unusable');
  return digest;
}

/** Lets platform and brand agree where the platform alone has brought data: so many of its people. */
export async function setPlatformTable(
  stage: ServiceStage,
  peopleCount: number,
  fields: TableFields & { readonly rules?: RulesFields } = {},
): Promise<string> {
  const { datasetId } = await createDataset(stage, 'platform', outcomesColumns);
  await upload(stage, 'platform', datasetId, outcomesCsv(outcomes.slice(0, peopleCount)));
  const collaborationId = await agree(stage, fields);
  const rulesJson = outcomesRules(fields.rules);
  await stage.as('platform').collaborations.bind({ collaborationId, datasetId, alias: 'outcomes', rulesJson });
  return collaborationId;
}

/** A list of made-up people to match without showing. */
export function listOf(
  collaborationId: string,
  persons: readonly number[],
  fields: Partial<HiddenList> = {},
): HiddenList {
  return {
    collaborationId,
    withTable: OUTCOMES,
    identifier: 'email',
    digests: persons.map(digestOfPerson),
    epsilon: 5,
    onBehalfOf: '',
    oneIn: 1,
    ...fields,
  };
}

/** A request for a report on both tables of the stage. */
export function reportOf(
  collaborationId: string,
  fields: Partial<matching.ReportMatchRequest> = {},
): matching.ReportMatchRequest {
  return {
    collaborationId,
    table: 'mailings',
    withTable: OUTCOMES,
    epsilon: 3,
    onBehalfOf: '',
    dry: false,
    ...fields,
  };
}

/** Whether a number lies so near to a protected one that noise explains it: seven standard deviations. */
export function isNear(count: matching.ProtectedCount | undefined, exact: number): boolean {
  if (count === undefined) return false;
  const deviation = Math.max(1, (Number(count.ci95High) - Number(count.persons)) / 1.96);
  return Math.abs(Number(count.persons) - exact) <= 7 * deviation;
}

/** Numbers from one up to but without another. */
export function range(from: number, until: number): number[] {
  return Array.from({ length: until - from }, (_, index) => from + index);
}
