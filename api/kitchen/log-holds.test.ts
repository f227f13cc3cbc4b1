import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AuditLog, openCheckpointKey, openLog } from '../../audit/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { assertLogHolds } from './log-holds.ts';

let directory: string;
let store: Store;
let log: AuditLog;

const openAt = async () =>
  await openLog({
    directory: join(directory, 'log'),
    origin: 'kitchen.example/log',
    signer: await openCheckpointKey(join(directory, 'log.key'), 'kitchen.example/log'),
  });
const say = async () =>
  await log.append({
    kind: 'service-started',
    at: '2031-05-01T20:00:00.000Z',
    actor: null,
    collaboration: null,
    subject: {},
  });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'galley-put-back-'));
  store = await openStore(directory);
  log = await openAt();
});
afterEach(async () => {
  await store.close();
  await log.close();
  rmSync(directory, { recursive: true });
});

it('a log that was put back without the store is not gone on with', async () => {
  await say();
  await assertLogHolds(log, store);
  await log.close();
  cpSync(join(directory, 'log'), join(directory, 'backup'), { recursive: true });
  log = await openAt();
  const { leafIndex } = await say();
  const key = { kid: 'k', x: 'x', replaces: null, is_compromised: 0, leaf_index: leafIndex };
  await store.db.insertInto('receipt_keys').values(key).execute();
  await assertLogHolds(log, store);
  await log.close();
  rmSync(join(directory, 'log'), { recursive: true });
  cpSync(join(directory, 'backup'), join(directory, 'log'), { recursive: true });
  log = await openAt();
  await expect(assertLogHolds(log, store)).rejects.toThrow('put back to an earlier state');
});
