// `node bench/audience.ts`: what it takes to publish an audience, from its acceptance to its commit at a destination that
// answers at once, by the number of its members: the peak memory of the service and of a worker, and the time as a ratio
// to that of the smallest. `--persons N` takes other sizes, in thousands.
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { audiences } from '../proto/index.ts';
import { cast, destinationId, outcomesRules } from '../test/support/service-rules.ts';
import { ServiceStage } from '../test/support/service-stage.ts';
import { StrangeEngine } from '../test/support/service-strange-engine.ts';
import { agree, createDataset, upload } from '../test/support/service-table.ts';
import { watchMemory } from './peak-memory.ts';

const THOUSAND = 1_000;
const ROWS_OF_A_PART = 20_000;
const POLL_MS = 20;

const { values } = parseArgs({ options: { persons: { type: 'string', multiple: true } } });
const sizes = values.persons?.map((text) => Number(text) * THOUSAND) ?? [1_000 * THOUSAND, 10_000 * THOUSAND];

await using stage = await ServiceStage.open();
await using engine = await StrangeEngine.open({ receipt: 'taken' });

/** Time and memory of one publication of everybody in a table of so many. */
async function publicationOf(persons: number) {
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
  const peak = await watchMemory(stage.service, async () => {
    const commits = engine.commitCount;
    const began = performance.now();
    await stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    while (engine.commitCount === commits) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    ms = performance.now() - began;
  });
  const { state } = (await stage.as('brand').audiences.get(audienceId)).activations[0] ?? {};
  if (state === audiences.ActivationState.REVOKED) throw new Error('the publication was withdrawn');
  return { ...peak, ms, tokens: engine.tokenCount };
}

async function* rowsOf(persons: number): AsyncGenerator<Buffer> {
  yield Buffer.from('email,visit\n');
  for (let from = 0; from < persons; from += ROWS_OF_A_PART) {
    const count = Math.min(ROWS_OF_A_PART, persons - from);
    const lines = Array.from({ length: count }, (_, index) => `person${from + index}@example.com,1`);
    yield Buffer.from(`${lines.join('\n')}\n`);
  }
}

const mib = (value: number): string => `${value.toFixed(0)} MiB`;
let smallestMs: number | undefined;
for (const persons of sizes) {
  const before = engine.tokenCount;
  const { serviceGrowthMib, workerMib, ms, tokens } = await publicationOf(persons);
  if (tokens - before !== persons) throw new Error(`${tokens - before} of ${persons} members arrived`);
  smallestMs ??= ms;
  process.stdout.write(
    `${persons / THOUSAND} thousand members: the service grew by ${mib(serviceGrowthMib)}, a worker had ${mib(workerMib)}; ` +
      `${(ms / smallestMs).toFixed(1)} times the time of the smallest (${(ms / THOUSAND).toFixed(1)} s here)\n`,
  );
}
