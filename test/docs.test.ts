// The pages against the code: what they name must exist, and what exists must be named. Each failure says what to do.
import { existsSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../cli/commands/index.ts';
import { readRules, type TableColumn } from '../policies/index.ts';
import { files, type RepositoryFile, textOf } from './tidy/repository.ts';

const root = resolve(import.meta.dirname, '..');
const pages = files.filter(({ path }) => path.endsWith('.md') && !path.includes('/testdata/'));

function expectNone(offenders: readonly string[], advice: string): void {
  expect(offenders.length, `${offenders.length} found. ${advice}\n  ${offenders.join('\n  ')}`).toBe(0);
}

describe('the page of error codes', () => {
  const rows = [...(textOf('docs/errors.md') ?? '').matchAll(/^\| `([A-Z_]+)` \| `([A-Z_]+)` \|/gm)];
  const documented = rows.map(([, code, status]) => `${code} ${status}`);
  const source = textOf('api/grpc/service-error.ts') ?? '';
  const inCode = [...source.matchAll(/^ {2}([A-Z_]+): status\.([A-Z_]+),$/gm)].map(([, c, s]) => `${c} ${s}`);

  it('has a row for each code with its gRPC status, in the order of the code, and no row besides', () => {
    expect(inCode.length, 'the table `grpcStatusOf` was not found in api/grpc/service-error.ts').toBeGreaterThan(0);
    expect(documented).toEqual(inCode);
  });

  it('lists each reason why a token, an upload or a row is refused', () => {
    const page = textOf('docs/errors.md') ?? '';
    const reasonsOf = (path: string, begin: string, end: string): string[] => {
      const text = textOf(path) ?? '';
      const part = text.slice(text.indexOf(begin), text.indexOf(end, text.indexOf(begin)));
      return [...part.matchAll(/'([a-z0-9-]+)'/g)].map(([, reason]) => reason ?? '');
    };
    const reasons = [
      ...reasonsOf('api/auth/token-refused.ts', 'export type TokenRefusal', ';'),
      ...reasonsOf('sandbox/wire/reasons.ts', 'export const INPUT_REFUSALS', ']'),
      ...reasonsOf('sandbox/wire/reasons.ts', 'export const REJECT_REASONS', ']'),
    ];
    expect(reasons.length, 'the lists of reasons were not found').toBeGreaterThan(20);
    expectNone(
      reasons.filter((reason) => !page.includes(`\`${reason}\``)),
      'Add the reason to docs/errors.md.',
    );
  });
});

describe('the words for a refused upload', () => {
  const page = textOf('docs/errors.md') ?? '';
  const source = textOf('sandbox/wire/reasons.ts') ?? '';
  const begin = source.indexOf('export const INPUT_REFUSALS');
  const words = [...source.slice(begin, source.indexOf(']', begin)).matchAll(/'([a-z-]+)'/g)].map(
    ([, word]) => word ?? '',
  );

  it('have a row each with what is wrong and what to do, and no row besides', () => {
    const start = page.indexOf('## Why an upload is refused');
    const table = page.slice(start, page.indexOf('\n## ', start + 1));
    const rows = [...table.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, word]) => word ?? '');
    expect(words.length, 'the list of words was not found').toBeGreaterThan(10);
    expect(rows.filter((word) => word !== 'reason').toSorted()).toEqual(words.toSorted());
  });

  it('each end some hostile file, or some upload that is too much', () => {
    const tests = files.filter(({ path }) => /^test\/(attacks|support|end-to-end)\//.test(path));
    expectNone(
      words.filter((word) => !tests.some(({ text }) => text.includes(`'${word}'`))),
      'Write a file that is refused by this word into test/attacks/wall or test/end-to-end.',
    );
  });

  it('hold the bounds that the page tells', () => {
    const limits = textOf('sandbox/worker/ingest/limits.ts') ?? '';
    const told = { MAX_PART_ROWS: '16,777,216 rows', MAX_DICTIONARY_ENTRIES_COUNT: '4,194,304 entries' };
    const others = { MAX_FILE_COLUMNS_COUNT: '16,384 columns', MAX_ROW_GROUPS_COUNT: '65,536 row groups' };
    for (const [name, text] of Object.entries({ ...told, ...others })) {
      const value = new RegExp(`const ${name} = ([\\d_]+);`).exec(limits)?.[1] ?? '';
      expect(page).toContain(text);
      expect(text.startsWith(Number(value.replaceAll('_', '')).toLocaleString('en-US'))).toBe(true);
    }
  });
});

