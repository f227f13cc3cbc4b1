// What a decision of the reference engine costs with many memberships: `node bench/decide.ts --members 10000000`. The
// engine is a process of its own on one core; parts come over gRPC as the clean room sends them, and so do decisions.
// The ratio compares a decision with one bare look into the same file.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { credentials } from '@grpc/grpc-js';
import { AUDIENCE_FILE } from '../examples/strategy-engine/audience-store.ts';
import { Decider } from '../examples/strategy-engine/decider.ts';
import { EventHistory } from '../examples/strategy-engine/event-history.ts';
import { Membership } from '../examples/strategy-engine/membership.ts';
import { readStrategies } from '../examples/strategy-engine/read-strategies.ts';
import { partsOfPublication, type TokenBatch } from '../examples/strategy-engine/send-publication.ts';
import { openForReading } from '../examples/strategy-engine/store-file.ts';
import { strategy } from '../proto/index.ts';
import { ServiceProcess } from '../test/support/service-process.ts';
import { compare, type Figure } from './compare.ts';
import { anybody, type Crowd, tokenOf } from './decide-crowd.ts';

const AUDIENCE_COUNT = 8;
const BATCH_TOKENS = 8_192;
/** Parts on their way at once: enough that the engine never waits for the sender. */
const IN_FLIGHT_COUNT = 4;
/** How long decisions are asked for afterwards. */
const ASKED_MS = 20_000;
const ROUND_DECISIONS = 2_000;
const scene = 'shop-front';

const engineMain = new URL('../examples/strategy-engine/main.ts', import.meta.url);
const { values } = parseArgs({
  options: { members: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
});
const memberCount = Math.floor(Number(values.members) / AUDIENCE_COUNT);
const crowd: Crowd = { audienceCount: AUDIENCE_COUNT, memberCount };
const directory = mkdtempSync(join(tmpdir(), 'bench-decide-'));

function* batchesOf(audience: number): Generator<TokenBatch> {
  for (let from = 0; from < memberCount; from += BATCH_TOKENS) {
    const count = Math.min(BATCH_TOKENS, memberCount - from);
    yield { added: Buffer.concat(Array.from({ length: count }, (_, i) => tokenOf(crowd, audience, from + i))) };
  }
}

function writeStrategies(path: string): void {
  const strategies = Array.from({ length: AUDIENCE_COUNT }, (_, audience) => ({
    name: `strategy-${audience}`,
    audience: `audience-${audience}`,
    scenes: [scene],
    holdOut: 0.1,
    cap: { exposures: 3, hours: 24 },
    arms: [
      { name: 'A', content: 'one' },
      { name: 'B', content: 'other' },
    ],
  }));
  writeFileSync(path, JSON.stringify({ scenes: { [scene]: { default: 'default' } }, strategies }));
}

async function load(engine: strategy.StrategyEngineServiceClient): Promise<void> {
  const deliver = promisify<strategy.DeliverRequest, strategy.DeliverResponse>(engine.deliver.bind(engine));
  for (let audience = 0; audience < AUDIENCE_COUNT; audience += 1) {
    const head = { audienceId: `id-${audience}`, version: 1n, begin: { displayName: `audience-${audience}` } };
    const onTheWay = new Set<Promise<unknown>>();
    for (const envelope of partsOfPublication(head, batchesOf(audience), Math.ceil(memberCount / BATCH_TOKENS))) {
      const sent: Promise<unknown> = deliver({ envelope }).finally(() => onTheWay.delete(sent));
      onTheWay.add(sent);
      if (onTheWay.size >= IN_FLIGHT_COUNT) await Promise.race(onTheWay);
    }
    await Promise.all(onTheWay);
  }
}

/** Asks for decisions until some work is done, and answers how long each took, the shortest first. */
async function timesDuring(address: string, work: () => Promise<unknown>): Promise<readonly number[]> {
  const asker = new Worker(new URL('./decide-asker.ts', import.meta.url), { workerData: { address, scene, crowd } });
  const answered = once(asker, 'message') as Promise<[readonly number[]]>;
  await work();
  asker.postMessage('stop');
  return (await answered)[0];
}

function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return Number(value.toFixed(2));
}

function peakMib(pid: number | undefined): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1]) / 1024);
}

function told(times: readonly number[]): { decisions: number; medianMs: number; p99Ms: number; p999Ms: number } {
  const [medianMs, p99Ms, p999Ms] = [quantile(times, 0.5), quantile(times, 0.99), quantile(times, 0.999)];
  return { decisions: times.length, medianMs, p99Ms, p999Ms };
}

/** A decision in this process beside one bare look into the file that the engine has left. */
async function ratio(): Promise<Figure & { readonly processorUs: number }> {
  const membership = new Membership(join(directory, 'data'));
  const history = new EventHistory(join(directory, 'data'));
  const parts = { membership, history, assign: async () => {} };
  const decider = new Decider(readStrategies(join(directory, 'content.json')), parts);
  using bare = openForReading(join(directory, 'data'), AUDIENCE_FILE);
  const look = bare.prepare('select is_present from member where layer_id = ? and token = ?');
  const figure = await compare({
    name: 'a decision over eight audiences',
    baseline: 'one bare look into the same file',
    roundCount: 9,
    run: async () => {
      for (let n = 0; n < ROUND_DECISIONS; n += 1) decider.decide(anybody(crowd), scene);
    },
    against: async () => {
      for (let n = 0; n < ROUND_DECISIONS; n += 1) look.get(1, anybody(crowd));
    },
  });
  const before = process.cpuUsage();
  for (let n = 0; n < ROUND_DECISIONS; n += 1) decider.decide(anybody(crowd), scene);
  const { user, system } = process.cpuUsage(before);
  membership.close();
  history.close();
  return { ...figure, processorUs: Math.round((user + system) / ROUND_DECISIONS) };
}

try {
  writeStrategies(join(directory, 'content.json'));
  const paths = ['--data', join(directory, 'data'), '--content', join(directory, 'content.json')];
  const args = [...paths, '--token-key', 'a'.repeat(64)];
  const service = await ServiceProcess.start(engineMain, args, join(directory, 'log'), ['taskset', '-c', '0']);
  const engine = new strategy.StrategyEngineServiceClient(service.address(), credentials.createInsecure());
  const shop = service.address('decisions');
  const restMib = peakMib(service.pid);
  const began = performance.now();
  const meanwhile = told(await timesDuring(shop, () => load(engine)));
  const seconds = Math.round((performance.now() - began) / 1000);
  const heightMib = peakMib(service.pid);
  const afterwards = told(await timesDuring(shop, () => sleep(ASKED_MS)));
  engine.close();
  await service.end('SIGTERM');
  const { name, baseline, ratio: times, low, high, processorUs } = await ratio();
  const memberships = memberCount * AUDIENCE_COUNT;
  const lines = [
    `${memberships} memberships taken in ${seconds} s`,
    `memory of the engine: ${restMib} MiB at rest, ${heightMib} MiB at its height`,
    `decisions while they came: ${JSON.stringify(meanwhile)}`,
    `decisions afterwards: ${JSON.stringify(afterwards)}`,
    `${name} / ${baseline}: ${times.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`,
    `a decision takes ${processorUs} microseconds of processor`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const figures = {
    memberships,
    seconds,
    restMib,
    heightMib,
    meanwhile,
    afterwards,
    processorUs,
    ratio: { times, low, high },
  };
  if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
