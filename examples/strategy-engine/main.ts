import { openEngine } from './engine.ts';
import { type EngineOptions, parseEngineOptions } from './engine-options.ts';

async function run(options: EngineOptions): Promise<void> {
  const engine = await openEngine(options);
  process.stdout.write(`${JSON.stringify(engine.addresses)}\n`);

  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    void engine.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.on('SIGHUP', () => {
    try {
      engine.reload();
      process.stderr.write('the strategies were read again\n');
    } catch (error) {
      process.stderr.write(`the strategies stay as they were: ${textOf(error)}\n`);
    }
  });
  // Without its store an engine would decide by what is no longer true.
  void engine.failed.then(() => {
    if (isStopping) return;
    process.stderr.write('the store cannot be written; the engine ends\n');
    process.exit(1);
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  await run(parseEngineOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${textOf(error)}\n`);
  process.exit(2);
}
