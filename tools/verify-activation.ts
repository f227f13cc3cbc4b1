// `npm run verify:activation`: kills service, strategy engine and broker while audiences are published, refreshed and
// revoked, and compares what the destinations hold with who should be in; the last line is one of JSON. A short run takes
// some minutes on two cores; `--long` is the campaign of hundreds of kills.
import { activationLastLineOf, activationVerdictOf, isHolding } from './verify/activation-verdict.ts';
import { runTalliedTests } from './verify/run-tallied-tests.ts';

const { tallied, failedTests } = await runTalliedTests({
  name: 'verify-activation',
  title: 'activation',
  pattern: 'test/proof/activation/*.test.ts',
  flag: 'GALLEY_VERIFY_ACTIVATION',
});
const verdict = activationVerdictOf(tallied, failedTests);
process.exitCode = isHolding(verdict) ? 0 : 1;
process.stdout.write(`${activationLastLineOf(verdict)}\n`);
