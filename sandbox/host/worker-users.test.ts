import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';

import { openWall } from './open-wall.ts';
import { expectOwnRange } from './user-range.ts';
import { COUNTING_NAMESPACE, reserveUsers } from './worker-users.ts';

/** Away from the range that services use, so that the tests of a busy machine do not meet them. */
const RANGE = { first: 60_480, last: 60_543 };

/** One who is not root, also where the tests are run by root. */
const ORDINARY_USER = process.getuid?.() === 0 ? { uid: 60_544, gid: 60_544 } : {};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-users-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function hostWith(files: { users?: string; userMap?: string }): Parameters<typeof expectOwnRange>[1] {
  const write = (name: string, text: string) => {
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const wholeMap = write('gid_map', '         0          0 4294967295\n');
  return {
    users: write('passwd', files.users ?? 'root:x:0:0:root:/root:/bin/bash\n'),
    groups: '/nonexistent',
    userMap: files.userMap === undefined ? wholeMap : write('uid_map', files.userMap),
    groupMap: wholeMap,
  };
}

/** The users of the processes that this one has behind its wall, as bubblewrap runs them. */
function uidsOfWorkers(): number[] {
  const children = fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  return children.flatMap((pid) => {
    try {
      const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
      const [, name] = /^Name:\s+(.*)$/m.exec(status) ?? [];
      return name === 'bwrap' ? [Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])] : [];
    } catch {
      return [];
    }
  });
}

describe('a range of users', () => {
  it.for([
    [{ first: 0, last: 511 }, 'must lie within 1 to 65533'],
    [{ first: 65_500, last: 65_600 }, 'must lie within 1 to 65533'],
    [{ first: 1.5, last: 600 }, 'must lie within 1 to 65533'],
    [{ first: 700, last: 600 }, 'must hold at least 64 uids'],
    [{ first: 700, last: 762 }, 'must hold at least 64 uids'],
  ] as const)('is refused as %o', ([range, message]) => {
    expect(() => expectOwnRange(range, hostWith({}))).toThrow(message);
  });

  it('is refused where somebody lives', () => {
    const host = hostWith({ users: 'root:x:0:0::/:\nana:x:60500:60500::/home/ana:/bin/sh\n' });
    expect(() => expectOwnRange(RANGE, host)).toThrow('the user `ana` lives in `wall.workerUsers` as 60500');
  });

  it('is refused where the container does not have it', () => {
    expect(() => expectOwnRange(RANGE, hostWith({ userMap: '0 1000 1\n1 100000 1000\n' }))).toThrow(
      'this container has no uids 60480 to 60543',
    );
    expect(() => expectOwnRange(RANGE, hostWith({ userMap: '0 100000 65536\n' }))).not.toThrow();
  });
});

describe('users of workers', () => {
  it('are the service itself where it is an ordinary user', async () => {
    const script = `
      const { openWorkerUsers } = await import(${JSON.stringify(path.join(import.meta.dirname, 'worker-users.ts'))});
      const users = openWorkerUsers();
      console.log(users.claim().uid, users.processCount, users.owns(process.getuid()));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      ...ORDINARY_USER,
      encoding: 'utf8',
    });
    expect(stdout).toBe('null namespace false\n');
  });

  it('are different for all workers alive, and are given back when one is gone', async () => {
    const users = reserveUsers(RANGE);
    const claims = Array.from({ length: 64 }, () => users.claim());
    expect(new Set(claims.map(({ uid }) => uid)).size).toBe(64);
    expect(claims.every(({ uid }) => uid !== null && uid >= RANGE.first && uid <= RANGE.last)).toBe(true);
    expect(() => users.claim()).toThrow('set `wall.workerUsers` to a range of its own');
    claims[3]?.giveBack();
    claims[3]?.giveBack();
    expect(users.claim().uid).toBe(claims[3]?.uid);
    expect(() => users.claim()).toThrow('set `wall.workerUsers` to a range of its own');
    await users.close();
  });

  it('are there for all workers that there was room made for, whoever takes the rest of the range since', async () => {
    const users = reserveUsers(RANGE);
    users.makeRoom(9);
    users.makeRoom(9);
    const squatter = reserveUsers(RANGE);
    squatter.makeRoom(40);
    const claims = Array.from({ length: 24 }, () => users.claim());
    expect(new Set(claims.map(({ uid }) => uid)).size).toBe(24);
    expect(() => users.claim()).toThrow('set `wall.workerUsers` to a range of its own');
    expect(() => users.makeRoom(7)).toThrow('set `wall.workerUsers` to a range of its own');
    await users.close();
    await squatter.close();
  });

  it('are never those of another wall on the machine, and can be had again when that one is closed', async () => {
    const [first, second] = [reserveUsers(RANGE), reserveUsers(RANGE)];
    const uids = Array.from({ length: 16 }, () => [first.claim().uid, second.claim().uid]).flat();
    expect(new Set(uids).size).toBe(32);
    expect(first.owns(uids[0])).toBe(true);
    expect(second.owns(uids[0])).toBe(false);
    await first.close();
    const third = reserveUsers(RANGE);
    expect(third.claim().uid).toBe(uids[0]);
    await second.close();
    await third.close();
  });
});

describe('workers of two jobs', () => {
  it('are two users outside, and neither is anybody else', async () => {
    const wall = await openWall({ spareCount: 2, workerUsers: RANGE });
    // An answer proves that workers run; both spares are then asked about.
    await wall.parse('select 1', { deadlineMs: 60_000 });
    const uids = await vi.waitUntil(() => (uidsOfWorkers().length >= 2 ? uidsOfWorkers() : null), { timeout: 60_000 });
    await wall.close();
    const own = process.getuid?.() ?? 0;
    if (own === 0) expect(new Set(uids).size).toBe(uids.length);
    expect(uids.every((uid) => (own === 0 ? uid >= RANGE.first && uid <= RANGE.last : uid === own))).toBe(true);
  });
});

describe('a user namespace to count in', () => {
  it('limits the processes of a worker and not those its user runs elsewhere', () => {
    const script = `
      for i in $(seq 1 30); do sleep 5 >/dev/null 2>&1 & done
      ${COUNTING_NAMESPACE.join(' ')} prlimit --nproc=12 -- sh -c '
        echo started; for i in 1 2 3; do sleep 5 >/dev/null 2>&1 & done; echo few; for i in $(seq 1 20); do sleep 5 >/dev/null 2>&1 & done; echo many'
      kill $(jobs -p)`;
    const { stdout } = spawnSync('bash', ['-c', script], {
      ...ORDINARY_USER,
      encoding: 'utf8',
    });
    expect(stdout).toBe('started\nfew\n');
  });
});
