// Every template that comes with Galley, and every one of the packs, is filled in, held against the rules and run by the
// very plans of the service over a made-up shop, without noise. What it answers is worked out here once more, in code
// that shares nothing with it.
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { audienceAnswers, questionAnswers, valuesOf } from './expected-answers.ts';
import { loadShop, shopTables } from './made-shop.ts';
import { type Answer, answersOf, membersOf, packsFolder, everyTemplate as templates } from './run-filled.ts';

/** A group that has as many persons is shown, whatever its key is. */
const SURELY_SHOWN_PERSONS = 15;

const runOf = (template: (typeof templates)[number]) => ({ template, values: valuesOf(template), tables: shopTables });

beforeAll(loadShop);

describe('the templates', () => {
  it('are all asked for below, and no other', () => {
    const asked = [...Object.keys(questionAnswers), ...Object.keys(audienceAnswers)];
    expect(asked.toSorted()).toEqual(templates.map(({ name }) => name).toSorted());
  });

  it('are three to six of a pack', () => {
    for (const pack of readdirSync(packsFolder)) {
      const of = templates.filter(({ name }) => name.startsWith(`${pack}/`)).length;
      expect(of >= 3 && of <= 6, `${pack} has ${of}`).toBe(true);
    }
  });
});

describe('the answer of', () => {
  const questions = templates.filter(({ kind }) => kind !== 'audience').map((one) => [one.name, one] as const);

  it.each(questions)('%s is what it should be', async (name, template) => {
    const expected = questionAnswers[name]?.() ?? expect.fail('nothing is expected of it');
    const keyCount = expected.keys;
    const found = new Map((await answersOf(runOf(template))).map((row) => [keyOf(row, keyCount), row.slice(keyCount)]));
    const known = new Map(expected.rows.map((row) => [keyOf(row, keyCount), row.slice(keyCount)]));
    for (const [key, row] of found) {
      const exact = known.get(key) ?? row.map(() => 0);
      for (const [index, value] of row.entries()) expect(Number(value), `${key}`).toBeCloseTo(Number(exact[index]), 4);
    }
    const large = [...known].filter(([, row]) => Number(row[0]) >= SURELY_SHOWN_PERSONS).map(([key]) => key);
    expect(large.length, 'no group is large enough').toBeGreaterThan(0);
    expect(large.filter((key) => !found.has(key))).toEqual([]);
  });
});

describe('the audience of', () => {
  const audiences = templates.filter(({ kind }) => kind === 'audience').map((one) => [one.name, one] as const);

  it.each(audiences)('%s has whom it should have', async (name, template) => {
    const expected = audienceAnswers[name]?.() ?? expect.fail('nobody is expected in it');
    expect(expected.length, 'it is everybody or hardly anybody').toBeGreaterThan(SURELY_SHOWN_PERSONS);
    expect(expected.length).toBeLessThan(690);
    expect(await membersOf(runOf(template))).toEqual(expected.toSorted((a, b) => a - b));
  });
});

function keyOf(row: Answer, keyCount: number): string {
  return row.slice(0, keyCount).join(' | ');
}
