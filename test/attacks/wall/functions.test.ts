// An ISV submits code that sees the values of persons one row after another, and wants more: to remember one person
// when it scores the next, to stop the engine for one person and read the clock, to take the memory of the machine, to
// speak to the outside. The brand's model in turn is a secret that must not be read out of the log, an error or a file.
//
// What stops it: the code is read into a tree of ours and only that is run, so that it can name nothing it did not
// write; each call has its own fuel and nothing outlives it; the declared ends and labels are held by the plan; the code
// lies sealed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permitting, submissionOf, submit, type Written } from '../../support/service-functions.ts';
import { outcomes } from '../../support/service-people.ts';
import { ask, entriesOf } from '../../support/service-questions.ts';
import { expectRefused } from '../../support/service-refusal.ts';
import { ServiceStage } from '../../support/service-stage.ts';
import { setTable } from '../../support/service-table.ts';

/** A start proves two walls, and a busy machine takes its time over that. */
const SETTING_MS = 180_000;

let stage: ServiceStage;
let collaborationId: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  const rules = { ...permitting('chenxi/*'), groupKeys: { visit: {}, spend: {} } };
  ({ collaborationId } = await setTable(stage, { outcomesRules: rules }));
}, SETTING_MS);

afterAll(() => stage?.[Symbol.asyncDispose]());

const scoring = (body: string, before = ''): Written => ({
  code: `${before}export function score(visit) {\n${body}\n}\n`,
  parameters: ['visit integer'],
  returns: 'number between 0 and 1000',
});

const visitors = outcomes.filter(({ visit }) => visit === 1).length;

/** Six deviations of a count of one a person at epsilon 1, and then some. */
const FAR_PERSONS = 80;

async function countScored(name: string): Promise<{ readonly scored: number; readonly all: number }> {
  const scored = `chenxi.${name}(o.visit)`;
  const sql = `select count(${scored}) as scored, count(*) as everybody from jiufang.outcomes o`;
  const [row] = (await ask(stage, 'brand', collaborationId, sql)).rows;
  return { scored: Number(row?.scored), all: Number(row?.everybody) };
}

describe('a function that wants to remember a person', () => {
  it.each([
    ['sets a name of its own', scoring('  seen = visit;\n  return seen;', 'let seen = 0;\n')],
    ['writes into a table', scoring('  SEEN[0] = visit;\n  return SEEN[0];', 'const SEEN = [0];\n')],
    ['keeps a list', scoring('  SEEN.push(visit);\n  return SEEN.length;', 'const SEEN = [0];\n')],
    ['hangs a value on itself', scoring('  score.last = visit;\n  return score.last;')],
    ['closes over a variable', scoring('  return next();', 'const next = (() => { let n = 0; return () => n; })();\n')],
    ['yields', { ...scoring('  yield visit;'), code: 'export function* score(visit) { yield visit; }' }],
    ['draws a number', scoring('  return Math.random();')],
    ['reads the clock', scoring('  return Date.now();')],
    ['reads the global object', scoring('  globalThis.seen = visit;\n  return 1;')],
  ])('is refused when it %s', async (_, written) => {
    const request = submissionOf(written, { collaborationId, name: 'remembers' });
    const refusal = await expectRefused(stage.as('brand').functions.submit(request), 'FUNCTION_REFUSED');
    expect(refusal.violations.length).toBeGreaterThan(0);
    expect(await stage.as('brand').functions.list(collaborationId)).toEqual([]);
  });
});

describe('a module that keeps what it saw in its memory', () => {
  // From C: it counts its calls, and adds up the last 64 values that it was called with (segments-by-age.c).
  const folder = new URL('../../../sandbox/worker/functions/wasm/testdata/', import.meta.url);
  const module = readFileSync(new URL('segments-by-age.wasm.base64', folder), 'utf8');
  const segments: Written = {
    code: Buffer.from(module, 'base64'),
    parameters: ['age integer', 'spend number', 'active boolean'],
    returns: 'label(low,mid,high)',
  };

  it('finds its memory as it was at the first call: each score is of one person alone', async () => {
    await submit(stage, segments, { collaborationId, name: 'segments' });
    const call = 'chenxi.segments(40 * o.visit, o.spend, true)';
    const sql = `select ${call} as segment, count(*) as n from jiufang.outcomes o group by 1`;
    const { rows } = await ask(stage, 'brand', collaborationId, sql);
    const exact = Map.groupBy(outcomes, ({ visit, spendCents }) => {
      if (visit === 0) return 'low';
      return spendCents > 10_000 ? 'mid' : 'high';
    });
    expect(rows.map(({ segment }) => segment).sort()).toEqual(['high', 'low', 'mid']);
    for (const { segment, n } of rows) {
      expect(Math.abs(Number(n) - (exact.get(segment as 'low')?.length ?? 0))).toBeLessThan(FAR_PERSONS);
    }
  });
});

