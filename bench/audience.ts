// `node bench/audience.ts`: what it takes to publish an audience, from its acceptance to its commit at a destination that
// answers at once, by the number of its members: the peak memory of the service and of a worker, and the time as a ratio
// to that of the smallest. `--persons N` takes other sizes, in thousands.
import { parseArgs } from 'node:util';
import { ServiceStage } from '../test/support/service-stage.ts';
import { StrangeEngine } from '../test/support/service-strange-engine.ts';
import { publishAudience } from './over-grpc/publish-audience.ts';

const THOUSAND = 1_000;

const { values } = parseArgs({ options: { persons: { type: 'string', multiple: true } } });
const sizes = values.persons?.map((text) => Number(text) * THOUSAND) ?? [1_000 * THOUSAND, 10_000 * THOUSAND];

await using stage = await ServiceStage.open();
await using engine = await StrangeEngine.open({ receipt: 'taken' });

const mib = (value: number): string => `${value.toFixed(0)} MiB`;
let smallestMs: number | undefined;
for (const persons of sizes) {
  const { serviceGrowthMib, workerMib, ms } = await publishAudience(stage, engine, persons);
  smallestMs ??= ms;
  process.stdout.write(
    `${persons / THOUSAND} thousand members: the service grew by ${mib(serviceGrowthMib)}, a worker had ${mib(workerMib)}; ` +
      `${(ms / smallestMs).toFixed(1)} times the time of the smallest (${(ms / THOUSAND).toFixed(1)} s here)\n`,
  );
}
