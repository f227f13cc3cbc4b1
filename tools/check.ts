// `npm run check`: everything that must hold before a change lands, in the order of what fails fastest. Every step runs
// even when one fails, because a contributor wants the whole list. `--no-tests` leaves the tests out.
import { performance } from 'node:perf_hooks';
import { runCommand } from './run-command.ts';

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface StepEnd {
  readonly name: string;
  readonly seconds: number;
  readonly isGood: boolean;
}

const staticSteps: readonly Step[] = [
  { name: 'format and lint', command: 'biome', args: ['check', '--error-on-warnings', '.'] },
  { name: 'types', command: 'tsc', args: ['--noEmit', '-p', 'tsconfig.json'] },
  { name: 'arrows', command: 'node', args: ['tools/check-arrows.ts'] },
  { name: 'dead code', command: 'knip', args: ['--no-progress'] },
  { name: 'contract: lint', command: 'buf', args: ['lint'] },
  { name: 'contract: breaking', command: 'buf', args: ['breaking', '--against', 'proto/baseline.binpb'] },
  { name: 'contract: generated', command: 'node', args: ['tools/generate.ts', '--check'] },
];
const testStep: Step = { name: 'tests', command: 'node', args: ['tools/run-tests.ts'] };

const steps = process.argv.includes('--no-tests') ? staticSteps : [...staticSteps, testStep];
const ends: StepEnd[] = [];
for (const step of steps) ends.push(await take(step));
process.stdout.write(`\n${table(ends)}\n`);
process.exitCode = ends.every((end) => end.isGood) ? 0 : 1;

async function take({ name, command, args }: Step): Promise<StepEnd> {
  process.stdout.write(`${name} …\n`);
  const start = performance.now();
  const { code, output } = await runCommand(command, args);
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
  return { name, seconds: (performance.now() - start) / 1000, isGood: code === 0 };
}

function table(rows: readonly StepEnd[]): string {
  const width = Math.max(...rows.map((row) => row.name.length));
  const line = ({ name, seconds, isGood }: StepEnd): string =>
    `${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${isGood ? 'ok' : 'FAILED'}`;
  return rows.map(line).join('\n');
}
