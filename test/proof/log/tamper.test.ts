// Whoever has the machine has the log's files, and perhaps its key. Everything they can do to the history is done here,
// at places chosen by chance: in a copy of the files, in the folder that the service opens, and with the log's own key.
// Each deed must be found, by its name and at its place.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signerFromSeed } from '../../../audit/checkpoint/checkpoint-signer.ts';
import { localDisk } from '../../../audit/disk/index.ts';
import { toLeaf } from '../../../audit/entry/leaf.ts';
import {
  type EntryBody,
  formatAddCheckpoint,
  leafHash,
  openLog,
  parseCheckpoint,
  parseSplitView,
  verifySplitView,
  Witness,
} from '../../../audit/index.ts';
import { openLogOn } from '../../../audit/log/open-log.ts';
import { CompactRange, TILE_WIDTH_HASHES, tilePath } from '../../../audit/merkle/index.ts';
import {
  entriesOfScenes,
  lawfulNight,
  NIGHT_MECHANISMS,
  type Scene,
  scene,
} from '../../../audit/testdata/lawful-night.ts';
import { encodeBundle } from '../../../audit/tiles/entry-bundle.ts';
import { decodeBundle } from '../../../audit/tiles/index.ts';
import { mirrorSource } from '../../../cli/auditor/log-source.ts';
import { type AuditorKnowledge, verifySource } from '../../../cli/auditor/verify-source.ts';
import { Choices, campaignSeed } from '../../fuzz/choices.ts';
import { tally } from '../../support/tally.ts';

const isLong = process.env.GALLEY_LONG === '1';
/** Times that each deed is done, each time elsewhere. */
const TIMES_COUNT = isLong ? 40 : 3;
const TEST_TIMEOUT_MS = isLong ? 1_800_000 : 120_000;
/** Questions behind the night: the log is more than two bundles long. */
const QUESTIONS_COUNT = 120;

const origin = 'kitchen.example/log';
const signer = signerFromSeed(origin, Buffer.alloc(32, 7));
const { verifierKey } = signer;
const choices = new Choices(campaignSeed);
/** So small that bundles leave the journal, which would give back what was changed in them. */
const limits = { writeAtWaitingBytes: 60_000, writeAtWaitingLeaves: 256, maxJournalBytes: 20_000 };
let folder = '';
/** The log's folder, as an honest service left it, and an older copy of it. */
let honest = '';
let backup = '';
let entries: readonly EntryBody[] = [];
let seen = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galley-tamper-'));
  honest = join(folder, 'honest');
  backup = join(folder, 'backup');
  entries = entriesOfScenes([
    ...lawfulNight(),
    ...Array.from({ length: QUESTIONS_COUNT }, (_, nth) => question(nth)).flat(),
  ]);
  await append(entries.slice(0, 500));
  await cp(honest, backup, { recursive: true });
  await append(entries.slice(500));
  seen = await readFile(join(honest, 'checkpoint'), 'utf8');
}, TEST_TIMEOUT_MS);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function append(more: readonly EntryBody[]): Promise<void> {
  const log = await openLogOn(localDisk, { directory: honest, origin, signer }, limits);
  for (let start = 0; start < more.length; start += 50) {
    await Promise.all(more.slice(start, start + 50).map((entry) => log.append(entry)));
  }
  await log.checkpoint();
  await log.close();
}

/** A question that a table answers whose owners bear a great deal: charges stay within the night's limits. */
function question(nth: number): Scene[] {
  const id = `q-more-${nth}`;
  const asked = { question: id, actingFor: 'noodle-house' };
  const nothing = { ...NIGHT_MECHANISMS, events: [] };
  return [
    scene(`submit ${id}`, 'question-submitted', asked),
    scene(`admit ${id}`, 'question-admitted', { question: id, mechanisms: nothing, tables: [] }),
    scene(`reuse ${id}`, 'release-reused', { question: id }),
    scene(`read ${id}`, 'release-read', { question: id }),
  ];
}

let copies = 0;
async function copyOf(directory: string): Promise<string> {
  copies += 1;
  const copy = join(folder, `copy-${copies}`);
  await cp(directory, copy, { recursive: true });
  return copy;
}

const leaves = () => entries.map(toLeaf);

