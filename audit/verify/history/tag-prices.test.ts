import { describe, expect, it } from 'vitest';
import { ENTRY_VERSION } from '../../entry/entry.ts';
import type { JsonValue } from '../../entry/index.ts';
import { LogVerificationError } from '../../log-verification-error.ts';
import { entriesOfScenes, lawfulNight, type Scene, scene } from '../../testdata/lawful-night.ts';
import { change, drop, type Edit, placeOf } from '../../testdata/night-edits.ts';
import { LawfulHistory } from './lawful-history.ts';

const LIN = { principal: 'lin', member: 'data-wok' };
const CONSUMERS = ['collaboration/spring-menu', 'consumer/spring-menu/noodle-house', 'consumer/spring-menu/data-wok'];
const declared = (...rhos: readonly string[]): JsonValue => ({
  version: 1,
  events: rhos.map((rho) => ({ kind: 'declared', rho })),
});
const price = (dataset: string, rho: number): Scene => {
  const subject = {
    activation: 'act-1',
    accounts: [`owner/${dataset}`, ...CONSUMERS],
    rho,
    deltaSelection: 0,
    exact: false,
  };
  return scene(`price ${dataset}`, 'budget-reserved', subject, LIN);
};

/** The lawful night with a publication over tags of two owners, each of whom has a price. */
function pricedNight(): Scene[] {
  const night = lawfulNight();
  const priced = night.toSpliced(placeOf(night, 'activate'), 0, price('ds-1', 2 ** -7), price('ds-2', 2 ** -9));
  return change('activate', { mechanisms: declared('1/128', '1/512') })(priced);
}

function faultOf(...edits: readonly Edit[]): string | undefined {
  const history = new LawfulHistory();
  const night = edits.reduce((scenes, edit) => edit(scenes), pricedNight());
  for (const [leafIndex, body] of entriesOfScenes(night).entries()) {
    try {
      history.accept({ ...body, version: ENTRY_VERSION }, leafIndex);
    } catch (error) {
      if (!(error instanceof LogVerificationError)) throw error;
      return error.code;
    }
  }
  return undefined;
}

describe('the prices of tags', () => {
  it('are lawful where each owner is charged its own before the publication', () => {
    expect(faultOf()).toBe(undefined);
  });

  it.each<readonly [string, Edit, string]>([
    ['one was never charged', drop('price ds-2'), 'CHARGE_NOT_OF_MECHANISMS'],
    ['one was charged less than was declared', change('price ds-1', { rho: 2 ** -8 }), 'CHARGE_NOT_OF_MECHANISMS'],
    [
      'more was charged than was declared',
      change('activate', { mechanisms: declared('1/128') }),
      'CHARGE_NOT_OF_MECHANISMS',
    ],
    ['a price cannot be read', change('activate', { mechanisms: declared('x') }), 'CHARGE_UNREADABLE'],
    ['the asker was left out', change('price ds-1', { accounts: ['owner/ds-1'] }), 'CHARGE_MISSES_ACCOUNT'],
    ['an owner’s budget cannot bear it', change('price ds-1', { rho: 1 }), 'ACCOUNT_OVERSPENT'],
  ])('are found to be unlawful where %s', (_fact, edit, code) => {
    expect(faultOf(edit)).toBe(code);
  });
});
