import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSql } from '../../test/support/engine.ts';
import { StrangeEngine } from '../../test/support/service-strange-engine.ts';
import { timed } from '../measure/timed.ts';
import { type BenchRow, rowOfNumbers } from '../rows/bench-row.ts';
import type { BenchStage } from './bench-stage.ts';

import { publishAudience } from './publish-audience.ts';

const MS_OF_A_SECOND = 1_000;
const MILLION = 1_000_000;

/** Publishes an audience to a destination that answers at once, beside the engine's own copy of its members to a file. */
export async function audienceRow({ stage }: BenchStage, members: number): Promise<BenchRow> {
  await using destination = await StrangeEngine.open({ receipt: 'taken' });
  const directory = mkdtempSync(join(tmpdir(), 'galley-bench-'));
  try {
    const selected = `SELECT sha256('person ' || i) AS person FROM range(${members}) t(i)`;
    await runSql(`CREATE OR REPLACE TABLE members AS ${selected}`);
    const { wallMs } = await timed(() => runSql(`COPY members TO '${join(directory, 'members.csv')}' (FORMAT csv)`));
    const published = await publishAudience(stage, destination, members);
    const perMillionS = published.ms / (members / MILLION) / MS_OF_A_SECOND;
    const named = {
      name: 'audience publication, acceptance to commit at its destination',
      baseline: "the engine's own copy of its members to a file",
      size: members,
      note: `${perMillionS.toFixed(1)} s a million members here; the service grew by ${published.serviceGrowthMib.toFixed(0)} MiB`,
    };
    return rowOfNumbers(named, published.ms, wallMs);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
