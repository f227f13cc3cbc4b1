// What a match without showing costs behind the wall: how its time grows with the points, as ratios to the smallest, and
// what a point costs in multiplications of the group. `node bench/matching.ts [largest]`.
import { createHash, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { POINT_BYTES, pointOfDigest, randomPoint, scalarFor, sortPoints, times } from '../points/index.ts';
import { MULTIPLES_COUNT, openWall } from '../sandbox/index.ts';
import { column } from '../sandbox/testkit/index.ts';

const SIZES = [1_000, 10_000, 100_000];
const LARGEST = Number(process.argv[2] ?? 100_000);
const PADDING_COUNT = 1_000;
const CHUNK_ROWS = 50_000;
const PROBES_COUNT = 2_000;
const LIMITS = { deadlineMs: 1_800_000 };

const digestOf = (person: number): Buffer => createHash('sha256').update(`person ${person}`).digest();

function chunked<Value>(values: readonly Value[]): Value[][] {
  return Array.from({ length: Math.ceil(values.length / CHUNK_ROWS) }, (_, index) =>
    values.slice(index * CHUNK_ROWS, (index + 1) * CHUNK_ROWS),
  );
}

async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const beganMs = performance.now();
  const result = await work();
  return [result, performance.now() - beganMs];
}

/** One multiplication on this machine, now. */
function multiplicationMs(): number {
  const [scalar, point] = [scalarFor(randomBytes(32), 'probe'), randomPoint()];
  const beganMs = performance.now();
  for (let index = 0; index < PROBES_COUNT; index += 1) times(scalar, point);
  return (performance.now() - beganMs) / PROBES_COUNT;
}

await using wall = { inner: await openWall({ spareCount: 1 }), [Symbol.asyncDispose]: () => wall.inner.close() };
let first: { readonly serviceMs: number; readonly clientMs: number; readonly count: number } | null = null;

process.stdout.write('persons  service x  client x  points x  service/person  client/person (multiplications)\n');
for (const count of SIZES.filter((size) => size <= LARGEST)) {
  const unitMs = multiplicationMs();
  const people = Array.from({ length: count }, (_, person) => person);
  const secret = randomBytes(32);
  const job = {
    secret,
    identifier: 'email' as const,
    sample: { oneIn: 1, remainder: 0 },
    padding: PADDING_COUNT,
    maxBaseCount: 1_000_000,
    personChunks: column('p', { kind: 'person' }, ...chunked(people.map(BigInt))).chunks,
    digestChunks: column('d', { kind: 'digest' }, ...chunked(people.map((p) => digestOf(p).toString('base64')))).chunks,
  };
  const [points, hideMs] = await timed(async () => {
    for await (const event of wall.inner.hidePoints(job, LIMITS)) if (event.kind === 'points') return event.points;
    throw new Error('no points came');
  });
  const client = scalarFor(randomBytes(32), 'client');
  const [lists, clientMs] = await timed(async () => {
    const raised = new Uint8Array(points.length);
    for (let at = 0; at < points.length; at += POINT_BYTES) {
      raised.set(times(client, points.subarray(at, at + POINT_BYTES)), at);
    }
    // Half of the client's list is in the table.
    const own = Buffer.concat(people.map((p) => times(client, pointOfDigest(digestOf(p + count / 2), 'email'))));
    return { raised: sortPoints(raised), own: sortPoints(own) };
  });
  const [matches, countMs] = await timed(async () => {
    for await (const event of wall.inner.countMatches({ secret, ...lists }, LIMITS)) {
      if (event.kind === 'count') return event.count;
    }
    throw new Error('no count came');
  });
  if (Number(matches) !== count / 2) throw new Error(`${matches} matches were counted`);
  const serviceMs = hideMs + countMs;
  first ??= { serviceMs, clientMs, count };
  const perPerson = (ms: number): string => (ms / unitMs / (count + PADDING_COUNT)).toFixed(1);
  const ratios = [
    serviceMs / first.serviceMs,
    clientMs / first.clientMs,
    (count + PADDING_COUNT) / (first.count + PADDING_COUNT),
  ];
  process.stdout.write(
    `${count}  ${ratios.map((ratio) => ratio.toFixed(1)).join('  ')}  ${perPerson(serviceMs)}  ${perPerson(clientMs)}\n`,
  );
}
process.stdout.write(`a person of the table is ${MULTIPLES_COUNT} points\n`);
