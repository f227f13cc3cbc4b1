// The page of the guarantee against the code: what it links and quotes exists, and no mechanism is left out of it.
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { textOf } from './tidy/repository.ts';

const PAGE = 'docs/privacy.md';
const page = textOf(PAGE) ?? '';

/** Links of a text to tests, each with the names that are quoted behind it. */
function quotedTests(text: string): readonly { readonly path: string; readonly names: readonly string[] }[] {
  return [...text.matchAll(/\]\(([^)]+\.test\.ts)\)((?:,? "[^"]+")*)/g)].map(([, target = '', quoted = '']) => ({
    path: normalize(join(dirname(PAGE), target)),
    names: [...quoted.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name),
  }));
}

/** The names of a type's members: what stands in quotes behind `kind:`, or alone in a union of names. */
function membersOf(path: string, type: string, pattern: RegExp): readonly string[] {
  const text = textOf(path) ?? '';
  const [, declared = ''] = new RegExp(`export type ${type} =([\\s\\S]*?);\\n\\n`).exec(text) ?? [];
  return [...declared.matchAll(pattern)].map(([, name = '']) => name);
}

const KIND = /\bkind: '([a-z-]+)'/g;
const NAME = /\| '([a-z-]+)'/g;

describe('docs/privacy.md', () => {
  const rows = page.split('\n').filter((line) => /^\|.*\.test\.ts\)/.test(line));

  it('names for each claim a test that there is, in the words of the test', () => {
    expect(rows.length).toBeGreaterThan(30);
    const missing = rows.flatMap((row) => {
      const tests = quotedTests(row);
      if (tests.some(({ names }) => names.length === 0)) return [`no test is named: ${row}`];
      return tests.flatMap(({ path, names }) => {
        const text = textOf(path)?.replaceAll("\\'", "'") ?? '';
        return names.filter((name) => !text.includes(name)).map((name) => `${path}: ${name}`);
      });
    });
    expect(missing, 'Correct the page, or write the test.').toEqual([]);
  });

  it.each([
    ['kind of rows', membersOf('policies/plan/protected-rows.ts', 'RowInput', KIND)],
    ['bounding path', membersOf('policies/plan/contribution.ts', 'BoundingPath', NAME)],
    ['statistic', membersOf('policies/plan/question-tree.ts', 'Statistic', KIND)],
    ['released measure', membersOf('policies/plan/question-tree.ts', 'ReleasedMeasure', KIND)],
    ['mechanism', eventKinds()],
  ])('says of every %s what bounds or makes it', (_, names) => {
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

/** Mechanisms are types of their own; the table of their fields has them all. */
function eventKinds(): readonly string[] {
  const text = textOf('policies/account/privacy-event.ts') ?? '';
  const [, fields = ''] = /const FIELDS[^{]*\{[^{]*\{?([\s\S]*?)\n\};/.exec(text) ?? [];
  return [...fields.matchAll(/^ {2}'?([a-z-]+)'?: \{/gm)].map(([, name = '']) => name);
}
