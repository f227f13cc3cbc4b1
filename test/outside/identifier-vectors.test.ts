// Identifiers are hashed by whoever brings them, in whatever language: the program in the page for them comes to the very
// digests that the service comes to, or rows that are the same person meet nobody.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestIdentifier, type IdentifierKind } from '../../identity/index.ts';
import { runSeed } from '../support/effort.ts';

interface Written {
  readonly kind: IdentifierKind;
  readonly text: string;
  readonly region?: string;
}
type Vector = Written & { readonly digest: string };

const LONG_MS = 120_000;
const MADE_COUNT = 3_000;
/** Reads cases as JSON and answers with a digest or null for each. */
const ASKED = `
import json, sys
cases = json.load(sys.stdin)
print(json.dumps([digest(case["kind"], case["text"], case.get("region")) for case in cases]))
`;

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

function programOfPage(): string {
  const program = /```python\n(.*?)```/s.exec(read('../../docs/identifiers.md'))?.[1];
  if (program === undefined) throw new Error('the page has no program in Python any more');
  return program;
}

function askPython(cases: readonly Written[]): (string | null)[] {
  const python = process.env.GALLEY_PEERS_PYTHON;
  if (python === undefined) throw new Error('set GALLEY_PEERS_PYTHON, or run `npm test -- test/outside`');
  const { status, stdout, stderr } = spawnSync(python, ['-c', programOfPage() + ASKED], {
    encoding: 'utf8',
    input: JSON.stringify(cases),
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as (string | null)[];
}

/** Texts that come near the rules; telephone numbers are left to the vectors, since the two lists of valid ones age apart. */
const made: fc.Arbitrary<Written> = fc.record({
  kind: fc.constantFrom<IdentifierKind>('email', 'member_id', 'device_id', 'card_number', 'custom:loyalty_id'),
  text: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.emailAddress(),
    fc.uuid(),
    fc
      .array(
        fc.constantFrom(
          'a',
          'B',
          'É',
          'İ',
          'ß',
          '.',
          '@',
          '+',
          'gmail.com',
          '@gmail.com',
          ' ',
          '\u00a0',
          '\u2003',
          '\u0085',
        ),
      )
      .map((parts) => parts.join('')),
    fc
      .array(fc.constantFrom('0', '4', '18', '42', ' ', '-', 'f', ':', '\u3000'), { maxLength: 24 })
      .map((parts) => parts.join('')),
  ),
});

describe('the program of the page', () => {
  it('gives the digests of the vectors', { timeout: LONG_MS }, () => {
    const { published, others, unusable } = JSON.parse(read('../../identity/test-vectors.json')) as {
      published: Vector[];
      others: Vector[];
      unusable: Written[];
    };
    expect(published.length + others.length).toBeGreaterThan(0);
    expect(askPython([...published, ...others])).toEqual([...published, ...others].map(({ digest }) => digest));
    expect(askPython(unusable)).toEqual(unusable.map(() => null));
  });

  it('gives the digests that the service gives, for whatever people write', { timeout: LONG_MS }, () => {
    const cases = fc.sample(made, { numRuns: MADE_COUNT, seed: runSeed });
    const ours = cases.map(({ kind, text }) => digestIdentifier(kind, text)?.toString('base64') ?? null);
    const theirs = askPython(cases);
    const different = cases.filter((_, index) => ours[index] !== theirs[index]);
    expect(different, `seed ${runSeed}`).toEqual([]);
    expect(ours.filter((digest) => digest !== null).length).toBeGreaterThan(MADE_COUNT / 10);
  });
});
