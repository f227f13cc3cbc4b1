import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventDays, eventsOf, saleDayIndex } from './events.ts';
import { type Arm, armOf, emailOf, isMember, memberCount } from './people.ts';
import { eventRows, memberRows, orderRows, profileRows } from './rows.ts';
import { writeRows } from './write-rows.ts';

const market = { people: 20_000, seed: 11 };
const head = (rows: Iterable<string>): string[][] => Array.from(rows, (row) => row.split(',')).slice(1);
const people = Array.from({ length: market.people }, (_, index) => index);
const events = people.map((person) => eventsOf(market, person));

describe('the made-up sale', () => {
  it('is the same for the same seed and another for another', () => {
    const small = { people: 200, seed: 11 };
    for (const rows of [profileRows, eventRows, memberRows, orderRows]) {
      expect([...rows(small)]).toEqual([...rows(small)]);
      expect([...rows(small)]).not.toEqual([...rows({ people: 200, seed: 12 })]);
    }
  });

  it('has one profile a person and about six events, at least one each, over 60 days', () => {
    expect(new Set(head(profileRows(market)).map(([email]) => email)).size).toBe(market.people);
    const counts = events.map((all) => all.length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
    const mean = counts.reduce((sum, count) => sum + count, 0) / market.people;
    expect(mean).toBeGreaterThan(5.5);
    expect(mean).toBeLessThan(6.8);
    expect(new Set(events.flat().map((event) => event.dayIndex)).size).toBe(eventDays);
  });

  it('has a heavy tail: the busiest one in a hundred do over a tenth of everything', () => {
    const counts = events.map((all) => all.length).sort((one, other) => other - one);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const top = counts.slice(0, market.people / 100).reduce((sum, count) => sum + count, 0);
    expect(top / total).toBeGreaterThan(0.1);
    expect(counts[0]).toBeGreaterThan(100);
  });

  it('peaks on the day of the sale at five times an ordinary day or more', () => {
    const perDay = new Array<number>(eventDays).fill(0);
    for (const { dayIndex } of events.flat()) perDay[dayIndex] = (perDay[dayIndex] ?? 0) + 1;
    expect(perDay[saleDayIndex]).toBeGreaterThan(5 * (perDay[10] ?? 0));
  });

  it('has half as many members as people, 60 in 100 of them known to the platform', () => {
    const known = new Set(people.map((person) => emailOf(market, person)));
    const addresses = head(memberRows(market)).map(([email = '']) => email.trim().toLowerCase().replace('+shop@', '@'));
    const usable = addresses.filter((email) => /^[^ @]+@[^ @]+\.[a-z]+$/u.test(email));
    expect(new Set(usable).size).toBe(memberCount(market));
    expect(memberCount(market)).toBe(market.people / 2);
    expect(usable.filter((email) => known.has(email)).length / usable.length).toBeCloseTo(0.6, 5);
  });

  it('has addresses as messy as real ones, a few of them unusable, all of domains that belong to nobody', () => {
    const addresses = head(memberRows(market)).map(([email = '']) => email);
    const share = (test: (email: string) => boolean): number => addresses.filter(test).length / addresses.length;
    expect(share((email) => email !== email.trim().toLowerCase())).toBeGreaterThan(0.1);
    expect(share((email) => email.includes('+shop@'))).toBeGreaterThan(0.005);
    const unusable = share((email) => !/^[^ @]+@[^ @]+\.[a-z]+$/iu.test(email.trim()));
    expect(unusable).toBeGreaterThan(0.001);
    expect(unusable).toBeLessThan(0.005);
    const domains = addresses
      .map((email) => email.trim().toLowerCase())
      .filter((email) => /\.\d+(\+shop)?@/u.test(email));
    expect(domains.every((email) => /@example\.(com|net)$/u.test(email))).toBe(true);
  });

  it('lets the coupon sell more than the gift, and the gift more than nothing', () => {
    const purchases: Record<Arm, number> = { coupon: 0, gift: 0, control: 0 };
    const members: Record<Arm, number> = { coupon: 0, gift: 0, control: 0 };
    for (const person of people.filter(isMember)) {
      const arm = armOf(market, person);
      members[arm] += 1;
      purchases[arm] += (events[person] ?? []).filter((event) => event.kind === 'purchase').length;
    }
    const rate = (arm: Arm): number => purchases[arm] / members[arm];
    expect(rate('coupon')).toBeGreaterThan(rate('gift') * 1.1);
    expect(rate('gift')).toBeGreaterThan(rate('control') * 1.1);
  });

  it('is written to a file whole, and every row is told to the progress bar', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'double-eleven-'));
    const path = join(directory, 'events.csv');
    let told = 0;
    const written = await writeRows(path, eventRows(market), (count) => {
      told += count;
    });
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    rmSync(directory, { recursive: true });
    expect(written).toBe(events.flat().length);
    expect(lines.length).toBe(written + 1);
    expect(told).toBe(written);
  });
});
