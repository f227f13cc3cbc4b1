import { describe, expect, it } from 'vitest';
import { placeOf } from './source-place.ts';

const offsetOf = (sql: string, found: string): number => Buffer.byteLength(sql.slice(0, sql.indexOf(found)));

describe('a place in the SQL', () => {
  it.each([
    ['select zip from t', 'zip', 1, 8, 3],
    ["select '上海', zip from t", 'zip', 1, 14, 3],
    ["select '😀', zip from t", 'zip', 1, 13, 3],
    ["select 'é', zip from t", 'zip', 1, 13, 3],
    ["select '上海',\n  '北京',\r\n\t城市 from t", '城市', 3, 2, 2],
    ['select "odd name" . zip from t', '"odd name"', 1, 8, 16],
    ['select a.b.c + 1 from t', 'a.b.c', 1, 8, 5],
    ['select 1 + 2 from t', '+ 2', 1, 10, 0],
    ['\uFEFFselect zip from t', 'zip', 1, 9, 3],
  ])('counts characters as a person does: %j', (sql, found, line, column, length) => {
    expect(placeOf(sql, offsetOf(sql, found))).toEqual({ line, column, length });
  });

  it('is the beginning where there is none, and the end where the text is over', () => {
    expect(placeOf('select 1', null)).toEqual({ line: 1, column: 1, length: 0 });
    expect(placeOf('select 1', 999)).toEqual({ line: 1, column: 9, length: 0 });
  });
});
