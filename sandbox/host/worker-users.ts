// Each worker runs as a user that nothing else on the machine runs as: a worker that broke out of its namespaces could
// otherwise still trace, signal and exhaust the worker of another job, or any service that is given to `nobody`.
import { spawnSync } from 'node:child_process';
import * as net from 'node:net';
import * as process from 'node:process';

import { TOOL_PATH } from './host-tools.ts';
import {
  DEFAULT_WORKER_USERS,
  expectOwnRange,
  USERS_PER_BLOCK_COUNT,
  type UserRange,
  WorkerUsersError,
} from './user-range.ts';

/**
 * What the limit on processes counts: those of the worker's own user, those of a user namespace around it, or nothing
 * that could be limited without counting the processes of others.
 */
export type ProcessCount = 'user' | 'namespace' | 'none';

/** One worker's user, until it is given back. */
export interface WorkerUser {
  /** Null: the worker keeps the service's own uid, which is an ordinary user's. */
  uid: number | null;
  giveBack(): void;
}

/** Gives the options that start a process as that user. */
export function asUser({ uid }: WorkerUser): { uid?: number; gid?: number } {
  return uid === null ? {} : { uid, gid: uid };
}

/** The users that the workers of one wall run as. */
export interface WorkerUsers {
  readonly processCount: ProcessCount;
  /** Whether `uid` is one of a worker's own. */
  owns(uid: unknown): boolean;
  /**
   * Reserves room for so many more workers at once. Whoever reserves the rest meanwhile, out of malice or not, then
   * stops a start, which says so, and never a question that is charged already.
   *
   * @throws {WorkerUsersError} when the range has no such room
   */
  makeRoom(workerCount: number): void;
  /** @throws {WorkerUsersError} when every uid of the range has a worker, of this wall or another */
  claim(): WorkerUser;
  close(): Promise<void>;
}

/**
 * Opens the users for the workers of one wall; started as an ordinary user, whose uid cannot be switched, workers keep
 * that uid and the self-test says so.
 *
 * @throws {WorkerUsersError} when somebody else lives in the range
 */
export function openWorkerUsers(range: UserRange = DEFAULT_WORKER_USERS): WorkerUsers {
  return process.getuid?.() === 0 ? reserveUsers(range) : sameUser();
}

/** Reserves users as {@link openWorkerUsers} does where the service is root: a block at a time, as they are needed. */
export function reserveUsers(range: UserRange): WorkerUsers {
  expectOwnRange(range);
  const blocks: net.Server[] = [];
  const free: number[] = [];
  const owned = new Set<unknown>();
  let wanted = 0;
  const reserveMore = () => {
    const { first, block } = reserveBlock(range);
    blocks.push(block);
    for (let uid = first; uid < first + USERS_PER_BLOCK_COUNT; uid += 1) {
      free.push(uid);
      owned.add(uid);
    }
  };
  return {
    processCount: 'user',
    owns: (uid) => owned.has(uid),
    makeRoom: (workerCount) => {
      wanted += workerCount;
      while (owned.size < wanted) reserveMore();
    },
    claim: () => {
      if (free.length === 0) reserveMore();
      return claimFrom(free);
    },
    close: async () => void (await Promise.all(blocks.map(endReservation))),
  };
}

// The uid that was given back longest ago comes first: the kernel has long ended what the last worker left behind.
function claimFrom(free: number[]): WorkerUser {
  const uid = free.shift() as number;
  let isClaimed = true;
  const giveBack = () => {
    if (isClaimed) free.push(uid);
    isClaimed = false;
  };
  return { uid, giveBack };
}

// A name that only one process of the machine can hold, and that the kernel takes back when this one dies: two services
// with one range must not give their workers the same user.
function reserveBlock({ first, last }: UserRange): { first: number; block: net.Server } {
  for (let uid = first; uid + USERS_PER_BLOCK_COUNT - 1 <= last; uid += USERS_PER_BLOCK_COUNT) {
    const block = net.createServer((connection) => connection.destroy());
    // Told a second time, later; whether the name was free is known when `listen` returns.
    block.on('error', () => {});
    block.listen({ path: `\0galley-worker-users-${uid}` });
    if (block.listening) return { first: uid, block: block.unref() };
  }
  throw new WorkerUsersError(
    `the uids ${first} to ${last} all have workers already: set \`wall.workerUsers\` to a range of its own`,
  );
}

function endReservation(block: net.Server): Promise<void> {
  return new Promise((resolve) => block.close(() => resolve()));
}

function sameUser(): WorkerUsers {
  return {
    processCount: canCountInNamespace() ? 'namespace' : 'none',
    owns: () => false,
    makeRoom: () => {},
    claim: () => ({ uid: null, giveBack: () => {} }),
    close: async () => {},
  };
}

/** Opens a user namespace that processes are counted in: what runs elsewhere under the same uid does not count. */
export const COUNTING_NAMESPACE: readonly string[] = ['unshare', '--user', '--map-current-user', '--'];

// Some distributions let bubblewrap make user namespaces and nobody else.
function canCountInNamespace(): boolean {
  const [command = '', ...rest] = [...COUNTING_NAMESPACE, 'true'];
  return spawnSync(command, rest, { env: { PATH: TOOL_PATH }, stdio: 'ignore' }).status === 0;
}
