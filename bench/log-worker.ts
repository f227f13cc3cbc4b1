// Opens a log of a given directory in a process of its own, proves some entries, and prints what that took: memory is
// only told apart where nothing else was in it.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { leafHash, openCheckpointKey, verifyInclusion } from '../audit/index.ts';
import { ORIGIN, openGrowingLog } from './growing-log.ts';

const PROOFS_COUNT = 1_000;
const KIB_PER_MIB = 1_024;

const [directory = '', keyFile = ''] = process.argv.slice(2);
const signer = await openCheckpointKey(keyFile, ORIGIN);
const atRestMib = statusMib('VmRSS');
const began = performance.now();
const log = await openGrowingLog(directory, signer);
const openMs = performance.now() - began;
const { treeSize } = log;
const rootHash = await log.rootHash();
const times: number[] = [];
let [bytes, consistencyBytes] = [0, 0];
for (let index = 0; index < PROOFS_COUNT; index += 1) {
  // Spread over the whole log, in no order that a cache would like.
  const leafIndex = Math.floor((((index * 7_919) % PROOFS_COUNT) / PROOFS_COUNT) * treeSize);
  const start = performance.now();
  const hashes = await log.inclusionProof(leafIndex, treeSize);
  times.push(performance.now() - start);
  bytes = Math.max(bytes, lengthOf(hashes));
  consistencyBytes = Math.max(consistencyBytes, lengthOf(await log.consistencyProof(leafIndex, treeSize)));
  if (index % 100 === 0) await assertProves(leafIndex, hashes);
}
times.sort((a, b) => a - b);
const proofMs = times[PROOFS_COUNT / 2] ?? Number.NaN;
const proofHighMs = times[Math.floor(PROOFS_COUNT * 0.99)] ?? Number.NaN;
const memoryMib = statusMib('VmHWM') - atRestMib;
await log.close();
process.stdout.write(
  `${JSON.stringify({ treeSize, openMs, proofMs, proofHighMs, bytes, consistencyBytes, memoryMib })}\n`,
);

function lengthOf(hashes: readonly Uint8Array[]): number {
  return hashes.reduce((sum, hash) => sum + hash.length, 0);
}

async function assertProves(leafIndex: number, proof: readonly Uint8Array[]): Promise<void> {
  for await (const { leaf } of log.read(leafIndex, 1)) {
    verifyInclusion({ leafIndex, treeSize, leafHash: leafHash(leaf), rootHash, proof });
  }
}

function statusMib(field: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / KIB_PER_MIB;
}
