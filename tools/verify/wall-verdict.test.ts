import { describe, expect, it } from 'vitest';
import { isHolding, readAttacks, wallLastLineOf, wallVerdictOf } from './wall-verdict.ts';

const held = {
  category: 'files',
  attack: 'reads a file',
  isEscape: false,
  isLeftOut: false,
  stoppedBy: 'namespaces alone',
};
const counts = { hostileSyscalls: 9_000, hostileFiles: 700, serviceCrashes: 0 };

describe('the last line of a verification of the wall', () => {
  it('has the five fields in their order', () => {
    expect(wallLastLineOf(wallVerdictOf([held, held], counts))).toBe(
      '{"attacks":2,"escaped":0,"hostileSyscalls":9000,"hostileFiles":700,"serviceCrashes":0}',
    );
  });

  it('is good when nothing escaped, nothing crashed and everything was tried', () => {
    expect(isHolding(wallVerdictOf([held], counts), 0)).toBe(true);
  });

  it('counts no attack that could not be tried', () => {
    expect(wallVerdictOf([held, { ...held, isLeftOut: true }], counts).attacks).toBe(1);
    expect(isHolding(wallVerdictOf([{ ...held, isLeftOut: true }], counts), 0)).toBe(false);
  });

  it('is bad for one escape among many', () => {
    const verdict = wallVerdictOf([held, { ...held, isEscape: true }, held], counts);
    expect(verdict.escaped).toBe(1);
    expect(isHolding(verdict, 0)).toBe(false);
  });

  it.each(['hostileSyscalls', 'hostileFiles', 'serviceCrashes'] as const)('is bad when nobody counted %s', (name) => {
    expect(isHolding(wallVerdictOf([held], { ...counts, [name]: null }), 0)).toBe(false);
  });

  it.each(['hostileSyscalls', 'hostileFiles'] as const)('is bad when %s tried nothing', (name) => {
    expect(isHolding(wallVerdictOf([held], { ...counts, [name]: 0 }), 0)).toBe(false);
  });

  it('is bad without an attack, with a crash, and with a failed test', () => {
    expect(isHolding(wallVerdictOf([], counts), 0)).toBe(false);
    expect(isHolding(wallVerdictOf([held], { ...counts, serviceCrashes: 1 }), 0)).toBe(false);
    expect(isHolding(wallVerdictOf([held], counts), 1)).toBe(false);
  });
});

describe('the attacks of a run', () => {
  it('are read line by line', () => {
    expect(readAttacks(`${JSON.stringify(held)}\n${JSON.stringify(held)}\n`)).toEqual([held, held]);
    expect(readAttacks('')).toEqual([]);
  });

  it.each(['{"category":"files","att', '{}', '7', '{"category":"files","attack":"x","stoppedBy":"y","isEscape":"no"}'])(
    'are not believed with a broken line: %s',
    (line) => {
      expect(readAttacks(`${JSON.stringify(held)}\n${line}\n`)).toBeNull();
    },
  );
});
