import { expect } from 'vitest';
import { dataFiles } from './service-files.ts';
import { chargesOf } from './service-questions.ts';
import type { ServiceStage } from './service-stage.ts';
import type { Table } from './service-table.ts';

/** Everything that a call which is refused must leave as it was. */
async function standingOf(stage: ServiceStage, { collaborationId }: Table) {
  return {
    files: dataFiles(stage.dataDirectory),
    charges: await chargesOf(stage, 'brand', collaborationId),
    datasets: await stage.as('brand').datasets.list(),
    collaboration: await stage.as('brand').collaborations.get(collaborationId),
    audiences: await stage.as('brand').audiences.list(collaborationId),
  };
}

/** Does something and expects that nothing has come of it: no file, no charge, no snapshot. */
export async function expectNothingDone<Result>(
  stage: ServiceStage,
  table: Table,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const before = await standingOf(stage, table);
  const result = await attempt();
  expect(await standingOf(stage, table)).toEqual(before);
  return result;
}

/** The same, but that what has arrived of an upload stays, sealed, for whoever goes on with it. */
export async function expectOnlyStaged(
  stage: ServiceStage,
  table: Table,
  attempt: () => Promise<unknown>,
): Promise<void> {
  const before = withoutOriginals(await standingOf(stage, table));
  await attempt();
  expect(withoutOriginals(await standingOf(stage, table))).toEqual(before);
}

function withoutOriginals<Standing extends { readonly files: readonly string[] }>(standing: Standing): Standing {
  return { ...standing, files: standing.files.filter((path) => !path.startsWith('originals/')) };
}
