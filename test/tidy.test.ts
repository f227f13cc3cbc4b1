// The style of the house as a test. Every failure lists what is wrong and says what to do about it.
import { describe, expect, it } from 'vitest';
import { files, productSources, sources, textOf, topFolders } from './tidy/repository.ts';
import { cataloguedRules, constantNames, undocumentedExports } from './tidy/syntax.ts';

const MAX_FILE_LINES = 400; // longer files hold more than one concept
const MAX_LISTED_COUNT = 40; // of one failure: the rest is seen after these are put right

function expectNone(offenders: readonly string[], advice: string): void {
  const listed = offenders.slice(0, MAX_LISTED_COUNT).join('\n  ');
  expect(offenders.length, `${offenders.length} found. ${advice}\n  ${listed}`).toBe(0);
}

// Put together from pieces, so that this file does not contain what it looks for.
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
const weakRandom = new RegExp(`Math\\s*\\.\\s*${'ran'}dom`);
const machinePath = /(?<![\w.~<>-])\/(work|root|home\/[a-z_][\w-]*)\//;
const downloadAddress = /"resolved":\s*"https?:/;

describe('every source file', () => {
  it(`has at most ${MAX_FILE_LINES} lines`, () => {
    const long = sources.filter(({ text }) => text.trimEnd().split('\n').length > MAX_FILE_LINES);
    expectNone(
      long.map(({ path, text }) => `${path}: ${text.trimEnd().split('\n').length} lines`),
      'Split the file where its second concept begins.',
    );
  });

  it('documents each of its exports', () => {
    const documented = sources.filter(({ path }) => !path.endsWith('.test.ts') && path.endsWith('.ts'));
    expectNone(
      documented.flatMap((file) => undocumentedExports(file).map((name) => `${file.path}: ${name}`)),
      'Say in a doc comment what it is, in one sentence; then shape, units, errors, source. Or stop exporting it.',
    );
  });

  it('names no file or folder by a word that says nothing', () => {
    const empty = /(^|[-.])(utils?|helpers?|common|managers?|misc)([-.]|$)/;
    const vague = /^(service|data|info|handle|process)$/;
    const isVague = (part: string): boolean => empty.test(part) || vague.test(part.replace(/(\.test)?\.\w+$/, ''));
    const named = sources.filter(({ path }) => path.split('/').some(isVague));
    expectNone(
      named.map(({ path }) => path),
      'Name it by its main export: a verb for a function, a noun for a value.',
    );
  });

  it('ends each limit constant in its unit', () => {
    const units = /_(BYTES|KIB|MIB|GIB|MS|S|COUNT|DEPTH|RATIO|EPSILON|DELTA|RHO|[A-Z]*[^S_\d]S)$/;
    const limits = productSources.flatMap((file) => constantNames(file).map((name) => ({ name, path: file.path })));
    const isLimit = (name: string): boolean => /^(MAX|MIN)_/.test(name) || /(^|_)LIMIT$/.test(name);
    expectNone(
      limits.filter(({ name }) => isLimit(name) && !units.test(name)).map(({ name, path }) => `${path}: ${name}`),
      'Make the last word the unit: MAX_FRAME_BYTES, MAX_RUN_MS, MAX_WAITING_COUNT, MAX_CHUNK_ROWS.',
    );
  });

  it('leaves nothing unfinished', () => {
    const lines = files.flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) => (unfinished.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expectNone(lines, 'Finish it, or open an issue and leave the marker out.');
  });
});

describe('the product', () => {
  it('draws no noise, key or identifier from a predictable generator', () => {
    const drawing = productSources.filter(({ text }) => weakRandom.test(text));
    expectNone(
      drawing.map(({ path }) => path),
      "Draw from node:crypto, or from the source that is passed in. A seeded generator for made-up data is a named function of examples/ or cli/demo, and not JavaScript's.",
    );
  });
});

