// The story of eight audiences, a tenth of its size: what was planted in the made-up market is found again by protected
// questions alone, and nobody was lost on the way.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Arm, armShares, segments } from '../../examples/nivea/market.ts';

const run = promisify(execFile);
const main = new URL('../../examples/nivea/main.ts', import.meta.url).pathname;
const PEOPLE = 8_000;
const TELLING_MS = 600_000;
/** In units of the half of a 95 % interval: an honest story fails once in a million times. */
const FAR = 2.8;

interface Told {
  readonly audiences: readonly {
    readonly name: string;
    readonly size: number;
    readonly arms: readonly { arm: Arm; persons: number; uplift: number | null; ci95: [number, number] | null }[];
    readonly uplift: number;
    readonly ci95: [number, number];
  }[];
  readonly delivered: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly plot: string;
}

/** Folders that stories of this machine have made. */
const foldersOfStories = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('galley-nivea-'));

let before: string[];
let folder: string;
let told: Told;

beforeAll(async () => {
  before = foldersOfStories();
  folder = mkdtempSync(join(tmpdir(), 'galley-plot-'));
  const args = ['--people', String(PEOPLE), '--json', '--plot', join(folder, 'uplift.svg')];
  const { stdout } = await run(process.execPath, [main, ...args]);
  told = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Told;
}, TELLING_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the story of eight audiences', () => {
  it('loses nobody, doubles nobody, and sweeps everything but the plot', () => {
    expect(told).toMatchObject({ duplicates: 0, lost: 0 });
    expect(told.delivered).toBeGreaterThan(0.8 * PEOPLE);
    expect(readdirSync(folder)).toEqual(['uplift.svg']);
    expect(foldersOfStories()).toEqual(before);
  });

  it('has eight audiences, each with its arms and a size', () => {
    expect(told.audiences.map(({ name }) => name).toSorted()).toEqual(segments.map(({ name }) => name).toSorted());
    for (const { arms, size } of told.audiences) {
      expect(arms.map(({ arm }) => arm).toSorted()).toEqual(Object.keys(armShares).toSorted());
      expect(size).toBeGreaterThan(200);
    }
  });

  it.each(segments)('finds what was planted in $name', ({ name, liftPercent }) => {
    const found = told.audiences.find((one) => one.name === name);
    for (const { arm, uplift, ci95 } of found?.arms ?? []) {
      if (arm === 'hold-out') continue;
      const half = ((ci95?.[1] ?? 0) - (ci95?.[0] ?? 0)) / 2;
      expect(half, arm).toBeGreaterThan(0);
      expect(Math.abs((uplift ?? 0) - liftPercent[arm] / 100), arm).toBeLessThan(FAR * half);
    }
  });

  it('draws every audience', () => {
    expect(existsSync(told.plot)).toBe(true);
    const plot = readFileSync(told.plot, 'utf8');
    expect(plot).toContain('<svg');
    for (const { name } of segments) expect(plot).toContain(name);
  });
});
