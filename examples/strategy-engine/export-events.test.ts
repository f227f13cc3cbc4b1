import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decisions } from '../../proto/index.ts';
import { EventStore } from './event-store.ts';
import { membershipToken } from './membership-token.ts';

const key = Buffer.alloc(32, 3);
const main = new URL('./export-events.ts', import.meta.url).pathname;
const tokenOf = (email: string): Buffer => Buffer.from(membershipToken(key, 'email', email), 'base64url');
const { EXPOSURE, CONVERSION } = decisions.EventKind;
const startMs = Date.parse('2026-03-01T10:00:00Z');
const hour = (n: number): number => startMs + n * 3_600_000;

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'export-events-'));
  const store = new EventStore(directory);
  const assigned = { strategy: 'win-back', audience: 'cart', scene: 'feed' };
  store.assign([
    { ...assigned, token: tokenOf('ana@example.com'), arm: 'A', atMs: hour(1) },
    { ...assigned, token: tokenOf('bo@example.com'), arm: 'hold-out', atMs: hour(2) },
    { ...assigned, token: tokenOf('stranger@example.com'), arm: 'B', atMs: hour(2) },
    // A second arm never takes the place of the first.
    { ...assigned, token: tokenOf('bo@example.com'), arm: 'A', atMs: hour(3) },
  ]);
  const event = (eventId: string, email: string, kind: decisions.EventKind, rest: Partial<decisions.Event>) =>
    decisions.Event.create({ eventId, token: tokenOf(email), kind, ...rest });
  store.record([
    event('1', 'ana@example.com', EXPOSURE, { strategy: 'win-back', scene: 'feed', atMs: BigInt(hour(1)) }),
    event('2', 'ana@example.com', EXPOSURE, { strategy: 'win-back', scene: 'cart', atMs: BigInt(hour(3)) }),
    event('3', 'ana@example.com', CONVERSION, { value: 12.5, atMs: BigInt(hour(4)) }),
    event('4', 'ana@example.com', CONVERSION, { value: 99, atMs: BigInt(hour(0)) }),
    event('5', 'bo@example.com', CONVERSION, { value: 7, atMs: BigInt(hour(5)) }),
    event('6', 'cy@example.com', CONVERSION, { value: 8, atMs: BigInt(hour(5)) }),
  ]);
  store.close();
  const members = ['member_id,email', 'm1, Ana@example.com', '"m,2",bo@example.com', 'm3,cy@example.com', ''];
  writeFileSync(join(directory, 'members.csv'), members.join('\n'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function exported(...rest: readonly string[]): { counts: unknown; lines: string[][] } {
  const paths = ['--data', directory, '--members', join(directory, 'members.csv'), '--out', join(directory, 'out.csv')];
  const args = [main, ...paths, '--token-key', key.toString('hex'), '--by', 'member_id', ...rest];
  const counts: unknown = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  return { counts, lines: parse(readFileSync(join(directory, 'out.csv'))) };
}

describe('the export of events', () => {
  it('has a line for each assignment, the hold-out included, and for what the assigned saw and did from then on', () => {
    const { counts, lines } = exported();
    expect(counts).toEqual({ members: 3, lines: 6 });
    expect(lines).toEqual([
      ['member_id', 'audience', 'strategy', 'scene', 'arm', 'kind', 'at', 'value'],
      ['m1', 'cart', 'win-back', 'feed', 'A', 'assignment', '2026-03-01T11:00:00.000Z', '0.00'],
      ['m1', 'cart', 'win-back', 'feed', 'A', 'exposure', '2026-03-01T11:00:00.000Z', '0.00'],
      ['m1', 'cart', 'win-back', 'cart', 'A', 'exposure', '2026-03-01T13:00:00.000Z', '0.00'],
      ['m1', 'cart', 'win-back', 'feed', 'A', 'conversion', '2026-03-01T14:00:00.000Z', '12.50'],
      ['m,2', 'cart', 'win-back', 'feed', 'hold-out', 'assignment', '2026-03-01T12:00:00.000Z', '0.00'],
      ['m,2', 'cart', 'win-back', 'feed', 'hold-out', 'conversion', '2026-03-01T15:00:00.000Z', '7.00'],
    ]);
  });

  it('has a line for each person and strategy in the form that effects are measured on, with its schema', () => {
    const { lines } = exported('--form', 'persons', '--schema', join(directory, 'schema.json'));
    expect(lines.slice(1)).toEqual([
      ['m1', 'cart', 'win-back', 'feed', 'A', '2026-03-01T11:00:00.000Z', '2', '1', '12.50'],
      ['m,2', 'cart', 'win-back', 'feed', 'hold-out', '2026-03-01T12:00:00.000Z', '0', '1', '7.00'],
    ]);
    const schema = JSON.parse(readFileSync(join(directory, 'schema.json'), 'utf8')) as { columns: { name: string }[] };
    expect(schema.columns.map(({ name }) => name)).toEqual(lines[0]);
    expect(schema.columns[0]).toEqual({ name: 'member_id', kind: 'member_id', nullable: false });
  });

  it('names the column that the list of members lacks', () => {
    const paths = [
      '--data',
      directory,
      '--members',
      join(directory, 'members.csv'),
      '--out',
      join(directory, 'no.csv'),
    ];
    const args = [main, ...paths, '--token-key', key.toString('hex'), '--identifier', 'phone'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('has no column `phone`');
  });
});