/** Puts other entries into the bundles of a log's folder, which keeps its checkpoint and its hashes. */
async function putEntries(directory: string, other: readonly Uint8Array[]): Promise<void> {
  await rm(join(directory, 'tile/entries'), { recursive: true });
  for (let start = 0; start < other.length; start += TILE_WIDTH_HASHES) {
    const bundle = other.slice(start, start + TILE_WIDTH_HASHES);
    const path = join(directory, tilePath('entries', start / TILE_WIDTH_HASHES, bundle.length));
    await cp(join(honest, 'checkpoint'), path, { recursive: true });
    await writeFile(path, encodeBundle(bundle));
  }
}

/** A log's folder that the holder of its key wrote anew: sound in itself. */
async function rewritten(other: readonly EntryBody[], by = signer): Promise<string> {
  copies += 1;
  const directory = join(folder, `rewritten-${copies}`);
  const log = await openLog({ directory, origin, signer: by });
  await Promise.all(other.map((entry) => log.append(entry)));
  await log.checkpoint();
  await log.close();
  return directory;
}

async function faultOf(directory: string, known: Partial<AuditorKnowledge> = {}) {
  const source = await mirrorSource(directory);
  const verifying = verifySource(source, { verifierKey, seenCheckpoints: [], ...known });
  return await verifying.then(
    () => undefined,
    (error: { code?: string; leafIndex?: number | null }) => ({ code: error.code, leafIndex: error.leafIndex }),
  );
}

/** One deed, and how it must be found. */
interface Deed {
  readonly directory: string;
  readonly known?: Partial<AuditorKnowledge>;
  readonly code: string;
  readonly leafIndex?: number | null;
}

/** Does a deed a number of times and counts those that were found. */
async function find(does: () => Promise<Deed>): Promise<void> {
  let found = 0;
  for (let time = 0; time < TIMES_COUNT; time += 1) {
    const { directory, known, code, leafIndex } = await does();
    const fault = await faultOf(directory, known);
    expect(fault).toMatchObject({ code, ...(leafIndex === undefined ? {} : { leafIndex }) });
    found += 1;
    await rm(directory, { recursive: true, force: true });
  }
  tally('tampers', TIMES_COUNT);
  tally('tampersDetected', found);
}

const anyIndex = () => choices.below(entries.length);

describe('a copy of the log', () => {
  it('verifies when nobody touched it', { timeout: TEST_TIMEOUT_MS }, async () => {
    expect(await faultOf(honest, { seenCheckpoints: [seen] })).toBeUndefined();
    expect(await faultOf(backup)).toBeUndefined();
  });

  it('is found with a bit of any entry flipped', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const directory = await copyOf(honest);
      const leafIndex = anyIndex();
      const leaf = Buffer.from(leaves()[leafIndex] as Uint8Array);
      const bit = choices.below(leaf.byteLength * 8);
      leaf[bit >> 3] = (leaf[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await putEntries(directory, leaves().with(leafIndex, leaf));
      return { directory, code: 'ENTRY_ALTERED', leafIndex };
    }),
  );

  it('is found with an entry dropped', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const directory = await copyOf(honest);
      const leafIndex = anyIndex();
      await putEntries(directory, leaves().toSpliced(leafIndex, 1));
      return { directory, code: 'ENTRY_DROPPED', leafIndex };
    }),
  );

  it('is found with two entries exchanged', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const directory = await copyOf(honest);
      const [one, other] = [choices.below(300), 300 + choices.below(entries.length - 300)];
      const all = leaves();
      await putEntries(directory, all.with(one, all[other] as Uint8Array).with(other, all[one] as Uint8Array));
      return { directory, code: 'ENTRY_MOVED', leafIndex: one };
    }),
  );

  it('is found with an entry told twice', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const directory = await copyOf(honest);
      const leafIndex = anyIndex();
      await putEntries(directory, leaves().toSpliced(leafIndex, 0, leaves()[leafIndex] as Uint8Array));
      const isLast = leafIndex === entries.length - 1;
      // Behind the last entry nothing was signed: whoever reads as far as the checkpoint says never sees it.
      if (isLast) await putEntries(directory, leaves().toSpliced(4, 0, leaves()[4] as Uint8Array));
      return { directory, code: 'ENTRY_REPEATED', leafIndex: isLast ? 5 : leafIndex + 1 };
    }),
  );

  it('is found with an entry dated back', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const directory = await copyOf(honest);
      const leafIndex = anyIndex();
      const body = entries[leafIndex] as EntryBody;
      await putEntries(directory, leaves().with(leafIndex, toLeaf({ ...body, at: '2031-04-30T20:00:00.000Z' })));
      return { directory, code: 'ENTRY_ALTERED', leafIndex };
    }),
  );

  it('is found cut off, at any place', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const directory = await copyOf(honest);
      const leafIndex = 1 + choices.below(entries.length - 1);
      await putEntries(directory, leaves().slice(0, leafIndex));
      return { directory, code: 'ENTRY_DROPPED', leafIndex };
    }),
  );

  it('is found with the leaves of an old backup under its newest checkpoint', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const directory = await copyOf(backup);
      await cp(join(honest, 'checkpoint'), join(directory, 'checkpoint'));
      return { directory, code: 'TILE_MISSING', leafIndex: 256 };
    }),
  );

  it('is found with its checkpoint changed, or signed by another key', { timeout: TEST_TIMEOUT_MS }, async () => {
    const note = await readFile(join(honest, 'checkpoint'), 'utf8');
    await find(async () => {
      const directory = await copyOf(honest);
      await writeFile(join(directory, 'checkpoint'), note.replace(`\n${entries.length}\n`, `\n${anyIndex()}\n`));
      return { directory, code: 'SIGNATURE_WRONG', leafIndex: null };
    });
    await find(async () => {
      const directory = await copyOf(honest);
      const { treeSize, rootHash } = parseCheckpoint(note);
      const stranger = signerFromSeed(origin, Buffer.alloc(32, 1 + choices.below(5)));
      await writeFile(join(directory, 'checkpoint'), await stranger.sign({ treeSize, rootHash }));
      return { directory, code: 'SIGNATURE_MISSING', leafIndex: null };
    });
  });
});