describe('the repository', () => {
  it('has a README in every top-level folder', () => {
    expectNone(
      topFolders.filter((folder) => textOf(`${folder}/README.md`) === undefined),
      'Write half a page: what this room is for, what it may import, a map of its files.',
    );
  });

  it('names no path of the machine it was written on', () => {
    const lines = files.flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) => (machinePath.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expectNone(lines, 'Use a path relative to the repository, or one the user gives.');
  });

  it('records no download address in the lock file', () => {
    const lock = textOf('package-lock.json') ?? '';
    expect(lock, 'package-lock.json is missing').not.toBe('');
    const message = 'Install again with the .npmrc of this repository: it leaves the addresses out.';
    expect(downloadAddress.test(lock), message).toBe(false);
  });

  it('shows in its pages only npm commands that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json') ?? '{}') as { scripts: Record<string, string> };
    const commands = files
      .filter(({ path }) => path.endsWith('.md'))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/\bnpm (?:run )?(test|start|(?<=run )[\w:-]+)/g)].map((match) => ({ path, name: match[1] })),
      );
    expect(commands.length, 'no page shows a command: README is missing').toBeGreaterThan(0);
    expectNone(
      commands
        .filter(({ name }) => name === undefined || !(name in scripts))
        .map(({ path, name }) => `${path}: ${name}`),
      'Correct the page, or add the script to package.json.',
    );
  });

  it('numbers its decisions without gaps, each with its context, choice and cost', () => {
    const decisions = files.filter(({ path }) => /^docs\/decisions\/\d{4}-[a-z0-9-]+\.md$/.test(path));
    const numbers = decisions.map(({ path }) => Number(path.slice('docs/decisions/'.length).slice(0, 4)));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(decisions.map((_, index) => index + 1));
    const headings = ['## Context', '## Choice', '## What it costs'];
    expectNone(
      decisions.filter(({ text }) => !headings.every((h) => text.includes(`\n${h}\n`))).map(({ path }) => path),
      `A decision has the headings ${headings.join(', ')}.`,
    );
  });
});

describe('the catalogue of violations', () => {
  const cataloguePath = 'policies/check/catalogue.ts';
  const rules = cataloguedRules({ path: cataloguePath, text: textOf(cataloguePath) ?? '' });
  const documentedRules = [...(textOf('docs/violations.md') ?? '').matchAll(/^\|[^|]*`([a-z]+(?:-[a-z]+)+)`[^|]*\|/gm)]
    .map((match) => match[1])
    .filter((rule) => rule !== undefined);

  it('begins each message lower-case and ends it without a full stop', () => {
    expect(rules.length, `violationCatalogue was not found in ${cataloguePath}`).toBeGreaterThan(0);
    const isSentence = (parts: readonly (string | undefined)[]): boolean => {
      const [first, last] = [parts[0] ?? '', parts.at(-1) ?? ''];
      return !/^\s*\p{Lu}/u.test(first) && !/[.!\s]$/.test(last);
    };
    const wrong = rules.filter(({ messages }) => messages.length === 0 || !messages.every(isSentence));
    expectNone(
      wrong.map(({ rule }) => rule),
      'A message is one lower-case sentence without a full stop.',
    );
  });

  it('has a row in docs/violations.md for each rule, and no row besides', () => {
    const names = rules.map(({ rule }) => rule);
    expectNone(
      names.filter((rule) => !documentedRules.includes(rule)),
      'Add a row to docs/violations.md: the rule in backticks, what it means, what to write instead.',
    );
    expectNone(
      documentedRules.filter((rule) => !names.includes(rule)),
      'This row has no rule: remove it from docs/violations.md, or add the rule to the catalogue.',
    );
  });

  it('has a test that names each rule', () => {
    const tests = files.filter(({ path }) => /^(policies|test|api)\/.*(\.test\.ts|\.sql)$/.test(path));
    const untested = rules.filter(({ rule }) => !tests.some(({ text }) => text.includes(rule)));
    expectNone(
      untested.map(({ rule }) => rule),
      'Write a test that is denied by this rule and by no other.',
    );
  });
});
