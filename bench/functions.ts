// `node bench/functions.ts`: what a row costs in a scoring function, beside the same model written in SQL, behind the
// same wall.
import { openWall, type ScoringFunction, type Wall } from '../sandbox/index.ts';
import { compare } from './compare.ts';

const ROUNDS = 7;
const CALL = 'galley_f0(a, b, c)';
const LIMITS = { deadlineMs: 120_000 };

const regression = functionOf(`
  const weights = [0.3, -0.2, 0.1];
  export default function score(recency, spend, visits) {
    const z = weights[0] * recency + weights[1] * spend + weights[2] * visits - 1.5;
    return 1 / (1 + Math.exp(-z));
  }`);
const REGRESSION_SQL = 'cast(1 / (1 + exp(-(0.3 * a - 0.2 * b + 0.1 * c - 1.5))) as decimal(18, 3))';

/** The regression without its last step, which WebAssembly has no instruction for. */
const LINEAR_SQL = 'cast(0.3 * a - 0.2 * b + 0.1 * c as decimal(18, 3))';
const linearModule: ScoringFunction = {
  ...regression,
  language: 'wasm',
  // (func (export "score") (param f64 f64 f64) (result f64) …), as an assembler writes it.
  code: Buffer.from(
    'AGFzbQEAAAABCAFgA3x8fAF8AwIBAAcJAQVzY29yZQAACioBKAAgAEQzMzMzMzPTP6IgAUSamZmZmZnJv6KgIAJEmpmZmZmZuT+ioAs=',
    'base64',
  ),
};
const linear = functionOf('const score = (recency, spend, visits) => 0.3 * recency - 0.2 * spend + 0.1 * visits;');

/** A hundred trees, four levels deep each, over three features. */
const TREES = 100;
const forest = functionOf(`
  const splits = [${Array.from({ length: TREES * 15 }, (_, i) => (i * 37) % 100)}];
  const leaves = [${Array.from({ length: TREES * 16 }, (_, i) => ((i * 53) % 100) / 1000)}];
  export default function score(recency, spend, visits) {
    const features = [recency, spend, visits];
    let sum = 0;
    for (let tree = 0; tree < ${TREES}; tree++) {
      let node = 0;
      for (let level = 0; level < 4; level++) {
        node = node * 2 + (features[(node + tree) % 3] < splits[tree * 15 + node] ? 1 : 2);
      }
      sum += leaves[tree * 16 + node - 15];
    }
    return sum;
  }`);

await using wall = await openWallForBench();
// So many rows that starting a worker and compiling are a small part of each job.
await show('logistic regression of 3 features, in JavaScript', 2_000_000, [regression], REGRESSION_SQL, []);
await show('linear model of 3 features, in JavaScript', 2_000_000, [linear], LINEAR_SQL, []);
await show('linear model of 3 features, in WebAssembly', 2_000_000, [linearModule], LINEAR_SQL, []);
await show(`${TREES} trees of 4 levels, beside that regression, both in JavaScript`, 100_000, [forest], CALL, [
  regression,
]);

async function show(
  name: string,
  rows: number,
  functions: ScoringFunction[],
  baseline: string,
  baselineFunctions: ScoringFunction[],
): Promise<void> {
  const figure = await compare({
    name,
    baseline,
    roundCount: ROUNDS,
    run: () => score(wall, rows, CALL, functions),
    against: () => score(wall, rows, baseline, baselineFunctions),
  });
  const spread = `${figure.low.toFixed(2)} to ${figure.high.toFixed(2)}`;
  process.stdout.write(`${name}\n  ${figure.ratio.toFixed(2)} x (${spread}) of ${baseline}\n`);
}

// Rows are made by the engine: loading them would hide what scoring them costs.
async function score(wall: Wall, rowCount: number, expression: string, functions: ScoringFunction[]): Promise<void> {
  const features = [7, 8, 9].map((factor, index) => `cast(i * ${factor} % 101 as double) as ${'abc'[index]}`);
  const rows = `select ${features.join(', ')} from range(${rowCount}) numbers(i)`;
  await wall.run(
    {
      tables: [],
      functions,
      sql: `select cast(sum(${expression}) * 1000 as bigint) from (${rows})`,
      parameters: [],
      resultColumns: [{ name: 'sum', kind: 'integer' }],
      maxRows: 1,
    },
    LIMITS,
  );
}

function functionOf(source: string): ScoringFunction {
  return {
    name: 'galley_f0',
    language: 'javascript',
    code: new TextEncoder().encode(source),
    parameters: ['recency', 'spend', 'visits'].map((name) => ({ name, kind: 'number', values: null })),
    returns: { kind: 'number', scale: 3, min: -1_000_000n, max: 1_000_000n },
  };
}

async function openWallForBench(): Promise<Wall & AsyncDisposable> {
  const opened = await openWall({ spareCount: 1 });
  return { ...opened, [Symbol.asyncDispose]: () => opened.close() };
}