describe('the folder that the service opens', () => {
  /** Why the log is not opened or not read; undefined when it shows exactly what was appended. */
  const refusal = async (directory: string) => {
    try {
      const log = await openLog({ directory, origin, signer });
      try {
        const read = await Array.fromAsync(log.read(0, log.treeSize));
        expect(read.map(({ leaf }) => Buffer.from(leaf))).toEqual(leaves());
        return undefined;
      } finally {
        await log.close();
      }
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  };

  it('is refused, or not read, when entries in it were changed', { timeout: TEST_TIMEOUT_MS }, async () => {
    let found = 0;
    for (let time = 0; time < TIMES_COUNT; time += 1) {
      const directory = await copyOf(honest);
      // What is still in the journal is written again from it; the first bundle has left it long ago.
      const index = choices.below(2);
      const path = join(directory, tilePath('entries', index));
      const bundle = await readFile(path);
      const bit = choices.below(bundle.byteLength * 8);
      bundle[bit >> 3] = (bundle[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(path, bundle);
      const isStillBundle = decodeBundle(bundle)?.length === TILE_WIDTH_HASHES;
      if (isStillBundle) expect(await faultOf(directory)).toMatchObject({ code: 'ENTRY_ALTERED' });
      expect(['LOG_CORRUPT', ...(index === 0 ? [] : [undefined])]).toContain(await refusal(directory));
      found += 1;
    }
    tally('tampers', TIMES_COUNT);
    tally('tampersDetected', found);
  });

  it('is refused with the leaves of a backup and the newest checkpoint', { timeout: TEST_TIMEOUT_MS }, async () => {
    const directory = await copyOf(backup);
    await cp(join(honest, 'checkpoint'), join(directory, 'checkpoint'));
    expect(await refusal(directory)).toBe('CHECKPOINT_CONTRADICTS_LOG');
    tally('tampers', 1);
    tally('tampersDetected', 1);
  });

  it('is refused under another key', { timeout: TEST_TIMEOUT_MS }, async () => {
    const directory = await copyOf(honest);
    const other = signerFromSeed(origin, Buffer.alloc(32, 9));
    await expect(openLog({ directory, origin, signer: other })).rejects.toMatchObject({
      code: 'CHECKPOINT_CONTRADICTS_LOG',
    });
    tally('tampers', 1);
    tally('tampersDetected', 1);
  });
});

describe('a log that its own operator wrote anew and signed', () => {
  it('is found by whoever saw the first, with evidence', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const at = choices.below(entries.length - 1);
      const directory = await rewritten(entries.with(at, other(at)));
      const evidence: string[] = [];
      const known = { seenCheckpoints: [seen], keepEvidence: (text: string) => void evidence.push(text) };
      expect(await faultOf(directory, known)).toMatchObject({ code: 'LOG_FORKED' });
      const shown = verifySplitView(parseSplitView(evidence[0] ?? ''), verifierKey);
      expect(shown).toMatchObject({ origin, treeSize: entries.length });
      return { directory, known, code: 'LOG_FORKED', leafIndex: 0 };
    }),
  );

  it('is found when it was put back to a backup, or cut off', { timeout: TEST_TIMEOUT_MS }, async () => {
    const known = { seenCheckpoints: [seen] };
    await find(async () => ({ directory: await copyOf(backup), known, code: 'LOG_ROLLED_BACK', leafIndex: 500 }));
    await find(async () => {
      const size = 1 + choices.below(entries.length - 1);
      const directory = await rewritten(entries.slice(0, size));
      return { directory, known, code: 'LOG_ROLLED_BACK', leafIndex: size };
    });
  });

  it('is found when it goes on from a backup in another way', { timeout: TEST_TIMEOUT_MS }, () =>
    find(async () => {
      const more = Array.from({ length: 400 }, (_, nth) => other(Math.min(500 + nth, entries.length - 1)));
      const directory = await rewritten([...entries.slice(0, 500), ...more]);
      const old = await readFile(join(backup, 'checkpoint'), 'utf8');
      return { directory, known: { seenCheckpoints: [old, seen] }, code: 'LOG_FORKED', leafIndex: 500 };
    }),
  );

  it('is found when nobody saw another, by what it says', { timeout: TEST_TIMEOUT_MS }, async () => {
    const [released, charged] = ['release-made', 'budget-reserved'].map((kind) =>
      entries.findIndex((entry) => entry.kind === kind),
    ) as [number, number];
    const admitted = entries.findIndex(({ kind }) => kind === 'question-admitted');
    const late = { ...(entries[charged] as EntryBody), at: entries.at(-1)?.at ?? '' };
    const less = { ...(entries[charged] as EntryBody), subject: { ...entries[charged]?.subject, rho: 2 ** -9 } };
    const deeds: readonly (readonly [EntryBody[], string, number])[] = [
      [entries.toSpliced(charged, 1), 'MECHANISMS_NOT_RESERVED', admitted - 1],
      [entries.toSpliced(admitted, 1), 'RELEASE_NOT_ADMITTED', released - 1],
      [[...entries, late], 'RESERVED_AFTER_RELEASE', entries.length],
      [entries.with(charged, less), 'CHARGE_NOT_OF_MECHANISMS', admitted],
    ];
    for (const [history, code, leafIndex] of deeds) {
      const directory = await rewritten(history);
      expect(await faultOf(directory)).toMatchObject({ code, leafIndex });
    }
    tally('tampers', deeds.length);
    tally('tampersDetected', deeds.length);
  });

  it('is signed by no witness that signed the first, which keeps evidence', { timeout: TEST_TIMEOUT_MS }, async () => {
    const witness = await Witness.open({
      directory: join(folder, 'witness'),
      name: 'witness.example/w1',
      logs: [{ origin, verifierKeys: [verifierKey] }],
    });
    const asked = (note: string, oldSize: number) =>
      witness.addCheckpoint(formatAddCheckpoint({ oldSize, proof: [], note }));
    expect(await asked(seen, 0)).toMatchObject({ status: 200 });
    // Put back: the witness says how far it has seen.
    const old = await readFile(join(backup, 'checkpoint'), 'utf8');
    expect(await asked(old, 500)).toMatchObject({ status: 409, body: `${entries.length}\n` });
    const fork = await signedTree(entries.with(3, other(3)));
    const { status, evidence } = await asked(fork, entries.length);
    expect(status).toBe(422);
    const shown = verifySplitView(parseSplitView(await readFile(evidence ?? '', 'utf8')), verifierKey);
    expect(shown.treeSize).toBe(entries.length);
    await witness.close();
    tally('tampers', 2);
    tally('tampersDetected', 2);
  });
});

/** Another entry than the log has at a place, of the same time. */
function other(at: number): EntryBody {
  const { at: time } = entries[at] as EntryBody;
  return { kind: 'log-read', at: time, actor: null, collaboration: null, subject: { from: 0, until: at, kind: '' } };
}

async function signedTree(history: readonly EntryBody[]): Promise<string> {
  const tree = new CompactRange();
  for (const entry of history) tree.append(leafHash(toLeaf(entry)));
  return await signer.sign({ treeSize: tree.size, rootHash: tree.root() });
}
