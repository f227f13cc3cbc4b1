// What was once written is read for ever. These leaves are those of services of their time, one of each shape that a
// kind had; none of them is ever edited, and every version that is written later adds its own file.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assertSaysWhatItMay } from './entry.ts';
import { parseLeaf } from './leaf.ts';

const lines = readFileSync(new URL('testdata/leaves-of-version-1.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

describe('leaves from before kinds had versions', () => {
  it.each(lines.map((line) => [(JSON.parse(line) as { kind: string }).kind, line]))('of %s are read', (kind, line) => {
    const entry = parseLeaf(Buffer.from(line));
    expect(entry).toMatchObject({ version: 1, kind });
    expect(entry.kindVersion).toBeUndefined();
    expect(() => assertSaysWhatItMay(entry)).not.toThrow();
  });
});
