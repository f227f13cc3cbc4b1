import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOfSources } from './digest-of-sources.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'galley-sources-'));
  mkdirSync(join(directory, 'check', 'testdata'), { recursive: true });
  writeFileSync(join(directory, 'index.ts'), 'export {};\n');
  writeFileSync(join(directory, 'check', 'rule.ts'), 'export const rule = 1;\n');
});

afterAll(() => rmSync(directory, { recursive: true }));

describe('the digest of sources', () => {
  it('is the one that stock tools compute over the rules of this checkout', async () => {
    const policies = resolve(import.meta.dirname, '../policies');
    const command =
      "find . -name '*.ts' ! -name '*.test.ts' ! -path '*/testdata/*' | sed 's|^./||' | LC_ALL=C sort | xargs sha256sum | sha256sum";
    const printed = execFileSync('sh', ['-c', command], { cwd: policies, encoding: 'utf8' });
    expect(printed).toBe(`${await digestOfSources(policies)}  -\n`);
  });

  it('changes with every byte, name and file that decides, and with nothing else', async () => {
    const before = await digestOfSources(directory);
    writeFileSync(join(directory, 'check', 'rule.test.ts'), 'test\n');
    writeFileSync(join(directory, 'check', 'testdata', 'people.ts'), 'people\n');
    writeFileSync(join(directory, 'README.md'), 'words\n');
    expect(await digestOfSources(directory)).toBe(before);
    writeFileSync(join(directory, 'check', 'other.ts'), '');
    const withOther = await digestOfSources(directory);
    writeFileSync(join(directory, 'check', 'other.ts'), ' ');
    const seen = [before, withOther, await digestOfSources(directory)];
    expect(new Set(seen).size).toBe(3);
  });
});
