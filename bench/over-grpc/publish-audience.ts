import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { audiences } from '../../proto/index.ts';
import { cast, destinationId, outcomesRules } from '../../test/support/service-rules.ts';
import type { ServiceStage } from '../../test/support/service-stage.ts';
import type { StrangeEngine } from '../../test/support/service-strange-engine.ts';
import { agree, createDataset, upload } from '../../test/support/service-table.ts';
import { type PeakMemory, watchMemory } from '../peak-memory.ts';

const ROWS_OF_A_PART = 20_000;
const POLL_MS = 20;

/** What a publication took. */
export interface Publication extends PeakMemory {
  readonly ms: number;
}

/** Publishes everybody in a table of so many to a destination that answers at once. @throws {Error} unless all arrive */
export async function publishAudience(
  stage: ServiceStage,
  engine: StrangeEngine,
  persons: number,
): Promise<Publication> {
  const collaborationId = await agree(stage);
  const { datasetId } = await createDataset(stage, 'platform', ['email:email', 'visit:integer']);
  await upload(stage, 'platform', datasetId, rowsOf(persons));
  const to = [`${cast.platform.member}/${destinationId}`];
  const rulesJson = outcomesRules({
    groupKeys: {},
    filters: ['visit'],
    measures: {},
    audience: { columns: ['visit'], minSize: 300, destinations: to },
  });
  await stage.as('platform').collaborations.bind({ collaborationId, datasetId, alias: 'people', rulesJson });
  await engine.register(stage, collaborationId, destinationId);
  const { audienceId } = await stage.as('brand').audiences.define({
    definition: undefined,
    collaborationId,
    displayName: 'everybody',
    sql: `select p.email from ${cast.platform.member}.people p where p.visit = 1`,
    onBehalfOf: '',
    requestId: randomUUID(),
  });
  await stage.as('brand').audiences.estimate(audienceId, 0);
  let ms = 0;
  const before = engine.tokenCount;
  const peak = await watchMemory(stage.service, async () => {
    const commits = engine.commitCount;
    const began = performance.now();
    await stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    while (engine.commitCount === commits) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    ms = performance.now() - began;
  });
  const { state } = (await stage.as('brand').audiences.get(audienceId)).activations[0] ?? {};
  if (state === audiences.ActivationState.REVOKED) throw new Error('the publication was withdrawn');
  const arrived = engine.tokenCount - before;
  if (arrived !== persons) throw new Error(`${arrived} of ${persons} members arrived`);
  return { ...peak, ms };
}

async function* rowsOf(persons: number): AsyncGenerator<Buffer> {
  yield Buffer.from('email,visit\n');
  for (let from = 0; from < persons; from += ROWS_OF_A_PART) {
    const count = Math.min(ROWS_OF_A_PART, persons - from);
    const lines = Array.from({ length: count }, (_, index) => `person${from + index}@example.com,1`);
    yield Buffer.from(`${lines.join('\n')}\n`);
  }
}
