// What a spine costs: `node bench/identity.ts [identifiers]`, ten million when left out. Everything runs behind the wall, in
// the jobs that ship, over made-up digests of customers with two identifiers each.
import { readFileSync } from 'node:fs';
import type { ResolvedSpine, SpineInput, Wall } from '../sandbox/index.ts';
import { openWall } from '../sandbox/index.ts';
import { descendantsOf, encodeColumnChunk } from '../sandbox/testkit/index.ts';

const DEFAULT_IDENTIFIERS_COUNT = 10_000_000;
/** Rows of a full chunk, as at rest. */
const CHUNK_ROWS_COUNT = 65_536;
const DIGEST_BYTES = 32;
const LIMITS = { deadlineMs: 1_800_000 };
const APPENDED_RATIO = 0.01;
const RANKS = [0, 1];
const SAMPLE_MS = 100;
const BYTES_PER_KIB = 1_024;

interface Named {
  readonly nodes: Uint8Array[];
  readonly links: Uint8Array[];
  readonly singles: Uint8Array[];
}

/** Digests of one kind, of customers from `first` on: distinct, and as uniform as they need to be. */
async function* digests(kind: number, first: number, rowCount: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < rowCount; start += CHUNK_ROWS_COUNT) {
    const rows = Math.min(CHUNK_ROWS_COUNT, rowCount - start);
    const values = new Uint8Array(rows * DIGEST_BYTES);
    const words = new Uint32Array(values.buffer);
    for (let row = 0; row < rows; row += 1) {
      words[row * 8] = first + start + row;
      words[row * 8 + 1] = kind;
    }
    yield encodeColumnChunk({ type: { kind: 'digest' }, rowCount: rows, validity: null, values });
  }
}

async function nameRows(wall: Wall, first: number, rowCount: number): Promise<Named> {
  const columns = RANKS.map((rank) => ({
    key: new Uint8Array(32).fill(rank + 1),
    rank,
    chunks: () => digests(rank, first, rowCount),
  }));
  const named: Named = { nodes: [], links: [], singles: [] };
  for await (const { kind, bytes } of wall.pseudonymise({ columns }, LIMITS)) named[kind].push(bytes);
  return named;
}

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function resolve(wall: Wall, parts: readonly Named[], earlier: readonly Uint8Array[]): Promise<ResolvedSpine[]> {
  const input = (kind: SpineInput['kind'], part: number, chunks: readonly Uint8Array[]) => ({
    kind,
    member: 0,
    part,
    ranks: RANKS,
    chunks: () => from(chunks),
  });
  const inputs = [
    ...parts.map(({ links }, part) => input('links', part, links)),
    ...parts.map(({ singles }, part) => input('singles', part, singles)),
    input('earlier', 0, earlier),
  ];
  const job = { unit: 'person' as const, aloneKeys: [new Uint8Array(32)], inputs, isCounting: false };
  return await Array.fromAsync(wall.resolve(job, LIMITS));
}

function entriesOf(told: readonly ResolvedSpine[]): Uint8Array[] {
  return told.flatMap((event) => (event.kind === 'entries' ? [event.bytes] : []));
}

async function assign(wall: Wall, entries: readonly Uint8Array[], nodes: readonly Uint8Array[]): Promise<void> {
  for await (const _ of wall.assign({ entries: () => from(entries), nodes: () => from(nodes) }, LIMITS));
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number; peakMib: number }> {
  let peakKib = 0;
  const sample = setInterval(() => {
    for (const pid of descendantsOf(process.pid)) peakKib = Math.max(peakKib, peakMemoryKib(pid));
  }, SAMPLE_MS);
  const began = performance.now();
  const result = await work();
  clearInterval(sample);
  return { result, ms: performance.now() - began, peakMib: peakKib / BYTES_PER_KIB };
}

function peakMemoryKib(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const identifiers = Number(process.argv[2] ?? DEFAULT_IDENTIFIERS_COUNT);
const rowCount = Math.floor(identifiers / RANKS.length);
const appended = Math.ceil(rowCount * APPENDED_RATIO);
const wall = await openWall({ spareCount: 1, maxRunning: 1 });
const pass = await timed(() => nameRows(wall, 0, rowCount));
const resolved = await timed(() => resolve(wall, [pass.result], []));
const entries = entriesOf(resolved.result);
const assigned = await timed(() => assign(wall, entries, pass.result.nodes));
const more = await timed(async () => {
  const part = await nameRows(wall, rowCount, appended);
  const again = await resolve(wall, [pass.result, part], entries);
  await assign(wall, entriesOf(again), part.nodes);
  return again;
});
const isRewritten = more.result.some((event) => event.kind === 'resolved' && event.isChanged(0));
await wall.close();

const whole = pass.ms + resolved.ms + assigned.ms;
const ratio = (value: number, over: number): string => `${(value / over).toFixed(2)} x`;
process.stdout.write(
  [
    `${identifiers} identifiers in ${rowCount} rows`,
    `one pass over the vault columns that names all rows: ${pass.ms.toFixed(0)} ms here`,
    `${ratio(resolved.ms, pass.ms)} of that to resolve the spine, ${resolved.peakMib.toFixed(0)} MiB at its peak`,
    `${ratio(assigned.ms, pass.ms)} of that to put persons in the place of nodes, ${assigned.peakMib.toFixed(0)} MiB`,
    `${ratio(more.ms, whole)} of all three to append one row in a hundred; old rows written again: ${isRewritten}`,
    `${(((resolved.peakMib - pass.peakMib) * BYTES_PER_KIB * BYTES_PER_KIB) / identifiers).toFixed(0)} bytes an identifier over a pass`,
    '',
  ].join('\n'),
);
process.exit(0);
