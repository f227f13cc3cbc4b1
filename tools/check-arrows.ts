// Checks the arrows of the house: `.dependency-cruiser.mjs` holds the rules. dependency-cruiser sees nothing, and says
// all is well, when it finds no TypeScript it can use; so this counts what it saw.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, runCommand } from './run-command.ts';

const folders = [
  'proto',
  'policies',
  'sandbox',
  'audit',
  'api',
  'cli',
  'console',
  'examples',
  'test',
  'bench',
  'tools',
];

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly Violation[];
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string; readonly comment?: string }[] };
  };
}

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string; readonly severity: string };
  readonly cycle?: readonly { readonly name: string }[];
}

const present = folders.filter((folder) => existsSync(join(root, folder)));
const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...present];
const { stdout, output } = await runCommand('depcruise', args);
const cruise = parse(stdout, output);
const seen = new Set(cruise.modules.map((module) => module.source));
const unseen = present.flatMap(sourcesOf).filter((path) => !seen.has(path));

for (const violation of cruise.summary.violations) process.stdout.write(`${describeViolation(violation)}\n`);
for (const path of unseen) process.stdout.write(`not seen by dependency-cruiser: ${path}\n`);
process.stdout.write(`${seen.size} modules cruised, ${cruise.summary.violations.length} arrows against the rules\n`);
process.exitCode = seen.size > 0 && unseen.length === 0 && cruise.summary.violations.length === 0 ? 0 : 1;

function parse(text: string, fallback: string): Cruise {
  try {
    return JSON.parse(text) as Cruise;
  } catch {
    process.stderr.write(fallback);
    throw new Error('dependency-cruiser did not answer with JSON');
  }
}

function describeViolation({ rule, from, to, cycle }: Violation): string {
  const path = cycle === undefined ? to : cycle.map((step) => step.name).join(' -> ');
  const promise = cruise.summary.ruleSetUsed.forbidden.find(({ name }) => name === rule.name)?.comment ?? '';
  return `${rule.name}: ${from} -> ${path}\n    ${promise}`;
}

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.includes('/node_modules/'));
}
