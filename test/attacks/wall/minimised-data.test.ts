// The worst that can happen behind the wall: the worker of a question is the attacker's from its first moment, reads
// everything it is given, and remembers. The question is a real one, asked of the service that ships.
//
// The wall: what it is given is the columns of the plan, persons as numbers without meaning, and nothing else; then it
// does not matter what it can do.
import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { stageRuntime } from '../../../sandbox/testkit/index.ts';
import { ask, joined } from '../../support/service-questions.ts';
import { ServiceStage } from '../../support/service-stage.ts';
import { setTable, type Table } from '../../support/service-table.ts';
import { report } from '../../support/wall/report.ts';

const TIMEOUT_MS = 240_000;
const HOME = process.env.TMPDIR;

// The worker looks at all bytes of a job that runs a plan, as they come; what it searches for is in a file beside it,
// and finding any of it is how it tells: such a job ends at once, without an answer.
const SPYING = `
import { readFileSync } from 'node:fs';
let sought = [];
let isRun = false;
function look(bytes) {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (text.startsWith('{"kind":"run"')) {
    isRun = true;
    // Read now, not at the start: a worker may have been waiting since before the question was thought of.
    sought = JSON.parse(readFileSync(new URL('./sought.json', import.meta.url), 'utf8'));
  }
  if (isRun && sought.some((word) => text.includes(word))) process.exit(7);
  return bytes;
}
`;

let folder: string;
let stage: ServiceStage;
let table: Table;
let soughtFile: string;
let asked = 0;

beforeAll(async () => {
  // The service stages its workers below the temporary folder, by the digest of what they should hold; here that place
  // is taken already, by code that is not what it should be.
  folder = mkdtempSync(join(tmpdir(), 'galley-spy-'));
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  mkdirSync(join(folder, `galley-runtime-${process.getuid?.()}`), { mode: 0o755 });
  const { code } = stageRuntime(join(folder, `galley-runtime-${process.getuid?.()}`));
  const channel = join(code, 'worker/channel.js');
  const source = readFileSync(channel, 'utf8');
  const changed = source.replace(/payload: (readInto\(.*\)) \}/, 'payload: look($1) }');
  if (changed === source) throw new Error('the staged channel has no such place to change any more');
  chmodSync(channel, 0o644);
  writeFileSync(channel, changed + SPYING);
  soughtFile = join(code, 'worker/sought.json');
  seek([randomUUID()]);
  stage = await ServiceStage.open();
  table = await setTable(stage);
}, TIMEOUT_MS);

afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  if (HOME === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = HOME;
  rmSync(folder, { recursive: true, force: true });
});

function seek(words: readonly string[]): void {
  rmSync(soughtFile, { force: true });
  appendFileSync(soughtFile, JSON.stringify(words), { mode: 0o644 });
}

/** Asks a question while every worker searches for some words: true when one of them was found. */
async function isFound(words: readonly string[], sql: string): Promise<boolean> {
  seek(words);
  try {
    // Another price each time: the answer to a question that was asked before is kept, and no worker sees it.
    asked += 1;
    await ask(stage, 'brand', table.collaborationId, sql, { epsilon: 0.1 + asked / 1_000 });
    return false;
  } catch {
    return true;
  }
}

const byCity = `select o.city, count(distinct m.email) as persons ${joined} group by o.city`;
/** A question is asked of one column; these are words of everything else. */
const notInIt: readonly (readonly [string, readonly string[]])[] = [
  ['an address of a person', ['@example', '.com', ...Array.from({ length: 9 }, (_, digit) => `person${digit + 1}`)]],
  ['a value of a column that was not asked for', ['mens', 'womens', 'control']],
  ['the name of a column that was not asked for', ['visit', 'spend', 'tier', '"arm"']],
];

describe('the worker of a question', () => {
  it(
    'finds what the question is about: this is how it tells',
    async () => {
      expect(await isFound([randomUUID()], byCity)).toBe(false);
      expect(await isFound(['hangzhou'], byCity)).toBe(true);
    },
    TIMEOUT_MS,
  );

  it.each(notInIt)(
    'finds nothing of %s',
    async (name, words) => {
      const isEscape = await isFound(words, byCity);
      report({
        category: 'minimised data',
        attack: `a worker that has been taken over looks for ${name}`,
        isEscape,
        stoppedBy: 'data minimisation alone',
      });
      expect(isEscape).toBe(false);
    },
    TIMEOUT_MS,
  );

  it(
    'would find a column of the other table, were it asked for',
    async () => {
      const sql = `select m.arm, count(distinct m.email) as persons ${joined} group by m.arm`;
      expect(await isFound(['mens'], sql)).toBe(true);
      expect(await isFound(['hangzhou', '@example'], sql)).toBe(false);
      expect(readdirSync(folder).length).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
