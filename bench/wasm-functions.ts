// `node bench/wasm-functions.ts`: what it costs that a WebAssembly scoring function is charged for what it does and
// remembers nothing, against the same module as it was submitted. In this process, without the wall: only the module
// differs.
import { chargeModule } from '../sandbox/worker/functions/wasm/charge-module.ts';
import { CHARGED_EXPORTS } from '../sandbox/worker/functions/wasm/charged-module.ts';
import { decodeModule } from '../sandbox/worker/functions/wasm/decode-module.ts';
import { instantiate } from '../sandbox/worker/functions/wasm/host-compiler.ts';
import { FUEL_PER_CALL_UNITS } from '../sandbox/worker/functions/wasm/limits.ts';
import { assemble, type WrittenModule } from '../sandbox/worker/functions/wasm/testkit/assemble.ts';
import { compare } from './compare.ts';

const TREES = 500;
const DEPTH = 6;
const NODES = 2 ** DEPTH - 1;
const LEAVES = 2 ** DEPTH;
const FEATURES = 4;
const NODE_BYTES = 16; // a threshold and the place of a feature
const LEAF_BYTES = 8;
const ROUNDS = 12;

// Made-up models, the same at each run (Numerical Recipes' linear congruential generator).
let state = 1;
function draw(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

function branches(depth: number): string {
  if (depth === 0) return `f64.const ${draw() - 0.5}`;
  const test = `local.get ${Math.floor(draw() * FEATURES)} f64.const ${draw()} f64.gt`;
  return `${test} if >F ${branches(depth - 1)} else ${branches(depth - 1)} end`;
}

function forestOfBranches(): WrittenModule {
  const trees = Array.from({ length: TREES }, () => ({ type: 'FFFF>F', code: branches(DEPTH) }));
  const calls = trees.map((_, tree) => `local.get 0 local.get 1 local.get 2 local.get 3 call ${tree} f64.add`);
  return { functions: [...trees, { type: 'FFFF>F', code: `f64.const 0 ${calls.join(' ')}`, exported: 'score' }] };
}

// The features stand at 0, then the nodes of all trees, then their leaves.
function forestInMemory(): WrittenModule {
  const nodesAt = FEATURES * 8;
  const leavesAt = nodesAt + TREES * NODES * NODE_BYTES;
  const bytes = new Uint8Array(TREES * (NODES * NODE_BYTES + LEAVES * LEAF_BYTES));
  const view = new DataView(bytes.buffer);
  for (let node = 0; node < TREES * NODES; node += 1) {
    view.setFloat64(node * NODE_BYTES, draw(), true);
    view.setInt32(node * NODE_BYTES + 8, Math.floor(draw() * FEATURES) * 8, true);
  }
  for (let leaf = 0; leaf < TREES * LEAVES; leaf += 1) {
    view.setFloat64(leavesAt - nodesAt + leaf * LEAF_BYTES, draw() - 0.5, true);
  }
  const [tree, node, at, sum] = [4, 5, 6, 7];
  const features = [0, 1, 2, 3].map((place) => `i32.const ${place * 8} local.get ${place} f64.store`).join(' ');
  const walk = `i32.const 0 local.set ${node} loop
    local.get ${tree} i32.const ${NODES} i32.mul local.get ${node} i32.add i32.const ${NODE_BYTES} i32.mul local.tee ${at}
    i32.load offset=${nodesAt + 8} f64.load local.get ${at} f64.load offset=${nodesAt} f64.gt
    local.get ${node} i32.const 1 i32.shl i32.const 1 i32.add i32.add local.tee ${node}
    i32.const ${NODES} i32.lt_u br_if 0 end`;
  const add = `local.get ${tree} i32.const ${LEAVES} i32.mul local.get ${node} i32.const ${NODES} i32.sub i32.add
    i32.const ${LEAF_BYTES} i32.mul f64.load offset=${leavesAt} local.get ${sum} f64.add local.set ${sum}`;
  const next = `local.get ${tree} i32.const 1 i32.add local.tee ${tree} i32.const ${TREES} i32.lt_u br_if 0`;
  const code = `${features} loop ${walk} ${add} ${next} end local.get ${sum}`;
  return {
    memory: [13],
    data: [{ at: nodesAt, bytes: [...bytes] }],
    functions: [{ type: 'FFFF>F', locals: 'iiiF', code, exported: 'score' }],
  };
}

// 1 / (1 + exp(-z)), with the exponential as (1 - z / 1024) to the power of 1024.
function logisticRegression(): WrittenModule {
  const square = 'local.set 4 local.get 4 local.get 4 f64.mul ';
  const code = `local.get 0 f64.const 0.3 f64.mul local.get 1 f64.const -0.2 f64.mul f64.add local.get 2 f64.const 1.3 f64.mul
    f64.add local.get 3 f64.const 0.7 f64.mul f64.add local.set 4 f64.const 1
    f64.const 1 local.get 4 f64.const 0.0009765625 f64.mul f64.sub ${square.repeat(10)} f64.const 1 f64.add f64.div`;
  return { functions: [{ type: 'FFFF>F', locals: 'F', code, exported: 'score' }] };
}

// The worst there is: nothing but stores.
function stores(): WrittenModule {
  const code = `loop local.get 4 local.get 0 f64.store offset=1000000 local.get 4 i32.const 8 i32.add local.tee 4
    i32.const 4000 i32.lt_u br_if 0 end f64.const 1`;
  return { memory: [17], functions: [{ type: 'FFFF>F', locals: 'i', code, exported: 'score' }] };
}

type Score = (...features: number[]) => number;

async function show(name: string, written: WrittenModule, rowCount: number): Promise<void> {
  const code = Uint8Array.from(assemble(written));
  const module = decodeModule(code);
  const charged = instantiate(chargeModule(module, module.exports[0]?.index ?? 0));
  charged.call(CHARGED_EXPORTS.prepare);
  const [run, against] = [charged, instantiate(code)].map((running) => running.exported('score') as Score);
  const rows = async (score: Score | undefined): Promise<void> => {
    for (let row = 0; row < rowCount; row += 1)
      score?.((row % 97) / 97, (row % 89) / 89, (row % 83) / 83, (row % 79) / 79);
  };
  const figure = await compare({
    name,
    baseline: 'the module as submitted',
    run: () => rows(run),
    against: () => rows(against),
    roundCount: ROUNDS,
  });
  const used = FUEL_PER_CALL_UNITS - Number((charged.exported(CHARGED_EXPORTS.fuel) as { value: number }).value);
  const [ratio, low, high] = [figure.ratio, figure.low, figure.high].map((value) => value.toFixed(2));
  const share = ((100 * used) / FUEL_PER_CALL_UNITS).toFixed(2);
  const thousands = (rowCount / figure.medianMs).toFixed(0);
  console.log(
    `${name}: ${ratio} (${low} to ${high}); fuel ${used}, ${share} % of a call's; ${thousands} thousand rows/s here`,
  );
}

console.log('time of the charged module as a ratio to the module as submitted');
await show('logistic regression', logisticRegression(), 200_000);
await show(`forest of ${TREES} trees as branches`, forestOfBranches(), 4_000);
await show(`forest of ${TREES} trees in memory`, forestInMemory(), 4_000);
await show('five hundred stores', stores(), 40_000);
