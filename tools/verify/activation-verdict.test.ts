import { describe, expect, it } from 'vitest';
import { activationLastLineOf, activationVerdictOf, isHolding } from './activation-verdict.ts';

const clean = { kills: 30, lost: 0, duplicates: 0, revoked: 4 };
const lines = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${JSON.stringify({ name, count })}\n`)
    .join('');

describe('the verdict on activation', () => {
  it('holds when everything was tried and nothing was found', () => {
    const verdict = activationVerdictOf(lines(clean), 0);
    expect(verdict).toEqual({ ...clean, failed: 0 });
    expect(isHolding(verdict)).toBe(true);
  });

  it('adds up what several tests counted', () => {
    expect(activationVerdictOf(`${lines(clean)}${lines({ kills: 5 })}`, 0).kills).toBe(35);
  });

  it.each(['lost', 'duplicates'])('does not hold with one in `%s`', (name) => {
    expect(isHolding(activationVerdictOf(lines({ ...clean, [name]: 1 }), 0))).toBe(false);
  });

  it('does not hold when a test failed', () => {
    expect(isHolding(activationVerdictOf(lines(clean), 1))).toBe(false);
  });

  it.each(Object.keys(clean))('does not hold when nobody counted `%s`', (name) => {
    const { [name as keyof typeof clean]: _, ...others } = clean;
    const verdict = activationVerdictOf(lines(others), 0);
    expect(verdict).toMatchObject({ [name]: null, failed: 1 });
    expect(isHolding(verdict)).toBe(false);
  });

  it.each(['kills', 'revoked'])('does not hold when `%s` is nothing', (name) => {
    expect(isHolding(activationVerdictOf(lines({ ...clean, [name]: 0 }), 0))).toBe(false);
  });

  it('is one line of JSON with the names that were promised, in order', () => {
    const line = activationLastLineOf(activationVerdictOf(lines(clean), 0));
    expect(line).not.toContain('\n');
    expect(Object.keys(JSON.parse(line))).toEqual([...Object.keys(clean), 'failed']);
  });
});
