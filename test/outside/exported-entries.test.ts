// Entries that were exported as Parquet, read by a program that we did not write.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Patience } from '../../cli/client/index.ts';
import { exportLog } from '../../cli/export-log.ts';
import { audit } from '../../proto/index.ts';
import { entriesOf } from '../support/service-questions.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree } from '../support/service-table.ts';

const LONG_MS = 120_000;

describe('entries as Parquet', () => {
  it('are read by pyarrow, with their types and lists', { timeout: LONG_MS }, async () => {
    const python = process.env.GALLEY_PEERS_PYTHON;
    if (python === undefined) throw new Error('set GALLEY_PEERS_PYTHON, or run `npm test -- test/outside`');
    await using stage = await ServiceStage.open();
    await agree(stage);
    const entries = await entriesOf(stage);
    const to = join(stage.directory, 'entries.parquet');
    const order = { format: audit.ExportFormat.PARQUET, filter: {}, to, fromIndex: 0, untilIndex: entries.length };
    await exportLog(stage.as('auditor'), order, { patience: new Patience(LONG_MS), onProgress: () => {} });
    const script = new URL('./read_entries.py', import.meta.url).pathname;
    const { schema, rows } = JSON.parse((await promisify(execFile)(python, [script, to])).stdout);
    expect(schema).toMatchObject({
      leaf_index: 'int64',
      at: expect.stringMatching(/^timestamp\[ms/u),
      rho: 'double',
      rules: expect.stringMatching(/^list<.*string/u),
      leaf: 'string',
    });
    const read = rows.map(
      ({ leaf_index: leafIndex, kind, leaf }: { leaf_index: number; kind: string; leaf: string }) => {
        return { ...JSON.parse(leaf), leafIndex, kind };
      },
    );
    expect(read).toEqual(entries);
  });
});
