import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { isServiceError, readRefusal } from '../refusal.ts';
import { renderRefusal } from '../render/index.ts';
import { doubleElevenStory } from './double-eleven/index.ts';
import { hillstromStory } from './hillstrom/index.ts';
import { narrateTo } from './narrator.ts';
import { tellStory } from './tell-story.ts';

// The size of market the story is written for; fewer are for trying out.
const defaultPeople = 200_000;
const minPeople = 20_000;
const defaultSeed = 11;
// What a shell reports for a program that was interrupted.
const exitBySignal = 130;

interface DemoOptions {
  readonly hillstrom?: string;
  readonly json?: boolean;
  readonly keep?: boolean;
  readonly people: number;
  readonly seed: number;
}

const program = new Command('demo')
  .description('tells the whole story: data in, a question, a protected answer, a refusal, an audience, an audit')
  .option('--hillstrom <dir>', 'tell it on the Hillstrom files in this directory instead of made-up data')
  .option('--people <number>', 'people of the made-up market', wholeFrom(minPeople), defaultPeople)
  .option('--seed <number>', 'the made-up data follows from it', wholeFrom(0), defaultSeed)
  .option('--json', 'print the story in numbers, one JSON object, as the last line')
  .option('--keep', 'leave the temporary directory with data and logs')
  .action(run);

await program.parseAsync();

async function run({ hillstrom, people, seed, json, keep }: DemoOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'galley-demo-'));
  // A story that is broken off leaves nothing behind: neither a million rows nor a running service.
  process.on('exit', () => {
    if (keep !== true) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(exitBySignal));
  const story = hillstrom === undefined ? doubleElevenStory({ people, seed }, directory) : hillstromStory(hillstrom);
  try {
    const told = await tellStory(story, directory, narrateTo(process.stdout));
    process.stdout.write(
      keep ? `\nEverything is stopped; ${directory} is kept.\n` : '\nEverything is stopped and swept away.\n',
    );
    if (json) process.stdout.write(`${JSON.stringify(told)}\n`);
  } catch (error) {
    process.stderr.write(`\nthe story broke off: ${reasonOf(error)}\n`);
    process.exitCode = 1;
  }
}

function reasonOf(error: unknown): string {
  if (isServiceError(error)) return renderRefusal(readRefusal(error));
  return error instanceof Error ? error.message : String(error);
}

function wholeFrom(minimum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < minimum)
      throw new InvalidArgumentError(`it must be a whole number from ${minimum}`);
    return number;
  };
}
