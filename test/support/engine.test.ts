import { describe, expect, it } from 'vitest';
import { parseSql, runSql } from './engine.ts';

describe('the test engine', () => {
  it('answers in the order it was asked, with whole numbers to the last digit', async () => {
    const answers = await Promise.all([
      runSql('create table counted as select 9007199254740993::bigint as n'),
      runSql('select n + $1::bigint from counted', [2n]),
      runSql("select n, null, true, 1.5::double, date '2024-02-29' from counted"),
    ]);
    expect(answers[1]).toEqual([[9_007_199_254_740_995n]]);
    expect(answers[2]).toEqual([[9_007_199_254_740_993n, null, true, 1.5, '2024-02-29']]);
  });

  it('tells its reader what the engine says, and goes on', async () => {
    await expect(runSql('select * from nowhere')).rejects.toThrow(/nowhere/);
    expect(await runSql('select 1')).toEqual([[1]]);
  });

  it('points at where a text stops being SQL in bytes, whatever is before', async () => {
    const sql = "select '上海' from where";
    expect(await parseSql(sql)).toEqual({
      ok: false,
      reason: 'syntax',
      position: Buffer.byteLength("select '上海' from "),
    });
  });
});
