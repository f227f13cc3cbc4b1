import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../policies/testdata/', import.meta.url);

/** The golden questions of one verdict, without the comment that says it. */
export function goldenQuestions(verdict: 'allow' | 'deny'): readonly string[] {
  const directory = new URL(`${verdict}/`, folder);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.sql') && !name.endsWith('.expected.sql'))
    .map((name) => readFileSync(new URL(name, directory), 'utf8'))
    .map((text) =>
      text
        .split('\n')
        .filter((line) => !line.startsWith('--'))
        .join('\n')
        .trim(),
    );
}
