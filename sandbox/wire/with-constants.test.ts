import { DuckDBInstance, UBIGINT } from 'duckdb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withConstants } from './with-constants.ts';

const engine = await (await DuckDBInstance.create(':memory:')).connect();

test('puts whole numbers in place of parameters, and leaves texts and names as they are', () => {
  expect(withConstants(`SELECT "$1", '$2', 'it''s $1', $1, $2 FROM "a "" $2"`, [7n, 8n])).toBe(
    `SELECT "$1", '$2', 'it''s $1', CAST('7' AS BIGINT), CAST('8' AS BIGINT) FROM "a "" $2"`,
  );
});

test('tells the eleventh parameter from the first', () => {
  const parameters = Array.from({ length: 11 }, (_, index) => BigInt(index));
  expect(withConstants('SELECT $11', parameters)).toBe("SELECT CAST('10' AS BIGINT)");
});

test('refuses a parameter that is not there', () => {
  expect(() => withConstants('SELECT $2', [1n])).toThrow('$2');
});

test('hashes a constant as the engine hashes a parameter, so that whoever was kept is kept', async () => {
  const salts = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
  await fc.assert(
    fc.asyncProperty(salts, fc.string({ unit: 'grapheme' }), async (salt, text) => {
      const quoted = `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`;
      const sql = `SELECT hash(5::UBIGINT, ${quoted}, $1)`;
      const prepared = await engine.prepare(sql);
      if (salt >= 2n ** 63n) prepared.bind([salt], [UBIGINT]);
      else prepared.bindBigInt(1, salt);
      const bound = (await (await prepared.run()).getRows())[0];
      const constant = await (await engine.run(withConstants(sql, [salt]))).getRows();
      expect(constant[0]).toEqual(bound);
    }),
  );
});
