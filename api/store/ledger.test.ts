import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LedgerAccount, openAccount, openStore, readAccounts, readCharges, reserve, type Store } from './index.ts';

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'galley-store-'));
  store = await openStore(directory);
  for (const account of ['dataset/a', 'dataset/b', 'consumer/x']) await open(account, 3);
});
afterEach(() => store.close());

// A stand-in for the arithmetic of `policies`: here epsilon is simply rho.
const isWithinBudget = (after: LedgerAccount) => after.rhoCharged <= after.epsilonLimit;

async function open(account: string, epsilonLimit: number): Promise<void> {
  const level = account.startsWith('dataset/') ? 'owner' : 'consumer';
  const limits = { epsilonLimit, deltaLimit: 1e-6 };
  await openAccount(store.db, { account, level, owner: 'acme', collaborationId: null, ...limits, nowMs: 1 });
}

function charge(subject: string, accounts: readonly string[], rho = 1) {
  const mechanisms = JSON.stringify([{ rho }]);
  return reserve(store.db, { accounts, charge: { rho, delta: 1e-9, mechanisms }, subject, nowMs: 2, isWithinBudget });
}

// Another process on the same file, which charges five times as fast as it can.
async function chargeInProcess(name: string): Promise<string[]> {
  const script = `
    const { openStore, reserve } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const { db, close } = await openStore(${JSON.stringify(directory)});
    const isWithinBudget = (after) => after.rhoCharged <= after.epsilonLimit;
    const charge = { rho: 1, delta: 0, mechanisms: '[]' };
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map((at) =>
      reserve(db, { accounts: ['dataset/a'], charge, subject: '${name}/' + at, nowMs: 2, isWithinBudget })));
    await close();
    console.log(JSON.stringify(outcomes.map((outcome) => outcome.reason?.name ?? outcome.status)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout);
}

const chargedTo = async (account: string) => (await readAccounts(store.db, [account])).get(account)?.rhoCharged;

describe('the ledger', () => {
  it('charges every account of a question', async () => {
    const after = await charge('question/1', ['dataset/a', 'consumer/x']);
    expect(after.map((account) => account.rhoCharged)).toEqual([1, 1]);
    expect(await chargedTo('dataset/a')).toBe(1);
    expect(await chargedTo('dataset/b')).toBe(0);
    expect(await readCharges(store.db, 'consumer/x')).toMatchObject([
      { subject: 'question/1', rho: 1, delta: 1e-9, mechanisms: '[{"rho":1}]' },
    ]);
  });

  it('charges none when one is spent, and names it', async () => {
    await open('dataset/b', 0.5);
    await expect(charge('question/1', ['dataset/a', 'dataset/b', 'consumer/x'])).rejects.toMatchObject({
      name: 'BudgetSpent',
      account: { account: 'dataset/b', rhoCharged: 0 },
    });
    for (const account of ['dataset/a', 'dataset/b', 'consumer/x']) {
      expect(await chargedTo(account)).toBe(0);
      expect(await readCharges(store.db, account)).toEqual([]);
    }
  });

  it('admits exactly three of twenty at once when there is budget for three', async () => {
    const attempts = Array.from({ length: 20 }, (_, at) => charge(`question/${at}`, ['dataset/a', 'consumer/x']));
    const outcomes = await Promise.allSettled(attempts);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(outcomes).toHaveLength(20);
    expect(refused).toHaveLength(17);
    for (const outcome of refused) expect(outcome.reason).toMatchObject({ name: 'BudgetSpent' });
    expect(await chargedTo('dataset/a')).toBe(3);
  });

  it('admits exactly three when two processes charge at once', async () => {
    const outcomes = await Promise.all([chargeInProcess('one'), chargeInProcess('two')]);
    const spent = Array.from({ length: 7 }, () => 'BudgetSpent');
    expect(outcomes.flat().sort()).toEqual([...spent, 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(await chargedTo('dataset/a')).toBe(3);
  });

  it('remembers after the store is opened again', async () => {
    await charge('question/1', ['dataset/a'], 2.5);
    await store.close();
    store = await openStore(directory);
    expect(await chargedTo('dataset/a')).toBe(2.5);
    await expect(charge('question/2', ['dataset/a'])).rejects.toMatchObject({ name: 'BudgetSpent' });
  });

  it('charges a subject once', async () => {
    await charge('question/1', ['dataset/a']);
    await expect(charge('question/1', ['dataset/a', 'consumer/x'])).rejects.toMatchObject({ name: 'AlreadyCharged' });
    expect(await chargedTo('dataset/a')).toBe(1);
    expect(await chargedTo('consumer/x')).toBe(0);
  });

  it('counts an account named twice once', async () => {
    await charge('question/1', ['dataset/a', 'dataset/a']);
    expect(await chargedTo('dataset/a')).toBe(1);
  });

  it('takes the charge back with the transaction it was made in', async () => {
    const request = { accounts: ['dataset/a'], charge: { rho: 1, delta: 0, mechanisms: '[]' }, subject: 's', nowMs: 2 };
    const work = store.transaction(async (transaction) => {
      await reserve(transaction, { ...request, isWithinBudget });
      throw new Error('the question could not be written');
    });
    await expect(work).rejects.toThrow(/could not be written/);
    expect(await chargedTo('dataset/a')).toBe(0);
  });

  it('keeps what was charged when the limit is set anew', async () => {
    await charge('question/1', ['dataset/a']);
    await open('dataset/a', 0.1);
    expect((await readAccounts(store.db, ['dataset/a'])).get('dataset/a')).toMatchObject({
      rhoCharged: 1,
      epsilonLimit: 0.1,
    });
    await expect(charge('question/2', ['dataset/a'], 0.01)).rejects.toMatchObject({ name: 'BudgetSpent' });
  });

  it('refuses a charge that is no charge, and an account that is not open', async () => {
    for (const rho of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      await expect(charge('question/1', ['dataset/a'], rho)).rejects.toThrow(RangeError);
    }
    await expect(charge('question/1', ['dataset/a', 'nobody'])).rejects.toThrow(RangeError);
    expect(await chargedTo('dataset/a')).toBe(0);
  });

  it('lets nobody shrink, change or delete a charge, whatever the flow gets wrong', async () => {
    await charge('question/1', ['dataset/a']);
    const { db } = store;
    await expect(db.updateTable('ledger_accounts').set({ rho_charged: 0 }).execute()).rejects.toThrow(/never shrinks/);
    await expect(db.updateTable('ledger_events').set({ rho: 0 }).execute()).rejects.toThrow(/never changed/);
    await expect(db.deleteFrom('ledger_events').execute()).rejects.toThrow(/never deleted/);
    await expect(db.deleteFrom('ledger_accounts').execute()).rejects.toThrow(/never deleted/);
  });

  it('stands at the sum of its charges, and never over the limit', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { maxLength: 8 }), async (charges) => {
        run += 1;
        const account = `dataset/run-${run}`;
        await open(account, 3);
        for (const [at, rho] of charges.entries()) await charge(`${run}/${at}`, [account], rho).catch(() => undefined);
        const made = await readCharges(store.db, account);
        const total = made.reduce((sum, event) => sum + event.rho, 0);
        expect(await chargedTo(account)).toBe(total);
        expect(total).toBeLessThanOrEqual(3);
      }),
      { numRuns: 10 },
    );
  });
});
