import type { FunctionParameter, FunctionView, PrintedFunction } from '../../policies/index.ts';
import { engineLife, runSql } from './engine.ts';

const parameter = (name: string, kind: FunctionParameter['kind']): FunctionParameter => ({ name, kind, values: null });

/** A scoring function with the SQL that stands for its code in the test engine. */
interface TestFunction {
  readonly view: FunctionView;
  /** Total, as the wall makes all code, and held to nothing that is declared: what holds it is what is tested. */
  readonly body: string;
}

function testFunction(name: string, view: Pick<FunctionView, 'parameters' | 'returns'>, body: string): TestFunction {
  return { view: { member: 'isv', name, digest: `digest-of-${name}`, ...view }, body };
}

const FUNCTIONS: readonly TestFunction[] = [
  testFunction(
    'churn',
    {
      parameters: [parameter('visits', 'integer'), parameter('spend', 'number')],
      returns: { kind: 'number', scale: 2, min: 0n, max: 100n },
    },
    'spend / 100 - visits % 5 / 10',
  ),
  testFunction(
    'risk',
    { parameters: [parameter('x', 'number')], returns: { kind: 'number', scale: 2, min: -300n, max: 450n } },
    'x * 1.5 - 2',
  ),
  testFunction(
    'steps',
    { parameters: [parameter('n', 'integer')], returns: { kind: 'number', scale: 0, min: 0n, max: 6n } },
    'n % 11',
  ),
  testFunction(
    'tier',
    { parameters: [parameter('t', 'text')], returns: { kind: 'label', labels: ['low', 'high', 'a'] } },
    // Whatever is no label of its own it hands on: the text of a person, if anybody took it.
    "CASE WHEN t = 'b' THEN 'low' WHEN t = 'c' THEN 'high' ELSE t END",
  ),
  testFunction(
    'season',
    { parameters: [parameter('d', 'date')], returns: { kind: 'number', scale: 0, min: 1n, max: 3n } },
    'quarter(d)',
  ),
];

/** The scoring functions of a service provider, `isv`, that test questions may call. */
export const scoringFunctions: readonly FunctionView[] = FUNCTIONS.map((f) => f.view);

/** Rules that permit them, beside all functions of ours. */
export const SCORES_PERMITTED = ['standard', 'isv/*'];

let loading: { readonly life: number; readonly done: Promise<void> } | undefined;

/** Makes the test engine know the functions: as code that keeps to nothing, and under their SQL names as they are meant. */
export function loadScores(): Promise<void> {
  const life = engineLife();
  if (loading?.life !== life) loading = { life, done: createMacros() };
  return loading.done;
}

async function createMacros(): Promise<void> {
  await runSql('CREATE SCHEMA IF NOT EXISTS isv');
  for (const { view, body } of FUNCTIONS) {
    const { name, returns } = view;
    const names = view.parameters.map((p) => p.name).join(', ');
    await runSql(`CREATE OR REPLACE MACRO ${macroOf(view.digest)}(${names}) AS ${body}`);
    const cast = view.parameters.map((p) => `TRY_CAST(${p.name} AS ${CASTS[p.kind]})`).join(', ');
    await runSql(
      `CREATE OR REPLACE MACRO isv.${name}(${names}) AS ${meant(`${macroOf(view.digest)}(${cast})`, returns)}`,
    );
  }
}

const CASTS = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  text: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
};

/** What a declared result is, written another way than it is printed. */
function meant(call: string, returns: FunctionView['returns']): string {
  if (returns.kind === 'label') {
    const labels = returns.labels.map((label) => `'${label}'`).join(', ');
    return `CASE WHEN ${call} IN (${labels}) THEN ${call} END`;
  }
  const [low, high] = [returns.min, returns.max].map((end) => Number(end) / 10 ** returns.scale);
  const value = `TRY_CAST(${call} AS DECIMAL(18, ${returns.scale}))`;
  return `CASE WHEN ${value} < ${low} THEN ${low} WHEN ${value} > ${high} THEN ${high} ELSE ${value} END`;
}

function macroOf(digest: string): string {
  return `macro_${digest.replaceAll('-', '_')}`;
}

/** A printed query as the test engine runs it: each scoring function by the name of its macro. */
export function runnable({
  sql,
  functions,
}: {
  readonly sql: string;
  readonly functions: readonly PrintedFunction[];
}): string {
  return functions.reduce((text, { name, digest }) => text.replaceAll(`${name}(`, `${macroOf(digest)}(`), sql);
}