describe('a function that wants out', () => {
  it.each([
    ['import', { ...scoring(''), code: "import fs from 'fs';\nexport function score(visit) { return 1; }" }],
    ['require', scoring("  return require('fs').readFileSync('/etc/hostname').length;")],
    ['fetch', scoring("  return fetch('http://127.0.0.1').status;")],
    ['its constructor', scoring("  return score.constructor('return process')().pid;")],
    ['the constructor of a text', scoring("  return 'x'['constructor']('return 1')().length;")],
    ['eval', scoring("  return eval('visit');")],
    ['new Function', scoring("  return new Function('return 1')();")],
    ['this', scoring('  return this.process.pid;')],
    ['a prototype', scoring('  return visit.__proto__.x;')],
    ['a tagged template', scoring('  return String.raw`x`.length;')],
    ['itself', scoring('  return deeper(visit);', 'function deeper(n) {\n  return deeper(n + 1);\n}\n')],
    ['a getter', scoring('  return ({ get x() { return 1; } }).x;')],
  ])('is refused when it says %s', async (_, written) => {
    const request = submissionOf(written, { collaborationId, name: 'out' });
    const refusal = await expectRefused(stage.as('brand').functions.submit(request), 'FUNCTION_REFUSED');
    // Words of ours around few characters of the submitter's: no text of a parser.
    for (const { message } of refusal.violations) expect(message).toMatch(/^`[A-Za-z0-9 _.$()'-]*` [a-z, ]+$/u);
  });
});

describe('a function that never ends for some persons', () => {
  it.each([
    ['spins', scoring('  let i = 0;\n  while (visit === 1) {\n    i += 1;\n  }\n  return i;')],
    [
      'doubles a text',
      scoring("  let text = 'xxxxxxxx';\n  while (visit === 1) {\n    text = text + text;\n  }\n  return text.length;"),
    ],
  ])(
    'scores them NULL and the others as ever, when it %s',
    async (how, written) => {
      const name = how.replaceAll(' ', '_');
      await submit(stage, written, { collaborationId, name });
      const { scored, all } = await countScored(name);
      expect(Math.abs(all - outcomes.length)).toBeLessThan(FAR_PERSONS);
      expect(Math.abs(scored - (outcomes.length - visitors))).toBeLessThan(FAR_PERSONS);
    },
    60_000,
  );
});

describe('a function that lies about what it gives', () => {
  it('adds at most what its signature declares, and nothing where it gives no number', async () => {
    const wild = scoring('  if (visit === 1) return 1e300;\n  return 0 / 0;');
    await submit(stage, { ...wild, returns: 'number between 0 and 1' }, { collaborationId, name: 'wild' });
    const sql = 'select sum(chenxi.wild(o.visit)) as total from jiufang.outcomes o';
    const [row] = (await ask(stage, 'brand', collaborationId, sql)).rows;
    expect(Math.abs(Number(row?.total) - visitors)).toBeLessThan(FAR_PERSONS);
  });
});

describe('the code of a function', () => {
  const secret = 'wZ9kqTreeOfTheHouse';

  it('stands in no log, no error, no listing and no file', async () => {
    const code = `const ${secret} = 314159.2653;\nexport function score(visit) {\n  return visit * ${secret};\n}\n`;
    const kept = await submit(stage, { ...scoring(''), code }, { collaborationId, name: 'secret' });
    const listings = [
      kept,
      ...(await stage.as('brand').functions.list(collaborationId)),
      ...(await stage.as('platform').functions.list(collaborationId)),
      await stage.as('auditor').functions.get(kept.functionId),
    ];
    const broken = submissionOf({ ...scoring(''), code: `${code}\n)` }, { collaborationId, name: 'secret' });
    const refusal = await expectRefused(stage.as('brand').functions.submit(broken), 'FUNCTION_REFUSED');
    await ask(stage, 'brand', collaborationId, 'select sum(chenxi.secret(o.visit)) as s from jiufang.outcomes o');
    const told = [listings, refusal, await entriesOf(stage), stage.operatorLog()];
    const written = JSON.stringify(told, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    for (const word of [secret, '314159']) {
      expect(written).not.toContain(word);
      const files = readdirSync(stage.dataDirectory, { recursive: true, withFileTypes: true });
      for (const file of files.filter((one) => one.isFile())) {
        expect(readFileSync(join(file.parentPath, file.name)).includes(word), file.name).toBe(false);
      }
    }
  });
});
