import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatedField } from './repeated-field.ts';

describe('a document', () => {
  it.each([
    ['{"sql": "select 1", "x": [1], "sql": "select 2"}', 'sql'],
    ['{"a": [{"b": 1, "\\u0062": 2}]}', 'b'],
    ['{"a": "\\"}", "c": {}, "a" : 1}', 'a'],
  ])('names the field that stands twice in %s', (json, name) => {
    expect(repeatedField(json)).toBe(name);
  });

  it('has none where every object has each field once, whatever its texts are', () => {
    fc.assert(fc.property(fc.json(), (json) => repeatedField(JSON.stringify(JSON.parse(json))) === null));
  });
});
