import { describe, expect, it } from 'vitest';
import { isHolding, logLastLineOf, logVerdictOf } from './log-verdict.ts';

const clean = {
  kills: 40,
  lostEntries: 0,
  tampers: 120,
  tampersDetected: 120,
  replayed: 30,
  replayDiffers: 0,
  markersFound: 0,
};
const lines = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${JSON.stringify({ name, count })}\n`)
    .join('');

describe('the verdict on the log', () => {
  it('holds when everything was tried and nothing was found', () => {
    const verdict = logVerdictOf(lines(clean), 0);
    expect(verdict).toEqual({ counts: clean, complaints: [] });
    expect(isHolding(verdict)).toBe(true);
  });

  it('adds up what several tests counted', () => {
    const more = `${lines(clean)}${lines({ tampers: 3, tampersDetected: 3 })}`;
    expect(logVerdictOf(more, 0)).toMatchObject({ counts: { tampers: 123, tampersDetected: 123 }, complaints: [] });
  });

  it.each(['lostEntries', 'replayDiffers', 'markersFound'])('does not hold with one in `%s`', (name) => {
    expect(isHolding(logVerdictOf(lines({ ...clean, [name]: 1 }), 0))).toBe(false);
  });

  it.each([119, 121])('does not hold when %i of 120 tampers were detected', (tampersDetected) => {
    expect(isHolding(logVerdictOf(lines({ ...clean, tampersDetected }), 0))).toBe(false);
  });

  it('does not hold when a test failed', () => {
    expect(isHolding(logVerdictOf(lines(clean), 1))).toBe(false);
  });

  it.each(Object.keys(clean))('does not hold when nobody counted `%s`, and says so', (name) => {
    const { [name as keyof typeof clean]: _, ...others } = clean;
    const verdict = logVerdictOf(lines(others), 0);
    expect(verdict.counts).toMatchObject({ [name]: null });
    expect(verdict.complaints.join()).toContain(`nobody counted \`${name}\``);
    expect(isHolding(verdict)).toBe(false);
  });

  it.each(['kills', 'replayed'])('does not hold when `%s` is nothing', (name) => {
    expect(isHolding(logVerdictOf(lines({ ...clean, [name]: 0 }), 0))).toBe(false);
  });

  it('does not hold when nothing was tampered with', () => {
    expect(isHolding(logVerdictOf(lines({ ...clean, tampers: 0, tampersDetected: 0 }), 0))).toBe(false);
  });

  it('does not hold on a tally that was cut off', () => {
    expect(isHolding(logVerdictOf(lines(clean).slice(0, -3), 0))).toBe(false);
  });

  it('is one line of JSON with the names that were promised, in order', () => {
    const line = logLastLineOf(logVerdictOf(lines(clean), 0));
    expect(line).not.toContain('\n');
    expect(Object.keys(JSON.parse(line))).toEqual(Object.keys(clean));
  });
});
