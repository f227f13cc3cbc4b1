import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { collectFiles } from '../../examples/strategy-engine/inbox/file-drop.ts';
import { StoreWriter } from '../../examples/strategy-engine/store-writer.ts';
import { strategy } from '../../proto/index.ts';
import { publicationOf, withdrawalOf } from '../../test/support/deliveries.ts';
import type { DestinationSender } from './destination-sender.ts';
import { openFileDropSender } from './file-drop-sender.ts';

const { KEPT, DONE, START_AGAIN, NEEDS_FULL } = strategy.DeliveryOutcome;
const root = mkdtempSync(join(tmpdir(), 'galley-drop-'));
const never = new AbortController().signal;
const tokenKey = Buffer.alloc(32, 5);

let identity: string;
let recipient: string;
let dropDirectory: string;
let folder: string;

beforeAll(async () => {
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
});
beforeEach(() => {
  dropDirectory = mkdtempSync(join(root, 'drop-'));
  folder = join(dropDirectory, 'shop');
  mkdirSync(folder);
});
afterAll(() => rmSync(root, { recursive: true }));

const drop = (fields = {}) => ({
  address: 'shop',
  recipient,
  collaboration_id: 'col-1',
  destination_id: 'files',
  ...fields,
});
const open = (fields = {}) => openFileDropSender(drop(fields), { dropDirectory, tokenKey });

async function send(sender: DestinationSender, parts: readonly strategy.Envelope[]) {
  const outcomes: strategy.DeliveryOutcome[] = [];
  for (const part of parts) outcomes.push((await sender.send(part, never)).outcome);
  return outcomes;
}

const batches = [Buffer.alloc(160, 1), Buffer.alloc(320, 2)];
const names = (): readonly string[] => readdirSync(folder).toSorted();

describe('a file drop', () => {
  it('has one file a publication, which the stock age program opens, and its manifest', async () => {
    const parts = publicationOf('aud-1', 3n, batches);
    expect(await send(await open(), parts)).toEqual([KEPT, KEPT, KEPT, DONE]);
    expect(names()).toEqual(['files.aud-1.3.age', 'files.aud-1.3.json']);
    const keyFile = join(root, 'identity');
    writeFileSync(keyFile, `${identity}\n`);
    const plain = execFileSync('age', ['--decrypt', '-i', keyFile, join(folder, 'files.aud-1.3.age')]);
    const lines = plain.toString().trimEnd().split('\n');
    expect(lines).toEqual(parts.map((part) => JSON.stringify(strategy.Envelope.toJSON(part))));
    const sealed = readFileSync(join(folder, 'files.aud-1.3.age'));
    expect(sealed.includes(batches[1]?.toString('base64') ?? '')).toBe(false);
  });

  it('is collected by the engine in order, each file once, and a strange one is left alone', async () => {
    const engine = await StoreWriter.open({ directory: mkdtempSync(join(root, 'engine-')), identifier: 'email' });
    const inbox = { folder, identity, tokenKey };
    await send(await open(), publicationOf('aud-1', 1n, batches));
    await send(await open(), publicationOf('aud-2', 4n, batches));
    const forged = JSON.parse(readFileSync(join(folder, 'files.aud-2.4.json'), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(folder, 'files.aud-9.9.json'), JSON.stringify({ ...forged, audience: 'aud-9' }));
    expect(await collectFiles(inbox, engine.take)).toBe(2);
    expect(names()).toEqual(['files.aud-9.9.json']);
    await send(await open(), [withdrawalOf('aud-1', 5n)]);
    expect(await collectFiles(inbox, engine.take)).toBe(1);
    await engine.close();
  });

  it('has only the newest of an audience: what was withdrawn cannot be collected any more', async () => {
    await send(await open(), publicationOf('aud-1', 1n, batches));
    await send(await open(), publicationOf('aud-10', 1n, batches));
    await send(await open(), publicationOf('aud-1', 2n, batches));
    expect(names().filter((name) => name.endsWith('.age'))).toEqual(['files.aud-1.2.age', 'files.aud-10.1.age']);
    await send(await open(), [withdrawalOf('aud-1', 3n)]);
    expect(names().filter((name) => name.endsWith('.age'))).toEqual(['files.aud-1.3.age', 'files.aud-10.1.age']);
  });

  it('shows nothing of a publication that was cut off, which begins anew', async () => {
    const parts = publicationOf('aud-1', 1n, batches);
    const cut = await open();
    await send(cut, parts.slice(0, 2));
    // The age command opens its file when the first bytes of the sealed stream leave it.
    await vi.waitFor(() => expect(names()).toEqual([expect.stringMatching(/^\.files\.aud-1\.[0-9a-f]{16}$/)]));
    const [, , second] = parts;
    const next = await open();
    expect(await send(next, [second as strategy.Envelope])).toEqual([START_AGAIN]);
    expect(await send(next, parts)).toEqual([KEPT, KEPT, KEPT, DONE]);
    expect(names()).toEqual(['files.aud-1.1.age', 'files.aud-1.1.json']);
    await cut.close();
    expect(names()).toEqual(['files.aud-1.1.age', 'files.aud-1.1.json']);
  });

  it('takes a batch once however often it comes, and no commit that does not fit', async () => {
    const [begin, first, second, commit] = publicationOf('aud-1', 1n, batches) as [
      strategy.Envelope,
      strategy.Envelope,
      strategy.Envelope,
      strategy.Envelope,
    ];
    const sender = await open();
    expect(await send(sender, [begin, second, first, first, second, commit])).toEqual([
      KEPT,
      KEPT,
      KEPT,
      KEPT,
      KEPT,
      DONE,
    ]);
    expect(await send(sender, [begin, first, commit])).toEqual([KEPT, KEPT, START_AGAIN]);
    const value = begin.part?.$case === 'begin' ? begin.part.value : strategy.PublicationBegin.create();
    const delta = {
      ...begin,
      part: { $case: 'begin' as const, value: { ...value, kind: strategy.PublicationKind.DELTA } },
    };
    expect(await send(sender, [delta])).toEqual([NEEDS_FULL]);
    await sender.close();
    expect(names()).toEqual(['files.aud-1.1.age', 'files.aud-1.1.json']);
  });

  it('is in a folder that the operator has made below its own, and not where a link leads', async () => {
    symlinkSync(root, join(dropDirectory, 'link'));
    const refused = { reason: 'destination-unreachable', status: 'NO_FOLDER' };
    await expect(open({ address: 'link' })).rejects.toMatchObject(refused);
    await expect(open({ address: 'nowhere' })).rejects.toMatchObject(refused);
    await expect(openFileDropSender(drop(), { dropDirectory: null, tokenKey })).rejects.toMatchObject({
      status: 'NO_DROP_DIRECTORY',
    });
  });

  it('that cannot be written to fails, and says by which code of the system alone', async () => {
    const sender = await open();
    rmSync(folder, { recursive: true });
    const failure = await sender.send(withdrawalOf('aud-1', 1n), never).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ reason: 'destination-failed', status: 'ENOENT' });
    expect(String((failure as Error).message)).not.toContain(folder);
  });
});
