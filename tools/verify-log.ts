// `npm run verify:log`: cuts the power of the log, tampers with it in every way, decides its whole history again, and
// searches everything that the service wrote for planted markers; the last line is one of JSON. A short run takes some
// minutes on two cores; `--long` is the campaign of hundreds of kills.
import { isHolding, logLastLineOf, logVerdictOf } from './verify/log-verdict.ts';
import { runTalliedTests } from './verify/run-tallied-tests.ts';

const { tallied, failedTests } = await runTalliedTests({
  name: 'verify-log',
  title: 'the log',
  // Libraries that we did not write read the same log: their Go fetches its packages, which only this task may wait for.
  pattern: 'test/{proof/log/*,outside/stock-log}.test.ts',
  flag: 'GALLEY_VERIFY_LOG',
});
const verdict = logVerdictOf(tallied, failedTests);
process.exitCode = isHolding(verdict) ? 0 : 1;
for (const complaint of verdict.complaints) process.stdout.write(`  ${complaint}\n`);
process.stdout.write(`${logLastLineOf(verdict)}\n`);
