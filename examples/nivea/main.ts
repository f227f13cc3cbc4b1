// `npm run example:nivea`: eight audiences with a shop front each, an experiment inside each, and its effect back, in one
// command. `--json` ends it with one line in numbers.
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { narrateTo } from './narrator.ts';
import { tellStory } from './tell-story.ts';

// Large enough that the smallest planted effect shows; fewer are for trying out.
const USUAL_SHOPPERS = 80_000;
const MIN_SHOPPERS = 6_000;
const USUAL_SEED = 1911; // the year in which the cream was first sold
// What a shell reports for a program that was interrupted.
const EXIT_BY_SIGNAL = 130;

const usage = `usage: npm run example:nivea -- [--people N] [--seed N] [--plot FILE] [--json] [--keep]
  --people N   shoppers of the made-up market, ${MIN_SHOPPERS} or more (${USUAL_SHOPPERS})
  --seed N     the made-up market follows from it (${USUAL_SEED})
  --plot FILE  where the plot goes, SVG (nivea-uplift.svg in the working directory)
  --json       print the story in numbers, one JSON object, as the last line
  --keep       leave the temporary directory with data and logs`;

process.exitCode = await run();

async function run(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`);
    return 2;
  }
  const directory = mkdtempSync(join(tmpdir(), 'galley-nivea-'));
  // A story that is broken off leaves nothing behind: neither the made-up people nor a running service.
  process.on('exit', () => {
    if (!options.keep) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(EXIT_BY_SIGNAL));
  try {
    const told = await tellStory({ ...options, directory }, narrateTo(process.stdout));
    process.stdout.write(
      options.keep ? `\nEverything is stopped; ${directory} is kept.\n` : '\nEverything is swept.\n',
    );
    if (options.json) process.stdout.write(`${JSON.stringify(told)}\n`);
    return told.lost === 0 && told.duplicates === 0 ? 0 : 1;
  } catch (cause) {
    process.stderr.write(`\nthe story broke off: ${reasonOf(cause)}\n`);
    return 1;
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        people: { type: 'string', default: String(USUAL_SHOPPERS) },
        seed: { type: 'string', default: String(USUAL_SEED) },
        plot: { type: 'string', default: 'nivea-uplift.svg' },
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
      },
    });
    const [people, seed] = [Number(values.people), Number(values.seed)];
    if (!Number.isSafeInteger(people) || people < MIN_SHOPPERS || !Number.isSafeInteger(seed)) return usage;
    const folder = dirname(resolve(values.plot));
    // Told now, and not after minutes when there is something to draw.
    if (!isWritable(folder)) return `the plot cannot be written to \`${folder}\`; name another place with \`--plot\``;
    return { ...values, people, seed };
  } catch {
    return usage;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // A command that failed has said why on its error stream.
  return 'stderr' in cause && cause.stderr !== '' ? String(cause.stderr).trim() : cause.message;
}
