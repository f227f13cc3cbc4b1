import { buildProgram, reportFailure } from './commands/index.ts';

const program = buildProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, program.opts().json === true);
}
