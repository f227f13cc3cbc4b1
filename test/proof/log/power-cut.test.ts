// The crash at the worst moment. A process is killed while it appends; and power is cut at any step of the log's own,
// where the disk keeps of what was not synced whatever it likes. What was acknowledged must be there afterwards, at its
// place, in the tree that was signed, and the log must go on.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signerFromSeed } from '../../../audit/checkpoint/checkpoint-signer.ts';
import {
  type AuditLog,
  checkFolder,
  checkpointOfMirror,
  leafHash,
  leavesOfMirror,
  parseCheckpoint,
  verifyLog,
} from '../../../audit/index.ts';
import { openLog, openLogOn } from '../../../audit/log/open-log.ts';
import { Choices, campaignSeed } from '../../fuzz/choices.ts';
import { tally } from '../../support/tally.ts';
import { ForgetfulDisk } from './forgetful-disk.ts';

const isLong = process.env.GALLEY_LONG === '1';
const PROCESS_KILLS_COUNT = isLong ? 200 : 4;
/** Kills that one log has to bear: each time all of it is read, and it grows. */
const KILLS_PER_LOG_COUNT = 20;
const POWER_CUTS_COUNT = isLong ? 600 : 24;
/** Cuts that one recorded life of a log is asked about. */
const CUTS_PER_LIFE_COUNT = 12;
const TEST_TIMEOUT_MS = isLong ? 3_600_000 : 120_000;

/** So small that a short life sees tiles written, and the journal begun anew, many times over. */
const limits = { writeAtWaitingBytes: 60_000, writeAtWaitingLeaves: 256, maxJournalBytes: 60_000 };

const origin = 'kitchen.example/log';
const signer = signerFromSeed(origin, Buffer.alloc(32, 7));
const program = join(import.meta.dirname, '..', '..', '..', 'audit', 'testdata', 'append-until-killed.ts');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galley-power-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a log gave away, with the step of the disk by which it had. */
interface Life {
  readonly entries: { readonly step: number; readonly leafIndex: number; readonly hash: string }[];
  readonly checkpoints: { readonly step: number; readonly note: string }[];
}

const noLife: Life = { entries: [], checkpoints: [] };
const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');

/** An entry of some length; what it says is nobody's business here. */
function body(turn: number, length: number) {
  const subject = { from: 0, until: turn, kind: 'x'.repeat(length) };
  return { kind: 'log-read', at: new Date().toISOString(), actor: null, collaboration: null, subject } as const;
}

async function appendBursts(log: AuditLog, disk: ForgetfulDisk, choices: Choices, bursts: number): Promise<Life> {
  const life: Life = { entries: [], checkpoints: [] };
  for (let burst = 0; burst < bursts; burst += 1) {
    const lengths = Array.from({ length: 1 + choices.below(60) }, () => choices.below(choices.of([30, 300, 9000])));
    const appending = lengths.map(async (length, turn) => {
      const { leafIndex, leafHash: hash } = await log.append(body(turn, length));
      life.entries.push({ step: disk.now, leafIndex, hash: hex(hash) });
    });
    if (choices.onceIn(4)) {
      const note = await log.checkpoint();
      life.checkpoints.push({ step: disk.now, note });
    }
    await Promise.all(appending);
  }
  return life;
}

/** A log that is opened some times on one disk, and given entries; nothing is synced that it did not sync itself. */
async function live(directory: string, disk: ForgetfulDisk, choices: Choices, starts: number): Promise<Life> {
  let life = noLife;
  for (let start = 0; start < starts; start += 1) {
    const log = await openLogOn(disk, { directory, origin, signer }, limits);
    const more = await appendBursts(log, disk, choices, 6);
    life = {
      entries: [...life.entries, ...more.entries],
      checkpoints: [...life.checkpoints, ...more.checkpoints],
    };
    await log.close();
  }
  return life;
}

/** What of a life was given away by a step. */
function until(step: number, { entries, checkpoints }: Life): Life {
  return {
    entries: entries.filter((entry) => entry.step <= step),
    checkpoints: checkpoints.filter((checkpoint) => checkpoint.step <= step),
  };
}