describe('the links of all pages', () => {
  it('lead to a file, and to a heading where they name one', () => {
    const links = pages.flatMap((page) =>
      [...page.text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ page, target: match[1] ?? '' })),
    );
    const relative = links.filter(({ target }) => !/^[a-z]+:/.test(target));
    expect(relative.length, 'no page links to anything').toBeGreaterThan(0);
    expectNone(
      relative.filter(({ page, target }) => !leads(page, target)).map(({ page, target }) => `${page.path}: ${target}`),
      'Correct the link, or write what it leads to.',
    );
  });
});

describe('the commands that pages show', () => {
  const program = buildProgram();
  const shown = pages.flatMap((page) => shownCommands(page.text).map((words) => ({ path: page.path, words })));

  it('exist in `galley`, with the options they are shown with', () => {
    expect(shown.length, 'no page shows a command of galley').toBeGreaterThan(0);
    const faults = shown.flatMap(({ path, words }) => {
      const fault = faultOf(program, words);
      return fault === undefined ? [] : [`${path}: galley ${words.join(' ')}: ${fault}`];
    });
    expectNone(faults, 'Correct the page, or add the command to cli/commands.');
  });

  it('show each command of `galley` at least once', () => {
    const names = leafCommands(program, []).filter((name) => name !== 'help');
    const isShown = (name: string) => shown.some(({ words }) => plainWords(program, words).startsWith(name));
    expectNone(
      names.filter((name) => !isShown(name)),
      'Show it where its reader looks for it: docs/merchant.md, docs/auditor.md or docs/operator.md.',
    );
  });
});

