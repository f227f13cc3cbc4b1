// `npm run verify:ingest`: kills the service while members bring data, fills its disk, and looks at what is left; the last
// line is one of JSON. A short run takes some minutes on two cores; `--long` is the campaign of hundreds of kills.
import { ingestLastLineOf, ingestVerdictOf, isHolding } from './verify/ingest-verdict.ts';
import { runTalliedTests } from './verify/run-tallied-tests.ts';

const { tallied, failedTests } = await runTalliedTests({
  name: 'verify-ingest',
  title: 'data in',
  pattern: 'test/proof/ingest/*.test.ts',
  flag: 'GALLEY_VERIFY_INGEST',
});
const verdict = ingestVerdictOf(tallied, failedTests);
process.exitCode = isHolding(verdict) ? 0 : 1;
process.stdout.write(`${ingestLastLineOf(verdict)}\n`);