/** Opens what is left, looks for everything that was given away, lets it go on, and counts what is lost. */
async function lostOf(directory: string, { entries, checkpoints }: Life): Promise<number> {
  const sizes = checkpoints.map(({ note }) => parseCheckpoint(note).treeSize);
  if (sizes.length > 0) {
    const { treeSize } = parseCheckpoint(await checkpointOfMirror(directory));
    expect(treeSize, 'a checkpoint was given away before it was on disk').toBeGreaterThanOrEqual(Math.max(...sizes));
  }
  const log = await openLog({ directory, origin, signer });
  const hashes: string[] = [];
  for await (const { leaf } of log.read(0, log.treeSize)) hashes.push(hex(leafHash(leaf)));
  const lost = entries.filter(({ leafIndex, hash }) => hashes[leafIndex] !== hash).length;
  await log.append(body(0, 0));
  const checkpoint = await log.checkpoint();
  await log.close();
  const leaves = leavesOfMirror(directory, { untilIndex: parseCheckpoint(checkpoint).treeSize });
  const seenCheckpoints = checkpoints.map(({ note }) => note);
  await verifyLog({ leaves, checkpoint, verifierKey: signer.verifierKey, seenCheckpoints });
  expect((await checkFolder({ directory })).differences, 'files of the log do not fit its entries').toEqual([]);
  return lost;
}

/** Starts the appender, kills it so many milliseconds after its first acknowledgement, and adds what it acknowledged. */
async function appendAndKill(directory: string, delayMs: number, acknowledged: Map<number, string>): Promise<void> {
  const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  child.stdout.once('readable', () => setTimeout(() => child.kill('SIGKILL'), delayMs));
  const said = await text(child.stdout);
  expect(await exited).toEqual([null, 'SIGKILL']);
  // The last line may be cut short by the kill.
  for (const line of said.split('\n').slice(0, -1)) {
    const [index = '', hash = ''] = line.split(' ');
    expect(acknowledged.has(Number(index)), `index ${index} was given away twice`).toBe(false);
    acknowledged.set(Number(index), hash);
  }
}

describe('a log whose process is killed while it appends', () => {
  it('has every acknowledged entry, gives no index twice, and goes on, time after time', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const choices = new Choices(campaignSeed);
    let directory = '';
    let acknowledged = new Map<number, string>();
    let notes: string[] = [];
    let lostEntries = 0;
    for (let kill = 0; kill < PROCESS_KILLS_COUNT; kill += 1) {
      if (kill % KILLS_PER_LOG_COUNT === 0) {
        directory = join(folder, `killed-${kill}`);
        [acknowledged, notes] = [new Map(), []];
      }
      const before = acknowledged.size;
      await appendAndKill(directory, choices.below(60), acknowledged);
      expect(acknowledged.size).toBeGreaterThan(before);
      const entries = Array.from(acknowledged, ([leafIndex, hash]) => ({ step: 0, leafIndex, hash }));
      lostEntries += await lostOf(directory, { entries, checkpoints: notes.map((note) => ({ step: 0, note })) });
      notes.push(await checkpointOfMirror(directory));
    }
    expect(lostEntries, `seed ${campaignSeed}`).toBe(0);
    tally('kills', PROCESS_KILLS_COUNT);
    tally('lostEntries', lostEntries);
  });
});

describe('a log whose power is cut', () => {
  it('has every acknowledged entry at its place and keeps every checkpoint, wherever in its work that was', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const choices = new Choices(campaignSeed);
    let [kills, lostEntries] = [0, 0];
    for (let nth = 0; kills < POWER_CUTS_COUNT; nth += 1) {
      const directory = join(folder, `life-${nth}`);
      const disk = new ForgetfulDisk(directory);
      const life = await live(directory, disk, choices, 3);
      for (let cut = 0; cut < CUTS_PER_LIFE_COUNT; cut += 1) {
        const step = choices.below(disk.now + 1);
        const left = join(folder, `left-${nth}-${cut}`);
        disk.leaveAfter(step, choices, left);
        kills += 1;
        const known = until(step, life);
        if (choices.onceIn(3)) {
          // The second cut comes while the log recovers from the first, or soon after.
          const again = new ForgetfulDisk(left);
          const more = await live(left, again, choices, 1);
          const second = again.firstStep + choices.below(again.now - again.firstStep + 1);
          again.leaveAfter(second, choices, `${left}-again`);
          const later = until(second, more);
          const whole = {
            entries: [...known.entries, ...later.entries],
            checkpoints: [...known.checkpoints, ...later.checkpoints],
          };
          lostEntries += await lostOf(`${left}-again`, whole);
          kills += 1;
        } else {
          lostEntries += await lostOf(left, known);
        }
        for (const gone of [left, `${left}-again`]) await rm(gone, { recursive: true, force: true });
      }
      await rm(directory, { recursive: true, force: true });
    }
    expect(lostEntries, `seed ${campaignSeed}`).toBe(0);
    tally('kills', kills);
    tally('lostEntries', lostEntries);
  });
});