describe('the configuration that the operator reads of', () => {
  it('has each environment variable with the field it sets, and no other', () => {
    const source = textOf('api/config/read-config.ts') ?? '';
    const inCode = [...source.matchAll(/^ {2}(GALLEY_[A-Z_]+): '([A-Za-z.]+)',$/gm)].map(([, v, f]) => `${f} ${v}`);
    const page = textOf('docs/operator.md') ?? '';
    const documented = [...page.matchAll(/^\| `([A-Za-z.]+)` \| `(GALLEY_[A-Z_]+)` \|/gm)].map(
      ([, f, v]) => `${f} ${v}`,
    );
    expect(inCode.length, 'the table of variables was not found in api/config/read-config.ts').toBeGreaterThan(0);
    expect(documented).toEqual(inCode);
  });

  it('names only constants that exist', () => {
    const constants = [...(textOf('docs/operator.md') ?? '').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(
      (m) => m[1] ?? '',
    );
    const product = files.filter(({ path }) => /^(api|policies|sandbox|audit)\/.*\.ts$/.test(path));
    const named = constants.filter((name) => !/^GALLEY_/.test(name) && !['NOT_SERVING', 'RUN_FAILED'].includes(name));
    expect(named.length).toBeGreaterThan(0);
    expectNone(
      named.filter((name) => !product.some(({ text }) => text.includes(`const ${name} =`))),
      'Name the constant as the code does.',
    );
  });
});

describe('the rules documents that pages show', () => {
  it('are accepted as they stand', () => {
    const merchant = [...(textOf('docs/merchant.md') ?? '').matchAll(/```json\n([\s\S]*?)```/g)].map((m) => m[1] ?? '');
    const readme = [...(textOf('README.md') ?? '').matchAll(/rules\.json << 'END'\n([\s\S]*?) {4}END/g)];
    const documents = [...merchant, ...readme.map((m) => m[1] ?? '')];
    expect(documents.length).toBe(5);
    for (const document of documents) {
      const rules: { public?: true } = JSON.parse(document);
      const columns = rules.public === true ? exampleCatalogue : exampleColumns;
      expect(readRules(rules, columns)).toMatchObject({ ok: true });
    }
  });
});

const exampleColumns: readonly TableColumn[] = [
  { name: 'email', type: { kind: 'person' } },
  ...['arm', 'category', 'store', 'kind'].map((name) => ({ name, type: { kind: 'text' as const } })),
  { name: 'event_at', type: { kind: 'timestamp' } },
  ...['visit', 'conversions'].map((name) => ({ name, type: { kind: 'integer' as const } })),
  { name: 'spend', type: { kind: 'decimal', scale: 2 } },
];

const exampleCatalogue: readonly TableColumn[] = [
  ...['sku', 'category'].map((name) => ({ name, type: { kind: 'text' as const } })),
  { name: 'price', type: { kind: 'decimal', scale: 2 } },
];

function leads(page: RepositoryFile, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const place = path === '' ? page.path : normalize(join(dirname(page.path), path));
  if (!existsSync(join(root, place))) return false;
  return anchor === undefined || headingsOf(textOf(place) ?? '').includes(anchor);
}

// As GitHub makes anchors: lower case, punctuation dropped, spaces to hyphens.
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The words after `galley` wherever a page shows a command: in a code block, or in backticks. */
function shownCommands(text: string): string[][] {
  const joined = text.replace(/ \\\n\s*/g, ' ');
  const blocks = [...joined.matchAll(/^ {4}(?:\$ )?galley (.+)$/gm)].map((m) => m[1] ?? '');
  const inline = [...joined.matchAll(/`galley (?!-- )([^`]+)`/g)].map((m) => m[1] ?? '');
  return [...blocks, ...inline].map((line) =>
    line
      .replace(/"[^"]*"|'[^']*'/g, 'TEXT')
      .replace(/\s[#>|<].*$/, '')
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '…'),
  );
}

interface Found {
  readonly command: Command;
  readonly options: readonly string[];
}

/** Walks from the program to the command that the words name; options with a value take the next word. */
function find(program: Command, words: readonly string[]): Found | string {
  let command = program;
  const options: string[] = [];
  const waiting = [...words];
  for (let word = waiting.shift(); word !== undefined; word = waiting.shift()) {
    if (word.startsWith('--')) {
      options.push(word);
      const known = [...command.options, ...program.options].find((option) => option.long === word);
      if (known?.required === true) waiting.shift();
    } else if (command.commands.length > 0) {
      const next = command.commands.find((sub) => sub.name() === word);
      if (next === undefined) return `there is no command \`${word}\``;
      command = next;
    }
  }
  return { command, options };
}

function faultOf(program: Command, words: readonly string[]): string | undefined {
  const found = find(program, words);
  if (typeof found === 'string') return found;
  // What the server's own program reads is not known here.
  if (['token', 'doctor', 'keys'].includes(found.command.name())) return undefined;
  const known = [...found.command.options, ...program.options].map((option) => option.long);
  const unknown = found.options.find((option) => !known.includes(option));
  return unknown === undefined ? undefined : `there is no option \`${unknown}\``;
}

function plainWords(program: Command, words: readonly string[]): string {
  const found = find(program, words);
  if (typeof found === 'string') return '';
  const names: string[] = [];
  for (let at: Command | null = found.command; at !== null && at !== program; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

function leafCommands(command: Command, path: readonly string[]): string[] {
  if (command.commands.length === 0) return [path.join(' ')];
  return command.commands.flatMap((sub) => leafCommands(sub, [...path, sub.name()]));
}
